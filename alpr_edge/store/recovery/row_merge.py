"""Inserts rows of another database as they were stored there, under their ids: a second time changes nothing."""

import itertools
from collections.abc import Iterable, Iterator, Sequence
from enum import StrEnum

from sqlalchemy import Connection, Table
from sqlalchemy.exc import IntegrityError

from alpr_edge.store.db.schema import (
    counts,
    department_dates,
    log_cursors,
    log_statements,
    meta,
    metadata,
    outbox,
    requests,
)
from alpr_edge.store.sqlite_forensics.btree import Value
from alpr_edge.store.sqlite_forensics.carver import CarvedRow, Column, RowShape, shape_of

NUMBER = "seq"
"""The column of a row's number, which has no meaning in another database."""
Row = dict[str, Value]

_NOT_COPIED = {meta, counts, department_dates, log_cursors, log_statements, requests}
TABLES: tuple[Table, ...] = (
    outbox,
    *(table for table in metadata.sorted_tables if table not in {outbox, *_NOT_COPIED}),
)
"""The tables to copy: the queue first, which shows what is still needed, then each table before those that refer to it.
Not copied are ``meta``, which describes one database, ``counts``, which triggers update, the department's date and its
statements on the access log, which it makes again, how far that log was queued: it is queued anew, and what the page
asked: an old version of a page may show a request without its answer, which would then be executed twice."""


class Fate(StrEnum):
    """The result of inserting a row."""

    NEW = "saved"
    THERE = "already there"
    HANGING = "hanging"
    """It refers to a row that is lost, and stays in the other database."""
    OVER = "over"
    """It refers to something that had been deleted when the other database was damaged."""


def shapes(connection: Connection, tables: Sequence[Table] = TABLES) -> dict[str, RowShape]:
    """The shapes of tables' rows, by this database's own declaration."""
    return {table.name: _shape(connection, table.name) for table in tables}


def put(connection: Connection, table: Table, row: Row) -> Fate:
    """Insert a row unless it is there."""
    values = {name: value for name, value in row.items() if name != NUMBER}
    names = ", ".join(values)
    placeholders = ", ".join("?" for _ in values)
    # A table without a unique column: a row is there already when all its values are equal.
    has_no_key = not any(True for _ in _unique_names(table))
    guard = f" WHERE NOT EXISTS (SELECT 1 FROM {table.name} WHERE {' AND '.join(f'{n} IS ?' for n in values)})"  # noqa: S608 - names of our own schema
    statement = f"INSERT INTO {table.name} ({names}) SELECT {placeholders}{guard if has_no_key else ' WHERE true'}"
    parameters = tuple(values.values()) * (2 if has_no_key else 1)
    try:
        done = connection.exec_driver_sql(f"{statement} ON CONFLICT DO NOTHING", parameters)
    except IntegrityError:
        return Fate.HANGING
    return Fate.NEW if done.rowcount else Fate.THERE


def batches(rows: Iterable[CarvedRow], size: int) -> Iterator[list[tuple[str, Row]]]:
    """Rows with their tables' names, at most ``size`` at a time: other processes wait for each."""
    left = iter(rows)
    while batch := [(row.table, row.values) for row in itertools.islice(left, size)]:
        yield batch


def _shape(connection: Connection, table: str) -> RowShape:
    table_info = connection.exec_driver_sql(f"PRAGMA table_info({table})").all()
    by_key = connection.exec_driver_sql("SELECT wr FROM pragma_table_list WHERE name = ?", (table,)).scalar_one()
    columns = [
        Column(name, type_, bool(not_null) and name != NUMBER, default is not None)
        for _, name, type_, not_null, default, _ in table_info
    ]
    return shape_of(table, columns, by_key=bool(by_key))


def _unique_names(table: Table) -> Iterator[str]:
    """What a row cannot share with another, beside its number."""
    yield from (column.name for column in table.primary_key if column.name != NUMBER)
    yield from (column.name for column in table.columns if column.unique)
    for constraint in table.constraints - {table.primary_key}:
        if type(constraint).__name__ == "UniqueConstraint":
            yield str(constraint.name)
