"""Grows the tables of a department on PostgreSQL by COPY, in minutes where units would take weeks.

Indexes are taken away before many rows come, and made again after: that is how they look after weeks, but for being
packed more tightly, which costs those that store reads next rather more.
"""

import sys
from collections.abc import Callable, Iterator

import psycopg
from psycopg import sql

from scripts.benchmarks.department.traffic import (
    ITEM_COLUMNS,
    READ_COLUMNS,
    FleetTraffic,
    TrafficBlock,
    item_lines,
    read_lines,
)

INDEXES_APART = 300_000
"""From so many rows on indexes are made afterwards."""
_TABLES = ("items", "reads", "plates")
_CONSTRAINTS = (
    "SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid) FROM pg_constraint WHERE contype = 'p'"
)
_INDEXES = (
    "SELECT indexrelid::regclass::text, pg_get_indexdef(indexrelid) FROM pg_index "
    "WHERE indrelid::regclass::text = ANY(%s) AND NOT indisprimary"
)
_Connection = psycopg.Connection[tuple[object, ...]]


def grow(connection: _Connection, traffic: FleetTraffic, first: int, count: int) -> None:
    """Add reads, their items and their plates, and leave the tables as their upkeep does.

    Args:
        connection: a connection that commits each statement.
        traffic: the reads.
        first: the number of the first.
        count: how many.
    """
    connection.execute("SET maintenance_work_mem = '1GB'")
    making_again = _drop_indexes(connection) if count >= INDEXES_APART else []
    for block in traffic.blocks(first, count):
        _copy(connection, "reads", READ_COLUMNS, read_lines, block)
        _copy(connection, "items", ITEM_COLUMNS, item_lines, block)
        _say(f"rows {block.first + len(block):,}")
    connection.execute("SET work_mem = '512MB'")
    connection.execute("INSERT INTO plates (plate) SELECT DISTINCT plate FROM reads EXCEPT SELECT plate FROM plates")
    for statement in making_again:
        _say(statement)
        connection.execute(statement.encode())
    for table in _TABLES:
        connection.execute(sql.SQL("VACUUM (ANALYZE) {}").format(sql.Identifier(table)))
    connection.execute("CHECKPOINT")


def sizes(connection: _Connection) -> dict[str, int]:
    """Bytes of each table with its indexes."""
    rows = connection.execute(
        "SELECT name, pg_total_relation_size(name::regclass) FROM unnest(%s::text[]) AS name", [[*_TABLES]]
    )
    return {str(name): int(str(size)) for name, size in rows}


def _copy(
    connection: _Connection,
    table: str,
    columns: tuple[str, ...],
    lines: Callable[[TrafficBlock], Iterator[str]],
    block: TrafficBlock,
) -> None:
    statement = sql.SQL("COPY {} ({}) FROM STDIN").format(
        sql.Identifier(table), sql.SQL(", ").join(map(sql.Identifier, columns))
    )
    with connection.cursor() as cursor, cursor.copy(statement) as copy:
        copy.write("".join(lines(block)))


def _drop_indexes(connection: _Connection) -> list[str]:
    """Drop the keys and indexes of the tables; returns the statements that make them again."""
    statements = []
    for table, name, definition in connection.execute(_CONSTRAINTS).fetchall():
        if table in _TABLES:
            statements.append(f"ALTER TABLE {table} ADD CONSTRAINT {name} {definition}")
            connection.execute(f"ALTER TABLE {table} DROP CONSTRAINT {name}".encode())
    for name, definition in connection.execute(_INDEXES, [[*_TABLES]]).fetchall():
        statements.append(str(definition))
        connection.execute(f"DROP INDEX {name}".encode())
    return statements


def _say(text: str) -> None:
    sys.stderr.write(f"{text}\n")
