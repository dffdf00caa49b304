"""Brings a department's database to this release's tables, in the transaction that opens it.

Versions are those of ``PRAGMA user_version``:

1. items, reads, hits, times.
2. Certificates.
3. Whatever a unit sends is kept under the unit as well as its id, so that no unit's id stands in another's way; hits
   with what later rights depend on; alerts and withdrawals. The four older tables are written anew: SQLite cannot
   change a primary key. That takes as much room again as the database has, which what comes later then uses.
4. People, their credentials, invitations and rosters; all tables are new.
5. What officers say of hits; a new table.
6. Who corrected a read; a new column.
7. Holds, their reads and releases; new tables.
8. Canvasses and their ends; new tables.
9. Bookings of evidence packages, and who looked at their passphrases; new tables.
10. Heartbeats of units; a new table.
"""

from sqlalchemy import Connection, Table, inspect

from alpr_edge.department.db.canvass_schema import canvasses
from alpr_edge.department.db.evidence_schema import evidence_bookings
from alpr_edge.department.db.heartbeat_schema import unit_heartbeats
from alpr_edge.department.db.hold_schema import holds
from alpr_edge.department.db.people_schema import people
from alpr_edge.department.db.schema import VERSION, hits, items, metadata, read_times, reads
from alpr_edge.domain.errors import StoreError

_LATER = people, holds, canvasses, evidence_bookings, unit_heartbeats
_TABLES = {table.metadata for table in _LATER}
assert {metadata} == _TABLES  # they are among those that are made
_BY_UNIT = (items, reads, hits, read_times)
_BEFORE = "before_3_"
"""What the older tables are called until their rows are over."""


def migrate(connection: Connection, version: int) -> None:
    """Make the tables that are missing and change the older ones; a database of this release stays as it is.

    Args:
        connection: the connection of a transaction that may write.
        version: the version of the database; 0 for an empty one.
    """
    older = [table for table in _BY_UNIT if 0 < version < 3 and inspect(connection).has_table(table.name)]
    for table in older:
        _rename_table(connection, table)
    metadata.create_all(connection)
    if 3 <= version < 6:
        connection.exec_driver_sql("ALTER TABLE reads ADD COLUMN corrected_by VARCHAR")
    for table in older:
        _copy_rows(connection, table)
    connection.exec_driver_sql(f"PRAGMA user_version = {VERSION}")


def _rename_table(connection: Connection, table: Table) -> None:
    """Rename a table; its indexes go, since their names are needed again."""
    for index in inspect(connection).get_indexes(table.name):
        connection.exec_driver_sql(f"DROP INDEX {index['name']}")
    connection.exec_driver_sql(f"ALTER TABLE {table.name} RENAME TO {_BEFORE}{table.name}")


def _copy_rows(connection: Connection, table: Table) -> None:
    """Copy every row of the renamed old table into the new one, and drop the old table."""
    name = _BEFORE + table.name
    columns = ", ".join(column["name"] for column in inspect(connection).get_columns(name))
    copy = f"INSERT INTO {table.name} ({columns}) SELECT {columns} FROM {name}"  # noqa: S608 - names of our own schema
    copy_count = connection.exec_driver_sql(copy).rowcount
    row_count = connection.exec_driver_sql(f"SELECT count(*) FROM {name}").scalar_one()  # noqa: S608 - likewise
    if copy_count != row_count:
        raise StoreError(f"{table.name}: {copy_count} of {row_count} rows were copied; nothing was changed")
    connection.exec_driver_sql(f"DROP TABLE {name}")
