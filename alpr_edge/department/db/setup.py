"""Sets a department up on PostgreSQL: its tables there, and the database's URL in ``department.toml``."""

from pathlib import Path

import tomlkit
from sqlalchemy import func, select
from sqlalchemy.exc import SQLAlchemyError
from tomlkit.exceptions import TOMLKitError

from alpr_edge.department.db.database import migrate_database
from alpr_edge.department.db.engines.location import parse_location
from alpr_edge.department.db.engines.postgresql import PostgresqlEngine
from alpr_edge.department.db.engines.sqlite import DATABASE_NAME
from alpr_edge.department.db.people_schema import people
from alpr_edge.department.db.schema import certificates, items
from alpr_edge.department.settings import FILE_NAME, load_department_file
from alpr_edge.domain.errors import DepartmentError, StoreError
from alpr_edge.runtime.durable_files import private_directory, replace_file
from alpr_edge.runtime.io_errors import io_errors


def set_up_postgresql(directory: Path, url: str) -> None:
    """Give a department a PostgreSQL database from its first day on; done again for the same URL it changes nothing.

    Args:
        directory: the department's folder; made with mode 0700 when missing.
        url: the database, which exists and is empty.

    Raises:
        DepartmentError: the URL will not do, the department has another database, or this one is somebody's.
        StoreError: the database cannot be reached.
    """
    backend = PostgresqlEngine(parse_location(url))
    named = load_department_file(directory).database.url
    if named not in {"", url}:
        raise DepartmentError(f"{directory}: its database is another one; see [database] in {FILE_NAME}")
    if not named and (directory / DATABASE_NAME).exists():
        raise DepartmentError(
            f"{directory}: has a database in its folder; to move it: alpr-edge department copy --to URL"
        )
    private_directory(directory)
    migrate_database(backend)
    if not named:
        _require_unused(backend)
        write_database_url(directory, url)


def write_database_url(directory: Path, url: str) -> None:
    """Write a database's URL into ``department.toml``; all else in it stays, comments too."""
    path = directory / FILE_NAME
    with io_errors(f"{path}: cannot be written", DepartmentError):
        try:
            document = tomlkit.parse(path.read_text(encoding="utf-8") if path.exists() else "")
        except TOMLKitError:
            raise DepartmentError(f"{path}: is no TOML; mend it first") from None
        document["database"] = {"url": url}
        replace_file(path, tomlkit.dumps(document).encode())


def _require_unused(backend: PostgresqlEngine) -> None:
    """Refuse a database in which a department has anything already."""
    engine = backend.open(create=False)
    try:
        with engine.connect() as connection:
            rows = [connection.scalar(select(func.count()).select_from(each)) for each in (items, people, certificates)]
    except SQLAlchemyError as error:
        raise StoreError(f"{backend.label}: {backend.describe_error(error)}") from None
    finally:
        engine.dispose()
    if any(rows):
        raise DepartmentError(f"{backend.label}: holds a department's rows already; name an empty database")
