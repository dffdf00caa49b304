"""PostgreSQL on the department's server: a role and a database of its own, reached by its user over the socket."""

import shutil
from contextlib import ExitStack

from scripts.deploy.department.host import USER
from scripts.deploy.provision.machine import SYSTEM_PATH, ProvisioningError, run, succeeds

PACKAGE = "postgresql-17"
SERVICE = "postgresql.service"
DATABASE = "alpr"
URL = f"postgresql:///{DATABASE}?host=/run/postgresql"
"""The system's user is the database's: no password is there to be lost."""
OLDEST = 170_000
"""The first release with incremental backups (``alpr_edge.department.backups.postgresql.programs``)."""
_AS_ADMINISTRATOR = ("setpriv", "--reuid=postgres", "--regid=postgres", "--init-groups", "--reset-env")
_ROLE = f"SELECT rolreplication FROM pg_roles WHERE rolname = '{USER}'"  # noqa: S608 - of constants
_DATABASE = f"SELECT 1 FROM pg_database WHERE datname = '{DATABASE}'"  # noqa: S608 - likewise


class PostgresqlStep:
    """The department's role, which may also copy the server for backups; its database; and notes of what changes."""

    name = "postgresql"

    def pending(self) -> list[str]:
        """What is missing; all of it where no server answers yet."""
        changes = []
        if not succeeds("systemctl", "is-active", "--quiet", SERVICE):
            changes.append(f"start {SERVICE}")
        has_server = shutil.which("psql", path=SYSTEM_PATH) is not None and not changes
        if not has_server or _ask(_ROLE) != "t":
            changes.append(f"make the role {USER}, which may back the server up")
        if not has_server or _ask(_DATABASE) != "1":
            changes.append(f"make the database {DATABASE}")
        if not has_server or _ask("SHOW summarize_wal") != "on":
            changes.append("note what changes, for backups (summarize_wal)")
        return changes

    def apply(self, undo: ExitStack) -> None:
        """Make it; a role and a database that were made are dropped again when a later one fails."""
        run("systemctl", "start", SERVICE)
        version = _ask("SHOW server_version_num")
        if not version.isdigit() or int(version) < OLDEST:
            raise ProvisioningError(f"PostgreSQL {version or 'of no version'}: backups need 17 or newer")
        if not _ask(_ROLE):
            _administer("createuser", USER)
            undo.callback(succeeds, *_AS_ADMINISTRATOR, "dropuser", "--if-exists", USER)
        _ask(f'ALTER ROLE "{USER}" REPLICATION')
        if _ask(_DATABASE) != "1":
            form = ("--template=template0", "--encoding=UTF8", "--locale=C.UTF-8")
            _administer("createdb", f"--owner={USER}", *form, DATABASE)
            undo.callback(succeeds, *_AS_ADMINISTRATOR, "dropdb", "--if-exists", DATABASE)
        _ask("ALTER SYSTEM SET summarize_wal = on")
        _ask("SELECT pg_reload_conf()")


def _ask(statement: str) -> str:
    """What a statement gives, run by the server's administrator. Raises ProvisioningError."""
    return _administer("psql", "--no-psqlrc", "--tuples-only", "--no-align", "--command", statement).strip()


def _administer(*command: str) -> str:
    return run(*_AS_ADMINISTRATOR, *command, timeout_s=120)
