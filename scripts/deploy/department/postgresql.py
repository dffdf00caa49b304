"""PostgreSQL on the department's server: a role and a database of its own, reached by its user over the socket."""

import shutil
from contextlib import ExitStack
from pathlib import Path

from scripts.deploy.department.host import USER
from scripts.deploy.provision.machine import SYSTEM_PATH, ProvisioningError, run, succeeds

PACKAGE = "postgresql-17"
SERVICE = "postgresql.service"
DATABASE = "alpr"
URL = f"postgresql:///{DATABASE}?host=/run/postgresql"
"""The system's user is the database's: no password is there to be lost."""
OLDEST = 170_000
"""The first release with incremental backups (``alpr_edge.department.backups.postgresql.programs``)."""
SETTINGS = {
    "summarize_wal": "on",  # notes what changes, for backups
    "wal_compression": "lz4",
    "max_wal_size": "8GB",
    "checkpoint_timeout": "30min",
}
"""Of the server. After a checkpoint the first change of a page logs all of it: few checkpoints keep storing cheap."""
BUFFERS, USUAL_BUFFERS = "shared_buffers", "128MB"
"""Memory for tables, and how much of it a server has that nobody set it for."""
BUFFERS_SHARE = 4
"""One part in so many of the computer's memory, as PostgreSQL's manual advises."""
_MEMORY = Path("/proc/meminfo")
_AS_ADMINISTRATOR = ("setpriv", "--reuid=postgres", "--regid=postgres", "--init-groups", "--reset-env")
_ROLE = f"SELECT rolreplication FROM pg_roles WHERE rolname = '{USER}'"  # noqa: S608 - of constants
_DATABASE = f"SELECT 1 FROM pg_database WHERE datname = '{DATABASE}'"  # noqa: S608 - likewise


class PostgresqlStep:
    """The department's role, which may also copy the server for backups; its database; the server's settings."""

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
        missing = _missing_settings() if has_server else SETTINGS
        if missing:
            changes.append(f"set {', '.join(missing)} of the server")
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
        self._change_settings(_missing_settings(), undo)

    @staticmethod
    def _change_settings(values: dict[str, str], undo: ExitStack) -> None:
        for name, value in values.items():
            _ask(f"ALTER SYSTEM SET {name} = '{value}'")
            undo.callback(succeeds, *_AS_ADMINISTRATOR, "psql", "--command", f"ALTER SYSTEM RESET {name}")
        _ask("SELECT pg_reload_conf()")
        if BUFFERS in values:  # memory that is taken at the start alone
            run("systemctl", "restart", SERVICE)


def buffers_for(memory: str) -> str:
    """Memory for tables on a computer, as PostgreSQL writes it; what it has anyway where a quarter is no more.

    Args:
        memory: the text of ``/proc/meminfo``.
    """
    kilobytes = next(int(line.split()[1]) for line in memory.splitlines() if line.startswith("MemTotal:"))
    megabytes = kilobytes // 1024 // BUFFERS_SHARE
    return f"{megabytes}MB" if megabytes > int(USUAL_BUFFERS.removesuffix("MB")) else USUAL_BUFFERS


def _missing_settings() -> dict[str, str]:
    """What is not as it should be; memory that somebody set stays."""
    values = {name: value for name, value in SETTINGS.items() if _ask(f"SHOW {name}") != value}
    buffers = buffers_for(_MEMORY.read_text(encoding="ascii"))
    if buffers != USUAL_BUFFERS and _ask(f"SHOW {BUFFERS}") == USUAL_BUFFERS:
        values[BUFFERS] = buffers
    return values


def _ask(statement: str) -> str:
    """What a statement gives, run by the server's administrator. Raises ProvisioningError."""
    return _administer("psql", "--no-psqlrc", "--tuples-only", "--no-align", "--command", statement).strip()


def _administer(*command: str) -> str:
    return run(*_AS_ADMINISTRATOR, *command, timeout_s=120)
