"""Migrates the database to this release's schema, by one process at a time.

Migrations only add. The database carries ``schema`` (what it has) and ``readable_from`` (the oldest schema whose
release still reads and writes it), so that a release rolled back opens what a newer one left, and no read is lost.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import structlog
from sqlalchemy import Connection, Engine, inspect, select

from alpr_edge.domain.errors import StoreError
from alpr_edge.runtime.durable_files import PRIVATE_FILE, sync_directory
from alpr_edge.runtime.file_lock import exclusive_lock, open_lock_file
from alpr_edge.runtime.io_errors import io_errors
from alpr_edge.store.db.schema import meta
from alpr_edge.store.db.sqlcipher import BEGIN_OPTION

LOCK_SUFFIX = ".lock"
"""Of the file beside the database that only one process at a time migrates under."""
LOCK_S_MAX = 60.0
"""How long a start waits for another process's migration."""

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class SchemaRelease:
    """The schemas that a release writes and can read."""

    schema: int
    """Number of its newest migration."""
    readable_from: int
    """The oldest schema whose release can work with a database of :attr:`schema`."""
    scripts: Path
    """Alembic's folder."""
    file_name: str = "edge.db"
    """Name of the database's file."""


RELEASE = SchemaRelease(schema=18, readable_from=1, scripts=Path(__file__).parents[1] / "migrations")


def create_file(path: Path) -> None:
    """Make an empty database file (mode 0600) unless there is one; SQLite gives its log the same mode."""
    with io_errors(f"{path}: cannot be opened", StoreError):
        os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, PRIVATE_FILE))
        sync_directory(path.parent)


def bring_up(engine: Engine, path: Path, release: SchemaRelease) -> None:
    """Migrate a database to ``release`` under a file lock, in one transaction; a newer one stays as it is.

    Raises:
        StoreError: the database is of a newer release that this one cannot read, or another process migrates for too
        long.
    """
    with _migration_lock(path.with_suffix(LOCK_SUFFIX)):
        with engine.connect().execution_options(**{BEGIN_OPTION: ""}) as connection:
            connection.exec_driver_sql("PRAGMA journal_mode = WAL")
        with engine.connect().execution_options(**{BEGIN_OPTION: "BEGIN IMMEDIATE"}) as connection, connection.begin():
            schema = _schema_of(connection)
            if schema < release.schema:
                _upgrade(connection, release)
                log.info("store.migrated", from_schema=schema, to_schema=release.schema)
    check(engine, path, release)


def check(engine: Engine, path: Path, release: SchemaRelease) -> None:
    """Check that ``release`` may work with the database."""
    with engine.connect() as connection, connection.begin():
        schema = _schema_of(connection)
        readable_from = _meta(connection, "readable_from") if schema else 0
    if schema < release.schema:
        raise StoreError(f"{path}: not at this release's schema yet; start alpr-edge run first")
    if readable_from > release.schema:
        raise StoreError(
            f"{path}: written by a newer release (schema {schema}, readable from {readable_from}, this one has "
            f"{release.schema}); install that release again"
        )


def _upgrade(connection: Connection, release: SchemaRelease) -> None:
    # Loaded for a migration alone: it takes each command and each start of a unit a quarter of a second, and 10 MiB.
    from alembic import command  # noqa: PLC0415
    from alembic.config import Config  # noqa: PLC0415

    config = Config()
    config.set_main_option("script_location", str(release.scripts).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    command.upgrade(config, "head")
    rows = [
        {"name": "schema", "value": str(release.schema)},
        {"name": "readable_from", "value": str(release.readable_from)},
    ]
    connection.execute(meta.insert().prefix_with("OR REPLACE"), rows)


def _schema_of(connection: Connection) -> int:
    """The database's schema; 0 for an empty one."""
    return _meta(connection, "schema") if inspect(connection).has_table(meta.name) else 0


def _meta(connection: Connection, name: str) -> int:
    return int(connection.execute(select(meta.c.value).where(meta.c.name == name)).scalar_one())


@contextmanager
def _migration_lock(path: Path) -> Iterator[None]:
    """Hold the lock file; only one process migrates at a time."""
    with io_errors(f"{path}: cannot be opened", StoreError):
        descriptor = open_lock_file(path)
    busy = f"{path}: another alpr-edge has been migrating for {LOCK_S_MAX:g} s"
    with exclusive_lock(descriptor, busy, wait_s=LOCK_S_MAX):
        yield
