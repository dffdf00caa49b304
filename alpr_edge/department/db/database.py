"""The department's SQLite database: WAL with synchronous=FULL; errors become one line; a newer database is refused."""

import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import Connection, create_engine, event
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.pool import QueuePool

from alpr_edge.department.db.migrate import migrate
from alpr_edge.department.db.schema import VERSION
from alpr_edge.department.db.sealed_values import OPTION, load_cipher
from alpr_edge.domain.errors import DepartmentError, StoreError
from alpr_edge.runtime.durable_files import PRIVATE_FILE, private_directory, sync_directory
from alpr_edge.runtime.io_errors import io_errors

DATABASE_NAME = "department.db"
BUSY_S = 15.0
"""How long a batch waits for the ones before it."""
CONNECTIONS_MAX = 8


class DepartmentDatabase:
    """The open database of a department's folder; threads may share it.

    Args:
        directory: the department's folder; made with mode 0700 when missing.
        create: make the database when there is none.

    Raises:
        DepartmentError: no department there, one of a newer release, or one without the key of its people.
        StoreError: it cannot be opened.
    """

    def __init__(self, directory: Path, *, create: bool = True) -> None:
        self.path = directory / DATABASE_NAME
        if create:
            private_directory(directory)
            _create_file(self.path)
        elif not self.path.exists():
            raise DepartmentError(f"{directory}: no department there; run: alpr-edge department init")
        self._engine = create_engine(
            "sqlite://",
            creator=lambda: _connect(self.path),
            poolclass=QueuePool,
            pool_size=CONNECTIONS_MAX,
            max_overflow=0,
            pool_timeout=BUSY_S,
            hide_parameters=True,
        )
        event.listen(self._engine, "begin", _begin)
        try:
            self._migrate()
        except (DepartmentError, StoreError):
            self._engine.dispose()
            raise

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """Open a transaction that begins IMMEDIATE: nobody else writes between its reads and its writes."""
        with self.database_errors(), self._engine.begin() as connection:
            yield connection

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """Open a reading transaction, which waits for no writer."""
        with self.database_errors(), self._engine.connect() as connection:
            connection.execution_options(reads_only=True)
            yield connection

    @contextmanager
    def database_errors(self) -> Iterator[None]:
        """Raise errors of the driver and the disk as StoreError in one line; the driver's text may quote statements."""
        try:
            yield
        except SQLAlchemyError as error:
            name = getattr(getattr(error, "orig", None), "sqlite_errorname", type(error).__name__)
            raise StoreError(
                f"{self.path}: the database refused ({name}); look at the disk's space and health"
            ) from None
        except OSError as error:
            raise StoreError(f"{self.path.parent}: the disk refused: {error.strerror}") from None

    def close(self) -> None:
        """Close every connection."""
        self._engine.dispose()

    def _migrate(self) -> None:
        with self.writing() as connection:
            version = connection.exec_driver_sql("PRAGMA user_version").scalar_one()
            if version > VERSION:
                raise DepartmentError(f"{self.path}: made by a newer release; update alpr-edge on this server")
            migrate(connection, version)
            cipher = load_cipher(connection, self.path.parent)
        self._engine.update_execution_options(**{OPTION: cipher})


def naive_utc_now() -> datetime:
    """The present moment in UTC by this server's clock, without a zone, as the database holds times."""
    return datetime.now(UTC).replace(tzinfo=None)


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
    connection.exec_driver_sql("BEGIN" if connection.get_execution_options().get("reads_only") else "BEGIN IMMEDIATE")
