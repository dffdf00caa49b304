"""Wraps SQLCipher, whose driver ships no types: nothing untyped leaves this file.

Parameters of statements are hidden from error texts: they hold plates.
"""

from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any, cast

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import QueuePool
from sqlcipher3 import dbapi2

from alpr_edge.store.db.access_rights import Rights

BUSY_MS = 10_000
"""How long a statement waits for another process's commit."""
WAL_BYTES_MAX = 16 * 1024 * 1024
"""Size that the write-ahead log is cut back to once it was copied into the database."""
BEGIN_OPTION = "alpr_edge_begin"
"""Execution option of a connection: how its transactions begin; empty: each statement stands alone."""

_PRAGMAS = (
    "PRAGMA synchronous = FULL",
    "PRAGMA foreign_keys = ON",
    "PRAGMA temp_store = MEMORY",  # temporary files would not be encrypted
    f"PRAGMA journal_size_limit = {WAL_BYTES_MAX}",
)
_PROGRESS_STEPS = 10_000


def engine_of(path: Path, key: bytes, connections_max: int, rights: Rights | None = None) -> Engine:
    """An engine over an existing file; no statement is run yet.

    Args:
        key: 32 bytes.
        rights: the rights of its connections; None: everything is allowed.
    """
    engine = create_engine(
        "sqlite://",
        module=cast("ModuleType", dbapi2),
        creator=lambda: _connect(path, key, rights),
        poolclass=QueuePool,
        pool_size=connections_max,
        max_overflow=0,
        pool_timeout=BUSY_MS / 1000,
        pool_use_lifo=True,  # the connection used last still has the pages and the statements
        hide_parameters=True,
    )
    event.listen(engine, "begin", _begin)
    return engine


def error_name(error: DBAPIError) -> str:
    """SQLite's name of an error (``SQLITE_FULL``); empty when the driver gives none."""
    return str(getattr(error.orig, "sqlite_errorname", ""))


def interrupt_when(connection: Connection, is_expired: Callable[[], bool] | None) -> None:
    """Stop statements of ``connection`` once ``is_expired`` says so; None: never again."""
    driver: Any = connection.connection.driver_connection
    driver.set_progress_handler(is_expired, _PROGRESS_STEPS)


def _connect(path: Path, key: bytes, rights: Rights | None) -> DBAPIConnection:
    # mode=rw: a missing file is never made by opening it. No isolation level: transactions begin in _begin.
    connection: Any = dbapi2.connect(
        f"{path.absolute().as_uri()}?mode=rw",
        uri=True,
        isolation_level=None,
        check_same_thread=False,
        timeout=BUSY_MS / 1000,
    )
    connection.execute("PRAGMA cipher_log_level = NONE")  # it would write to stderr past the log
    connection.execute(f"PRAGMA key = \"x'{key.hex()}'\"")
    for pragma in _PRAGMAS:
        connection.execute(pragma)
    if rights is not None:
        connection.set_authorizer(rights)
    return cast("DBAPIConnection", connection)


def _begin(connection: Connection) -> None:
    statement = connection.get_execution_options().get(BEGIN_OPTION, "BEGIN")
    if statement:
        connection.exec_driver_sql(statement)
