"""Statements that each engine writes in its own way."""

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cache
from operator import itemgetter
from typing import Any

from sqlalchemy import Column, ColumnElement, Connection, Dialect, String, Table, bindparam, func, select, text
from sqlalchemy.dialects import postgresql, sqlite

from alpr_edge.domain.errors import StoreError


def insert_many(connection: Connection, table: Table, rows: Sequence[Mapping[str, Any]]) -> None:
    """Insert rows that are new, at the driver's speed: SQLAlchemy's own way costs twice as much as storing them.

    SQLite gets one prepared statement, PostgreSQL a COPY. Values are converted as SQLAlchemy converts them.

    Args:
        connection: the connection of a transaction that may write.
    """
    if not rows:
        return
    names = tuple(rows[0])
    values = list(map(itemgetter(*names), rows))
    if converts := _conversions(table, names, connection.dialect):
        columns = list[Iterable[Any]](zip(*values, strict=True))
        for place, convert in converts.items():
            columns[place] = map(convert, columns[place])
        values = list(zip(*columns, strict=True))
    if connection.dialect.name == "postgresql":
        _copy(connection, f"COPY {table.name} ({', '.join(names)}) FROM STDIN", values)
    else:
        places = ", ".join("?" * len(names))
        connection.exec_driver_sql(f"INSERT INTO {table.name} ({', '.join(names)}) VALUES ({places})", values)  # noqa: S608 - names of our own schema


def add_texts(connection: Connection, column: Column[str], texts: Sequence[str]) -> None:
    """Add texts to a table of a single column; one that is there already adds nothing.

    In the order given, so that of two transactions that give theirs in one order none waits for the other for ever.

    Args:
        connection: the connection of a transaction that may write.
    """
    table, name = column.table.fullname, column.name
    if not texts:
        return
    if connection.dialect.name == "postgresql":
        statement = f"INSERT INTO {table} ({name}) SELECT unnest(CAST(:texts AS text[])) ON CONFLICT DO NOTHING"
        connection.execute(text(statement), {"texts": list(texts)})
    else:
        statement = f"INSERT OR IGNORE INTO {table} ({name}) VALUES (?)"  # noqa: S608 - likewise
        connection.exec_driver_sql(statement, [(each,) for each in texts])


def is_one_of(engine: str, column: ColumnElement[str], name: str) -> ColumnElement[bool]:
    """Whether a column is one of the texts of a single parameter, which costs less than one for each."""
    if engine == "postgresql":
        return column == func.any(bindparam(name, type_=postgresql.ARRAY(String)))
    return column.in_(select(func.json_each(bindparam(name)).table_valued("value").c.value))


def list_parameter(engine: str, texts: Sequence[str]) -> object:
    """The value of the parameter of :func:`is_one_of`."""
    return list(texts) if engine == "postgresql" else json.dumps(list(texts))


def insert_once(connection: Connection, table: Table, rows: Sequence[Mapping[str, Any]]) -> None:
    """Insert rows; one whose key is there already adds nothing.

    Args:
        connection: the connection of a transaction that may write.
    """
    if rows:
        connection.execute(_insert(connection, table).on_conflict_do_nothing(), [dict(row) for row in rows])


def replace_rows(connection: Connection, table: Table, rows: Sequence[Mapping[str, Any]]) -> None:
    """Insert rows, each in place of the one that has its primary key; arguments as above."""
    if rows:
        statement = _insert(connection, table)
        keys = [column.name for column in table.primary_key]
        values = {name: statement.excluded[name] for name in rows[0] if name not in keys}
        connection.execute(
            statement.on_conflict_do_update(index_elements=keys, set_=values), [dict(row) for row in rows]
        )


def _insert(connection: Connection, table: Table) -> "postgresql.Insert | sqlite.Insert":
    return postgresql.insert(table) if connection.dialect.name == "postgresql" else sqlite.insert(table)


@cache
def _conversions(table: Table, names: tuple[str, ...], dialect: Dialect) -> dict[int, Callable[[Any], Any]]:
    """How the driver wants the values of columns, by their places; those that are not there it takes as they are."""
    converts = [table.c[name].type.dialect_impl(dialect).bind_processor(dialect) for name in names]
    return {place: convert for place, convert in enumerate(converts) if convert is not None}


def _copy(connection: Connection, statement: str, rows: Sequence[tuple[Any, ...]]) -> None:
    import psycopg  # noqa: PLC0415 - only where PostgreSQL is used

    driver: psycopg.Connection[Any] = connection.connection.driver_connection  # type: ignore[assignment] # of this engine
    try:
        with driver.cursor() as cursor, cursor.copy(statement) as copy:
            for row in rows:
                copy.write_row(row)
    except psycopg.Error as error:
        raise StoreError(f"the PostgreSQL database refused ({type(error).__name__}); look at its log") from None
