"""Copies the department's database into a backup, on either engine, and says what it held."""

import shutil
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import datetime
from pathlib import Path
from typing import Protocol

from alpr_edge.department.backups.file_list import Tick, file_digest
from alpr_edge.department.backups.manifest import DatabaseAbout, TableState
from alpr_edge.department.backups.postgresql.base_backup import (
    BaseBackups,
    changed_bytes,
    cluster_about,
    require_summaries,
)
from alpr_edge.department.backups.postgresql.programs import find_programs
from alpr_edge.department.backups.sqlite_copy import copy_sqlite, opened_copy
from alpr_edge.department.backups.survey import OpenReading, Survey, joined_states, survey
from alpr_edge.department.backups.target import CLUSTER, DATABASE
from alpr_edge.department.db.database import DepartmentDatabase
from alpr_edge.department.db.engines.location import parse_location
from alpr_edge.department.db.engines.sqlite import DATABASE_NAME
from alpr_edge.department.settings import DepartmentFile
from alpr_edge.domain.errors import StoreError
from alpr_edge.runtime.io_errors import io_errors

SQLITE_FILE = f"{DATABASE}/{DATABASE_NAME}"
LOG_BYTES = 64 << 20
"""Room for what a server logs while it is copied."""


class DatabaseCopy(Protocol):
    """One copy of the department's database."""

    @property
    def tools(self) -> dict[str, str]:
        """Versions of what makes it."""

    @property
    def is_incremental(self) -> bool:
        """Whether it needs the backup before; known for sure when it is made."""

    def bytes_needed(self) -> int:
        """About how much room it takes."""

    def make(self, backup: Path, settled_before: datetime, tick: Tick) -> DatabaseAbout:
        """Make it, in the folder of a backup; items received before a moment are told apart."""

    def known_digests(self) -> dict[str, str]:
        """Digests of files of it that are known already, by their paths in the backup."""

    def open_reading(self, backup: Path) -> AbstractContextManager[OpenReading]:
        """Open what was copied or, of PostgreSQL, what is there a moment later, to be read."""


class SqliteCopy:
    """A copy of the SQLite database in the department's folder."""

    is_incremental = False

    def __init__(self, source: Path) -> None:
        self._source = source
        self._known: dict[str, str] = {}
        self.tools = {"sqlite": sqlite3.sqlite_version}

    def bytes_needed(self) -> int:
        """As much as its file and what is still beside it."""
        files = (self._source, self._source.with_name(f"{self._source.name}-wal"))
        return sum(path.stat().st_size for path in files if path.exists())

    def make(self, backup: Path, settled_before: datetime, tick: Tick) -> DatabaseAbout:
        """Copy it, and read from the copy what it holds."""
        path = backup / SQLITE_FILE
        copy_sqlite(self._source, path, tick)
        with io_errors(f"{path}: cannot be read back", StoreError):
            self._known = {SQLITE_FILE: file_digest(path)[0]}
        with opened_copy(path, self._source.parent) as reading, reading() as connection:
            found = survey(connection, settled_before, tick)
        return _about("sqlite", "full", found, joined_states(found, found))

    def known_digests(self) -> dict[str, str]:
        """That of the file."""
        return self._known

    @contextmanager
    def open_reading(self, backup: Path) -> Iterator[OpenReading]:
        with opened_copy(backup / SQLITE_FILE, self._source.parent) as reading:
            yield reading


class PostgresqlCopy:
    """A base backup of the server of the department's database.

    Args:
        before: the base backup that this one may build on; None: it is a full one.
        keep_alive: called about once a second.
    """

    def __init__(
        self,
        database: DepartmentDatabase,
        settings: DepartmentFile,
        before: Path | None,
        *,
        is_full: bool,
        keep_alive: Callable[[], None],
    ) -> None:
        self._database, self._before = database, before
        self._location = parse_location(settings.database.url)
        with database.reading() as connection:
            self._about = cluster_about(connection, self._location.label)
            if not is_full:
                require_summaries(self._about, self._location.label)
            changed = LOG_BYTES + changed_bytes(connection, before) if before is not None else self._about.bytes
        self._bytes = min(changed, self._about.bytes) + LOG_BYTES
        programs = find_programs(self._about.major, settings.backup.programs)
        self._backups = BaseBackups(programs, keep_alive)
        self.tools = {"postgresql": programs.version}

    @property
    def is_incremental(self) -> bool:
        """Whether it needs the one before."""
        return self._before is not None

    def bytes_needed(self) -> int:
        """The whole server's databases, or about as much as changed."""
        return self._bytes

    def make(self, backup: Path, settled_before: datetime, tick: Tick) -> DatabaseAbout:
        """Have the server copied, and read what the database held before and after."""
        with self._database.reading() as connection:
            first = survey(connection, settled_before, tick)
        try:
            self._backups.make(self._location, backup / CLUSTER, self._before, tick)
        except StoreError:
            if self._before is None:
                raise
            # The server has not noted all that changed, or is another one than it was: all of it, then.
            self._before = None
            shutil.rmtree(backup / CLUSTER, ignore_errors=True)
            self._backups.make(self._location, backup / CLUSTER, None, tick)
        with self._database.reading() as connection:
            last = survey(connection, settled_before, tick)
        kind = "incremental" if self.is_incremental else "full"
        about = _about("postgresql", kind, first, joined_states(first, last))
        return about.model_copy(update={"database": self._about.database, "role": self._about.role})

    def known_digests(self) -> dict[str, str]:
        """None: the programs compared the files with what the server sent."""
        return {}

    @contextmanager
    def open_reading(self, backup: Path) -> Iterator[OpenReading]:
        """The database as it is now: it names every picture that the base backup names."""
        del backup
        yield self._database.reading


def _about(engine: str, kind: str, found: Survey, tables: tuple[TableState, ...]) -> DatabaseAbout:
    return DatabaseAbout.model_validate(
        {
            "engine": engine,
            "kind": kind,
            "version": found.version,
            "damaged_bodies": found.damaged_bodies,
            "tables": tables,
            "settled": found.settled,
            "logs": found.logs,
        }
    )
