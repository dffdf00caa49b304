"""The PostgreSQL database that a department is copied into, and the table that says that the copy has not ended.

While that table is there no server opens the database
(:class:`~alpr_edge.department.db.engines.postgresql.PostgresqlEngine`).
"""

from sqlalchemy import Column, Connection, Integer, MetaData, String, Table, func, insert, inspect, select, text

from alpr_edge.department.db.engines.engine import DatabaseEngine
from alpr_edge.department.db.engines.postgresql import COPY_TABLE
from alpr_edge.department.db.migrate import bring_up
from alpr_edge.domain.errors import DepartmentError

_TABLE = Table(COPY_TABLE, MetaData(), Column("source_sha256", String, nullable=False))


def is_begun(connection: Connection) -> bool:
    """Whether a copy into a database was begun and has not ended."""
    return inspect(connection).has_table(COPY_TABLE)


def begin(connection: Connection, backend: DatabaseEngine, source_sha256: str) -> None:
    """Make an empty database ready for a copy, or find that it is.

    Args:
        connection: the connection of a transaction that may write.
    """
    if is_begun(connection):
        if connection.scalar(select(_TABLE.c.source_sha256)) != source_sha256:
            raise DepartmentError(f"{backend.label}: another department is being copied into it")
        return
    if backend.version_of(connection):
        raise DepartmentError(f"{backend.label}: holds a department already; name an empty database")
    bring_up(connection, backend)
    _TABLE.create(connection)
    connection.execute(insert(_TABLE).values(source_sha256=source_sha256))


def clear(connection: Connection, table: Table) -> None:
    """Delete what was copied of a table, also of one whose rows a trigger keeps."""
    connection.execute(text(f"ALTER TABLE {table.name} DISABLE TRIGGER USER"))
    connection.execute(table.delete())
    connection.execute(text(f"ALTER TABLE {table.name} ENABLE TRIGGER USER"))


def set_counters(connection: Connection, tables: list[Table]) -> None:
    """Let the database count on from the largest number of each table that it numbers."""
    for table in tables:
        key = list(table.primary_key)
        if len(key) != 1 or not isinstance(key[0].type, Integer):
            continue
        name = connection.scalar(
            text("SELECT pg_get_serial_sequence(:table, :column)"), {"table": table.name, "column": key[0].name}
        )
        last = connection.scalar(select(func.max(key[0])))
        if name is not None and last is not None:
            connection.execute(text("SELECT setval(CAST(:name AS regclass), :last)"), {"name": name, "last": last})


def end(connection: Connection) -> None:
    """Let servers open the database."""
    _TABLE.drop(connection)
