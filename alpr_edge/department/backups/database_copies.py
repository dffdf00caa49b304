"""Copies the department's database into a backup, on either engine, and says what it held."""

import os
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, closing, contextmanager
from datetime import datetime
from pathlib import Path
from typing import Protocol

from sqlalchemy import create_engine
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.pool import StaticPool

from alpr_edge.department.backups.file_list import Tick, file_digest
from alpr_edge.department.backups.manifest import DatabaseAbout, TableState
from alpr_edge.department.backups.postgresql.base_backup import (
    BaseBackups,
    changed_bytes,
    cluster_about,
    require_summaries,
)
from alpr_edge.department.backups.postgresql.programs import find_programs
from alpr_edge.department.backups.survey import OpenReading, Survey, joined_states, survey
from alpr_edge.department.backups.target import CLUSTER, DATABASE
from alpr_edge.department.db.database import DepartmentDatabase, give_keys
from alpr_edge.department.db.engines.location import parse_location
from alpr_edge.department.db.engines.pool import BUSY_S
from alpr_edge.department.db.engines.sqlite import DATABASE_NAME
from alpr_edge.department.db.integrity import check_integrity
from alpr_edge.department.settings import DepartmentFile
from alpr_edge.domain.errors import StoreError
from alpr_edge.runtime.durable_files import PRIVATE_DIRECTORY, PRIVATE_FILE
from alpr_edge.runtime.io_errors import io_errors

PAGES_AT_ONCE = 1000
"""Of 4 kB: between them the progress is told and leases are renewed."""


def copy_sqlite(source: Path, to: Path, tick: Tick) -> None:
    """Copy a database as it is at this moment; whoever writes meanwhile is not kept waiting.

    A transaction that reads is held open on the source: without it SQLite would begin again with every write of others.
    """
    try:
        to.parent.mkdir(PRIVATE_DIRECTORY, exist_ok=True)
        os.close(os.open(to, os.O_CREAT | os.O_EXCL | os.O_RDWR | os.O_CLOEXEC, PRIVATE_FILE))
        with closing(_open(source, "mode=ro")) as live, closing(_open(to, "mode=rw")) as copy:
            live.execute("BEGIN")
            live.execute("SELECT count(*) FROM sqlite_schema").fetchone()
            copy.execute("PRAGMA synchronous = FULL")

            def show(status: int, remaining: int, total: int) -> None:
                del status
                tick("database", total - remaining, total)

            live.backup(copy, pages=PAGES_AT_ONCE, progress=show)
            copy.execute(
                "PRAGMA journal_mode = DELETE"
            )  # a reader makes no file beside it; a department sets WAL again
    except sqlite3.Error as error:
        name = getattr(error, "sqlite_errorname", type(error).__name__)
        full = "; the disk of the backups is full" if name == "SQLITE_FULL" else ""
        raise StoreError(f"{to}: SQLite did not copy {source} ({name}){full}") from None
    except OSError as error:
        raise StoreError(f"{to}: cannot be written: {error.strerror}") from None
    check_integrity(to, None)


@contextmanager
def opened_copy(path: Path, directory: Path) -> Iterator[OpenReading]:
    """Open a copied database that nobody writes; no file is made beside it."""
    engine = create_engine(
        "sqlite://", creator=lambda: _open(path, "mode=ro&immutable=1"), poolclass=StaticPool, hide_parameters=True
    )
    give_keys(engine, directory)
    try:
        yield engine.connect
    except SQLAlchemyError as error:
        name = getattr(getattr(error, "orig", None), "sqlite_errorname", type(error).__name__)
        raise StoreError(f"{path}: cannot be read ({name})") from None
    finally:
        engine.dispose()


def _open(path: Path, how: str) -> sqlite3.Connection:
    return sqlite3.connect(
        f"{path.absolute().as_uri()}?{how}", uri=True, isolation_level=None, check_same_thread=False, timeout=BUSY_S
    )


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
