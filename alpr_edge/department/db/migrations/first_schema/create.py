"""Makes those tables of version 10 that a database lacks."""

from sqlalchemy import Connection, inspect

from alpr_edge.department.db.migrations.first_schema.base import metadata
from alpr_edge.department.db.migrations.first_schema.items import ITEM_TABLES
from alpr_edge.department.db.migrations.first_schema.kept_rows import KEPT, keep_rows
from alpr_edge.department.db.migrations.first_schema.people import PEOPLE_TABLES
from alpr_edge.department.db.migrations.first_schema.units import UNIT_TABLES

TABLES = (*ITEM_TABLES, *UNIT_TABLES, *PEOPLE_TABLES)


def create_tables(connection: Connection) -> None:
    """Make the tables that are missing, each with its indexes and triggers.

    Args:
        connection: the connection of a transaction that may write.
    """
    present = set(inspect(connection).get_table_names())
    metadata.create_all(connection, TABLES)
    for table, words in KEPT.items():
        if table not in present:
            keep_rows(connection, table, words)
