"""SQLite: one file in the department's folder, WAL with synchronous=FULL, one writer at a time.

A transaction that may write begins IMMEDIATE, so nobody else writes between its reads and its writes.
"""

import os
import sqlite3
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event, inspect
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.pool import QueuePool

from alpr_edge.department.db.engines.pool import BUSY_S, CONNECTIONS_MAX
from alpr_edge.department.db.revisions import stamped_version
from alpr_edge.domain.errors import DepartmentError, StoreError
from alpr_edge.runtime.durable_files import PRIVATE_FILE, sync_directory
from alpr_edge.runtime.io_errors import io_errors

DATABASE_NAME = "department.db"
_READS_ONLY = "reads_only"


class SqliteEngine:
    """The SQLite database in a department's folder."""

    is_brought_up_when_opened = True

    def __init__(self, directory: Path) -> None:
        self._path = directory / DATABASE_NAME
        self.label = str(self._path)
        self.reading_options: dict[str, Any] = {_READS_ONLY: True}

    def open(self, *, create: bool) -> Engine:
        """Open the file."""
        if create:
            _create_file(self._path)
        elif not self._path.exists():
            raise DepartmentError(f"{self._path.parent}: no department there; run: alpr-edge department init")
        engine = create_engine(
            "sqlite://",
            creator=lambda: _connect(self._path),
            poolclass=QueuePool,
            pool_size=CONNECTIONS_MAX,
            max_overflow=0,
            pool_timeout=BUSY_S,
            hide_parameters=True,
        )
        event.listen(engine, "begin", _begin)
        return engine

    def lock_writers(self, connection: Connection, unit_id: str | None) -> None:
        """Nothing: the transaction began IMMEDIATE."""

    def require_no_other(self, connection: Connection) -> None:
        """Nothing: a second server is refused on SQLite, and the release that opens the file brings it up."""

    def version_of(self, connection: Connection) -> int:
        """The newer of Alembic's revision and of ``PRAGMA user_version``, by which releases without Alembic go."""
        stated = int(connection.exec_driver_sql("PRAGMA user_version").scalar_one())
        return max(stated, stamped_version(connection) or 0) if stated or inspect(connection).get_table_names() else 0

    def note_version(self, connection: Connection, version: int) -> None:
        """Set ``PRAGMA user_version``, so that a release before Alembic refuses what it does not know."""
        connection.exec_driver_sql(f"PRAGMA user_version = {version}")

    def describe_error(self, error: SQLAlchemyError) -> str:
        """SQLite's name of the error."""
        name = getattr(getattr(error, "orig", None), "sqlite_errorname", type(error).__name__)
        return f"the database refused ({name}); look at the disk's space and health"


def _create_file(path: Path) -> None:
    """Make the database's file with its mode: SQLite gives the same to its journals."""
    with io_errors(f"{path}: cannot be made", StoreError):
        os.close(os.open(path, os.O_CREAT | os.O_RDWR | os.O_NOFOLLOW | os.O_CLOEXEC, PRIVATE_FILE))
        sync_directory(path.parent)


def _connect(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(
        f"{path.absolute().as_uri()}?mode=rw", uri=True, isolation_level=None, check_same_thread=False, timeout=BUSY_S
    )
    try:
        for pragma in ("journal_mode = WAL", "synchronous = FULL", "temp_store = MEMORY"):
            connection.execute(f"PRAGMA {pragma}")
    except sqlite3.Error:
        connection.close()
        raise
    return connection


def _begin(connection: Connection) -> None:
    connection.exec_driver_sql("BEGIN" if connection.get_execution_options().get(_READS_ONLY) else "BEGIN IMMEDIATE")
