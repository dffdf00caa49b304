"""Brings a department's database to this release's tables, in one transaction, on every engine.

Revisions are Alembic's, and the number of each is a version of the database. Versions before the first revision are
those of SQLite databases (:mod:`~alpr_edge.department.db.older_versions`).
"""

from pathlib import Path

from sqlalchemy import Connection

from alpr_edge.department.db.engines.engine import DatabaseEngine
from alpr_edge.department.db.older_versions import FIRST_REVISION, bring_to_first_revision
from alpr_edge.department.db.revisions import stamped_version
from alpr_edge.department.db.schema import VERSION
from alpr_edge.domain.errors import DepartmentError

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
