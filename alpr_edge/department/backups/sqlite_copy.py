"""Copies a SQLite database while it is served, by SQLite's online backup, and opens such a copy to be read."""

import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from sqlalchemy import create_engine
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.pool import StaticPool

from alpr_edge.department.backups.file_list import Tick
from alpr_edge.department.backups.survey import OpenReading
from alpr_edge.department.db.database import give_keys
from alpr_edge.department.db.engines.pool import BUSY_S
from alpr_edge.department.db.integrity import check_integrity
from alpr_edge.domain.errors import StoreError
from alpr_edge.runtime.durable_files import PRIVATE_DIRECTORY, PRIVATE_FILE

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
