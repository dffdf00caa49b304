"""The department's database: opened by its settings, brought up to this release; transactions; errors in one line."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import SQLAlchemyError

from alpr_edge.department.db.day_keys.day_keys import OPTION as KEYS_OPTION
from alpr_edge.department.db.day_keys.day_keys import DayKeys
from alpr_edge.department.db.day_keys.master_keys import load_master_key
from alpr_edge.department.db.engines.choice import engine_of
from alpr_edge.department.db.engines.engine import DatabaseEngine
from alpr_edge.department.db.hold_note_file import FILE_NAME as HOLD_NOTE_NAME
from alpr_edge.department.db.hold_note_file import noted_since
from alpr_edge.department.db.hold_schema import unknown_holds
from alpr_edge.department.db.migrate import bring_up, is_current
from alpr_edge.department.db.sealed_values import OPTION, load_cipher
from alpr_edge.department.db.statements import insert_once
from alpr_edge.domain.errors import DepartmentError, StoreError
from alpr_edge.runtime.durable_files import private_directory, sync_directory

FOLDER = "department_folder"
"""The execution option of connections that holds the folder of their department."""


class DepartmentDatabase:
    """The open database of a department's folder; threads may share it.

    Args:
        directory: the department's folder; made with mode 0700 when missing.

    Raises:
        DepartmentError: no department there, one of a newer release, one that has to be migrated first, or one without
            the key of its people.
        StoreError: it cannot be opened.
    """

    def __init__(self, directory: Path, *, create: bool = True) -> None:
        self.directory = directory
        """The department's folder."""
        if create:
            private_directory(directory)
        self._backend = engine_of(directory)
        self._engine = self._backend.open(create=create)
        self.keys = give_keys(self._engine, directory)
        """The keys of a day, under which images and bodies are."""
        try:
            self._prepare()
            self._take_over_hold_note()
        except (DepartmentError, StoreError):
            self._engine.dispose()
            raise

    @contextmanager
    def writing(self, unit_id: str | None = None) -> Iterator[Connection]:
        """Open a transaction that may write: nobody else changes what it reads until it ends.

        Args:
            unit_id: the unit whose rows alone are written; None: any rows.
        """
        with self.database_errors(), self._engine.begin() as connection:
            self._backend.lock_writers(connection, unit_id)
            yield connection

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """Open a transaction that reads, at one moment; it waits for no writer."""
        with self.database_errors(), self._engine.connect() as connection:
            connection.execution_options(**self._backend.reading_options)
            yield connection

    @contextmanager
    def database_errors(self) -> Iterator[None]:
        """Raise errors of the driver and the disk as StoreError in one line; the driver's text may quote statements."""
        try:
            yield
        except SQLAlchemyError as error:
            raise StoreError(f"{self._backend.label}: {self._backend.describe_error(error)}") from None
        except OSError as error:
            raise StoreError(f"{self.directory}: the disk refused: {error.strerror}") from None

    def close(self) -> None:
        """Close every connection."""
        self._engine.dispose()

    def _prepare(self) -> None:
        """Bring it up where the engine allows that in passing, and take up the key of secrets."""
        if self._backend.is_brought_up_when_opened:
            with self.writing() as connection:
                bring_up(connection, self._backend)
                cipher = load_cipher(connection, self.directory)
        else:
            with self.reading() as connection:
                if not is_current(connection, self._backend):
                    raise DepartmentError(
                        f"{self._backend.label}: not at this release's tables; run: alpr-edge department migrate"
                    )
                cipher = load_cipher(connection, self.directory)
        self._engine.update_execution_options(**{OPTION: cipher, FOLDER: self.directory})

    def _take_over_hold_note(self) -> None:
        """Put what a file of an earlier release says of missing holds into the database, and remove the file."""
        since = noted_since(self.directory)
        if since is None:
            return
        with self.writing() as connection:
            insert_once(connection, unknown_holds, [{"since": since}])
        with self.database_errors():
            (self.directory / HOLD_NOTE_NAME).unlink(missing_ok=True)
            sync_directory(self.directory)


def folder_of(connection: Connection) -> Path:
    """The folder of the department that a connection is of."""
    folder: Path = connection.get_execution_options()[FOLDER]
    return folder


def give_keys(engine: Engine, directory: Path) -> DayKeys:
    """Have the connections of a pool open bodies by the master key that a department's settings name, once needed."""
    keys = DayKeys(lambda: load_master_key(directory))
    engine.update_execution_options(**{KEYS_OPTION: keys})
    return keys


def migrate_database(backend: DatabaseEngine) -> None:
    """Bring a database of an engine to this release's tables, in one transaction; an empty one gets them.

    Raises:
        DepartmentError: a newer release made it, it is no department's, or another program of the department is
            connected while tables have to change.
        StoreError: it cannot be reached or changed; it stays as it was.
    """
    engine = backend.open(create=False)
    try:
        with engine.begin() as connection:
            if not is_current(connection, backend):
                backend.require_no_other(connection)
            backend.lock_writers(connection, None)
            bring_up(connection, backend)
    except SQLAlchemyError as error:
        raise StoreError(f"{backend.label}: {backend.describe_error(error)}") from None
    finally:
        engine.dispose()


def naive_utc_now() -> datetime:
    """The present moment in UTC by this server's clock, without a zone, as the database holds times."""
    return datetime.now(UTC).replace(tzinfo=None)
