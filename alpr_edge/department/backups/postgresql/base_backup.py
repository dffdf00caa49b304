"""Base backups of a PostgreSQL server: a full one each week, and between them what changed since the one before.

The server itself copies (``pg_basebackup``) while it serves, all databases of its cluster; ``pg_verifybackup`` compares
what arrived with the digests that the server sent.
"""

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, text

from alpr_edge.department.backups.file_list import Tick
from alpr_edge.department.backups.postgresql.programs import OLDEST, PostgresqlPrograms
from alpr_edge.department.db.engines.location import PostgresqlLocation
from alpr_edge.domain.errors import DepartmentError, StoreError
from alpr_edge.runtime.io_errors import io_errors

SERVER_MANIFEST = "backup_manifest"
_PROGRESS = re.compile(r"(\d+)/(\d+) kB")


@dataclass(frozen=True, slots=True)
class ClusterAbout:
    """What a server says of itself."""

    major: int
    database: str
    role: str
    bytes: int
    """Of all its databases."""
    summarizes: bool
    """Whether it notes which blocks change, as incremental backups need."""


def cluster_about(connection: Connection, label: str) -> ClusterAbout:
    """Ask a server whether it can be backed up."""
    row = connection.execute(text(_QUESTIONS)).one()
    if row.release // 10_000 < OLDEST:
        raise DepartmentError(
            f"{label}: backups need PostgreSQL {OLDEST} or newer, this is {row.release // 10_000}; update it"
        )
    if not row.may_replicate:
        role = row.role.replace('"', '""')
        raise DepartmentError(
            f'{label}: this role may not back it up; as its administrator: ALTER ROLE "{role}" REPLICATION'
        )
    if row.places:
        raise DepartmentError(
            f"{label}: the server has tablespaces of its own, which are not backed up; move them back"
        )
    return ClusterAbout(row.release // 10_000, row.database, row.role, int(row.size), row.summarizes == "on")


def require_summaries(about: ClusterAbout, label: str) -> None:
    """Refuse a server that does not note which blocks change."""
    if not about.summarizes:
        raise DepartmentError(
            f"{label}: backups of what changed need summarize_wal; as its administrator: ALTER SYSTEM SET "
            "summarize_wal = on; SELECT pg_reload_conf(); or copy all of it each time: --full"
        )


def changed_bytes(connection: Connection, before: Path) -> int:
    """About how many bytes changed since a base backup: as many as the server logged since."""
    path = before / SERVER_MANIFEST
    with io_errors(f"{path}: cannot be read", StoreError):
        try:
            content: dict[str, Any] = json.loads(path.read_bytes())
            end = str(content["WAL-Ranges"][-1]["End-LSN"])
        except (ValueError, LookupError, TypeError):
            raise StoreError(f"{path}: not a manifest of PostgreSQL {OLDEST}") from None
    query = text("SELECT greatest(pg_wal_lsn_diff(pg_current_wal_lsn(), CAST(:end AS pg_lsn)), 0)")
    return int(connection.scalar(query, {"end": end}) or 0)


class BaseBackups:
    """Makes, verifies and joins base backups.

    Args:
        keep_alive: called about once a second.
    """

    def __init__(self, programs: PostgresqlPrograms, keep_alive: Callable[[], None]) -> None:
        self._programs = programs
        self._keep_alive = keep_alive

    def make(self, location: PostgresqlLocation, to: Path, before: Path | None, tick: Tick) -> None:
        """Make one, and have it verified.

        Args:
            before: the base backup whose changes are made; None: a full one.
            tick: told of the bytes copied.
        """
        from psycopg.conninfo import make_conninfo  # noqa: PLC0415 - only where PostgreSQL is used

        where = make_conninfo("", dbname=location.database, **dict(location.parameters))
        arguments = ["--pgdata", str(to), "--dbname", where, "--no-password", "--format=plain"]
        arguments += ["--wal-method=stream", "--checkpoint=fast", "--manifest-checksums=SHA256", "--progress"]
        if before is not None:
            arguments += ["--incremental", str(before / SERVER_MANIFEST)]
        self._programs.run("pg_basebackup", arguments, self._line("database", tick))
        self.verify(to, tick)

    def verify(self, folder: Path, tick: Tick) -> None:
        """Compare a base backup with the digests that the server sent."""
        self._programs.run("pg_verifybackup", ["--progress", str(folder)], self._line("verifying", tick))

    def combine(self, folders: list[Path], to: Path, tick: Tick) -> None:
        """Make one whole cluster of a full base backup and those of what changed since, and have it verified."""
        arguments = [*map(str, folders), "--output", str(to), "--manifest-checksums=SHA256"]
        self._programs.run("pg_combinebackup", arguments, self._line("combining", tick))
        self.verify(to, tick)

    def _line(self, name: str, tick: Tick) -> Callable[[str], None]:
        def see(line: str) -> None:
            self._keep_alive()
            if match := _PROGRESS.search(line):
                tick(name, int(match[1]) << 10, int(match[2]) << 10)

        return see


_QUESTIONS = """
SELECT current_setting('server_version_num')::int AS release,
       coalesce(current_setting('summarize_wal', true), 'off') AS summarizes,
       current_database() AS database, current_user AS role,
       (SELECT rolsuper OR rolreplication FROM pg_roles WHERE rolname = current_user) AS may_replicate,
       (SELECT count(*) FROM pg_tablespace WHERE spcname NOT IN ('pg_default', 'pg_global')) AS places,
       (SELECT sum(pg_database_size(oid)) FROM pg_database
         WHERE has_database_privilege(oid, 'CONNECT') OR pg_has_role('pg_read_all_stats', 'USAGE')) AS size
"""
