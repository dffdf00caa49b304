"""Copies a department's SQLite database to PostgreSQL, table by table, and compares both by digests.

While it runs nobody else writes the SQLite database, nor opens the other one. Each few hundred rows are committed, and
after a failure it goes on behind the last row that is there; a table that then differs is copied anew. The file is only
read. When all is equal ``department.toml`` names the new database, and a file beside the old one says where it went.
"""

import hashlib
import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, Row, Table, func, select
from sqlalchemy.exc import SQLAlchemyError

from alpr_edge.department.copying import target
from alpr_edge.department.copying.tables import (
    TableDigest,
    add_rows,
    damaged_bodies,
    digest_table,
    last_key,
    plain_tables,
    rows_after,
)
from alpr_edge.department.db.database import give_keys
from alpr_edge.department.db.engines.choice import MOVED_NAME
from alpr_edge.department.db.engines.location import parse_location
from alpr_edge.department.db.engines.postgresql import PostgresqlEngine
from alpr_edge.department.db.engines.sqlite import DATABASE_NAME, SqliteEngine
from alpr_edge.department.db.integrity import check_integrity
from alpr_edge.department.db.migrate import bring_up
from alpr_edge.department.db.setup import write_database_url
from alpr_edge.department.pki.authority import TlsFiles
from alpr_edge.department.serving import serving_alone, showing_alone
from alpr_edge.department.settings import FILE_NAME, load_department_file
from alpr_edge.domain.errors import DepartmentError, StoreError
from alpr_edge.domain.instants import rfc3339
from alpr_edge.runtime.durable_files import replace_file
from alpr_edge.runtime.io_errors import io_errors

Tick = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class CopyResult:
    """A copy that has ended: both databases are equal."""

    database: str
    rows: int
    damaged_bodies: int
    """Bodies that do not fit their digests, in both."""
    tables: tuple[TableDigest, ...]


@dataclass(slots=True)
class _Progress:
    """Rows copied and compared, of twice as many as there are."""

    tick: Tick
    total: int
    done: int = 0

    def add(self, count: int) -> None:
        self.done = min(self.done + count, self.total)
        self.tick(self.done, self.total)


def copy_database(directory: Path, url: str, tick: Tick) -> CopyResult:
    """Move a department's database.

    Args:
        url: an empty PostgreSQL database, or the one into which a copy did not end.

    Raises:
        DepartmentError: the department is served, the URL will not do, or the database is not empty.
        StoreError: a database does not answer, is damaged, or they differ; the same command goes on.
    """
    backend = PostgresqlEngine(parse_location(url))
    named = load_department_file(directory).database.url
    if named not in {"", url}:
        raise DepartmentError(f"{directory}: its database is another one; see [database] in {FILE_NAME}")
    source_backend = SqliteEngine(directory)
    with (
        serving_alone(directory),
        showing_alone(directory),
        _open_pool(source_backend, directory) as source_engine,
        _open_pool(backend, directory) as engine,
    ):
        check_integrity(directory / DATABASE_NAME, None)
        with source_engine.begin() as source:
            bring_up(source, source_backend)
        with source_engine.begin() as source:  # IMMEDIATE: nobody else writes meanwhile
            with engine.begin() as connection:
                backend.lock_writers(connection, None)
                if named and not target.is_begun(connection):
                    raise DepartmentError(f"{directory}: its database is there already")
                target.begin(connection, backend, identity_of(directory))
            result = _copy(source, engine, backend.label, tick)
            write_database_url(directory, url)
            _note_move(directory, url, result)
            with engine.begin() as connection:
                target.end(connection)
    return result


def _copy(source: Connection, engine: Engine, label: str, tick: Tick) -> CopyResult:
    """Copy what is missing, and compare everything."""
    tables, damaged = plain_tables(), 0
    counts = {table.name: source.scalar(select(func.count()).select_from(table)) or 0 for table in tables}
    progress, digests = _Progress(tick, 2 * sum(counts.values())), []
    for table in tables:
        with engine.connect() as connection:
            last = last_key(connection, table)
        _copy_rows(source, engine, table, last, progress)
        of_table = _compare(source, engine, table, progress)
        if of_table is None and last is not None:
            with engine.begin() as connection:
                target.clear(connection, table)
            _copy_rows(source, engine, table, None, progress)
            of_table = _compare(source, engine, table, progress)
        if of_table is None:
            raise StoreError(f"{label}: table {table.name} is not as it was copied; run the same command again")
        digests.append(of_table[0])
        damaged += of_table[1]
    with engine.begin() as connection:
        target.set_counters(connection, tables)
    return CopyResult(label, sum(each.rows for each in digests), damaged, tuple(digests))


def _copy_rows(
    source: Connection, engine: Engine, table: Table, last: list[object] | None, progress: _Progress
) -> None:
    """Copy the rows behind a key; each part is on the disk before the next."""
    for rows in rows_after(source, table, last):
        with engine.begin() as connection:
            add_rows(connection, table, rows)
        progress.add(len(rows))


def _compare(source: Connection, engine: Engine, table: Table, progress: _Progress) -> tuple[TableDigest, int] | None:
    """The table's digest and the number of bodies damaged in it; None: the two databases differ."""
    with engine.connect() as connection:
        copied, damaged = _digest(connection, table, lambda _: None)
    original, _ = _digest(source, table, progress.add)
    return (original, damaged) if original == copied else None


def _digest(connection: Connection, table: Table, add: Callable[[int], None]) -> tuple[TableDigest, int]:
    damaged = 0

    def see(rows: Sequence[Row[Any]]) -> None:
        nonlocal damaged
        damaged += damaged_bodies(connection, table, rows)
        add(len(rows))

    return digest_table(connection, table, see), damaged


def identity_of(directory: Path) -> str:
    """Which department it is: the digest of its authority's certificate."""
    path = TlsFiles(directory).authority
    with io_errors(f"{path}: cannot be read", DepartmentError):
        return hashlib.sha256(path.read_bytes()).hexdigest()


def _note_move(directory: Path, url: str, result: CopyResult) -> None:
    note = {"database": url, "moved": rfc3339(datetime.now(UTC)), "rows": result.rows}
    path = directory / MOVED_NAME
    with io_errors(f"{path}: cannot be written", DepartmentError):
        replace_file(path, json.dumps(note, indent=1).encode())


@contextmanager
def _open_pool(backend: SqliteEngine | PostgresqlEngine, directory: Path) -> Iterator[Engine]:
    """The pool of a database of a department; errors of its driver become one line."""
    engine = backend.open(create=False)
    give_keys(engine, directory)
    try:
        yield engine
    except SQLAlchemyError as error:
        raise StoreError(f"{backend.label}: {backend.describe_error(error)}") from None
    finally:
        engine.dispose()
