"""The version of a database by Alembic's own table, read without loading Alembic."""

from sqlalchemy import Column, Connection, MetaData, String, Table, inspect, select

_TABLE = Table("alembic_version", MetaData(), Column("version_num", String(32), primary_key=True))


def stamped_version(connection: Connection) -> int | None:
    """The revision that Alembic noted, as a number; None: Alembic was never here."""
    if not inspect(connection).has_table(_TABLE.name):
        return None
    revision = connection.scalar(select(_TABLE.c.version_num))
    return None if revision is None else int(revision)
