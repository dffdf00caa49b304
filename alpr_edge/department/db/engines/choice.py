"""Which engine a department uses: the database that ``department.toml`` names, else SQLite in its folder."""

from pathlib import Path

from alpr_edge.department.db.engines.engine import DatabaseEngine
from alpr_edge.department.db.engines.location import parse_location
from alpr_edge.department.db.engines.postgresql import PostgresqlEngine
from alpr_edge.department.db.engines.sqlite import DATABASE_NAME, SqliteEngine
from alpr_edge.department.settings import FILE_NAME, load_department_file
from alpr_edge.domain.errors import DepartmentError

MOVED_NAME = f"{DATABASE_NAME}.moved"
"""Lies beside a SQLite database that was copied to PostgreSQL, and says where its rows are."""


def engine_of(directory: Path) -> DatabaseEngine:
    """The engine of a department.

    Raises:
        DepartmentError: the settings are wrong, or they name SQLite, whose rows have moved elsewhere.
    """
    url = load_department_file(directory).database.url
    if url:
        return PostgresqlEngine(parse_location(url))
    moved = directory / MOVED_NAME
    if moved.exists():
        raise DepartmentError(
            f"{directory}: its database was copied to PostgreSQL and is not to be written any more; restore [database] "
            f"url in {FILE_NAME}, which {moved.name} names, or remove that file to go on with the old database"
        )
    return SqliteEngine(directory)


def sqlite_file(directory: Path) -> Path | None:
    """The file of a department's SQLite database; None: it uses another engine.

    Raises:
        DepartmentError: the settings are wrong.
    """
    return None if load_department_file(directory).database.url else directory / DATABASE_NAME
