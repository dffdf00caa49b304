"""Brings a department's database to this release's tables, in one transaction, on every engine.

Revisions are Alembic's, and the number of each is a version of the database. Versions before the first revision are
those of SQLite databases (:mod:`~alpr_edge.department.db.migrate`).
"""

from pathlib import Path

from sqlalchemy import Connection, inspect

from alpr_edge.department.db.engines.engine import DatabaseEngine
from alpr_edge.department.db.migrations.first_schema.create import create_tables
from alpr_edge.department.db.revisions import stamped_version
from alpr_edge.department.db.schema import VERSION
from alpr_edge.domain.errors import DepartmentError, StoreError

# Brings a SQLite database of a release before Alembic to the tables of its first revision.
#
# Versions are those of ``PRAGMA user_version``:
#
# 1. items, reads, hits, times.
# 2. Certificates.
# 3. Whatever a unit sends is kept under the unit as well as its id, so that no unit's id stands in another's way; hits
#    with what later rights depend on; alerts and withdrawals. The four older tables are written anew: SQLite cannot
#    change a primary key. That takes as much room again as the database has, which what comes later then uses.
# 4. People, their credentials, invitations and rosters; all tables are new.
# 5. What officers say of hits; a new table.
# 6. Who corrected a read; a new column.
# 7. Holds, their reads and releases; new tables.
# 8. Canvasses and their ends; new tables.
# 9. Bookings of evidence packages, and who looked at their passphrases; new tables.
# 10. Heartbeats of units; a new table. The first revision of Alembic has the same tables.

FIRST_REVISION = "0010"
_BY_UNIT = ("items", "reads", "hits", "read_times")
_BEFORE = "before_3_"
"""What the older tables are called until their rows are over."""


def bring_to_first_revision(connection: Connection, version: int) -> None:
    """Make the tables that are missing and change the older ones.

    Args:
        connection: the connection of a transaction that may write.
    """
    older = [table for table in _BY_UNIT if version < 3 and inspect(connection).has_table(table)]
    for table in older:
        _rename_table(connection, table)
    create_tables(connection)
    if 3 <= version < 6:
        connection.exec_driver_sql("ALTER TABLE reads ADD COLUMN corrected_by VARCHAR")
    for table in older:
        _copy_rows(connection, table)


def _rename_table(connection: Connection, table: str) -> None:
    """Rename a table; its indexes go, since their names are needed again."""
    for index in inspect(connection).get_indexes(table):
        connection.exec_driver_sql(f"DROP INDEX {index['name']}")
    connection.exec_driver_sql(f"ALTER TABLE {table} RENAME TO {_BEFORE}{table}")


def _copy_rows(connection: Connection, table: str) -> None:
    """Copy every row of the renamed old table into the new one, and drop the old table."""
    name = _BEFORE + table
    columns = ", ".join(column["name"] for column in inspect(connection).get_columns(name))
    copy = f"INSERT INTO {table} ({columns}) SELECT {columns} FROM {name}"  # noqa: S608 - names of our own schema
    copy_count = connection.exec_driver_sql(copy).rowcount
    row_count = connection.exec_driver_sql(f"SELECT count(*) FROM {name}").scalar_one()  # noqa: S608 - likewise
    if copy_count != row_count:
        raise StoreError(f"{table}: {copy_count} of {row_count} rows were copied; nothing was changed")
    connection.exec_driver_sql(f"DROP TABLE {name}")


SCRIPTS = Path(__file__).with_name("migrations")


def is_current(connection: Connection, engine: DatabaseEngine) -> bool:
    """Whether a database has this release's tables; False: it is older, or empty."""
    if engine.version_of(connection) > VERSION:
        raise DepartmentError(f"{engine.label}: made by a newer release; update alpr-edge on this server")
    return stamped_version(connection) == VERSION


def bring_up(connection: Connection, engine: DatabaseEngine) -> None:
    """Make the tables that are missing and change the older ones; a database of this release stays as it is.

    Args:
        connection: the connection of a transaction that may write.
    """
    if is_current(connection, engine):
        return
    # Loaded for a migration alone: it takes a quarter of a second.
    from alembic import command  # noqa: PLC0415
    from alembic.config import Config  # noqa: PLC0415

    config = Config()
    config.set_main_option("script_location", str(SCRIPTS).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    config.set_main_option("recursive_version_locations", "true")
    config.attributes["connection"] = connection
    version = engine.version_of(connection)
    if version and stamped_version(connection) is None:
        bring_to_first_revision(connection, version)
        command.stamp(config, FIRST_REVISION)
    command.upgrade(config, "head")
    engine.note_version(connection, VERSION)
