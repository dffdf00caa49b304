"""A database of before searches is filled for them, whole or not at all."""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
from sqlalchemy import Connection, inspect, text

from alpr_edge.department.db.database import DepartmentDatabase, migrate_database
from alpr_edge.department.db.engines.choice import engine_of
from alpr_edge.department.db.schema import VERSION
from alpr_edge.department.ingest.storage import Storage
from alpr_edge.domain.errors import StoreError
from scripts.benchmarks.department.postgresql import PostgresqlServer
from tests.department.engines import (
    PASSKEY_DATES,
    RECORD_TABLES,
    EngineUnderTest,
    exchange_removal,
    name_database,
    query,
)
from tests.department.search.traffic import make_traffic, store_traffic

COUNT = 600
"""More than the migration takes at once."""
PLATES = "SELECT plate FROM plates ORDER BY plate"
READS = "SELECT read_id, plate, seen_at, cell FROM reads ORDER BY read_id"
TABLES = {
    "sqlite": "SELECT name, sql FROM sqlite_master WHERE name LIKE 'plate%' OR name LIKE 'ix_reads%' ORDER BY name",
    "postgresql": "SELECT indexname, indexdef FROM pg_indexes WHERE tablename IN ('plates', 'reads') ORDER BY 1",
}


@pytest.fixture
def directory(tmp_path: Path, engine: EngineUnderTest, request: pytest.FixtureRequest) -> Path:
    """A department with reads, on a database of its own: its tables are changed."""
    folder = tmp_path / "department"
    if engine.name == "postgresql":
        server: PostgresqlServer = request.getfixturevalue("postgresql")
        name_database(folder, server.url(server.new_database()))
        migrate_database(engine_of(folder))
    with closing(Storage(folder)) as storage:
        store_traffic(storage, make_traffic(COUNT))
    return folder


def take_away(directory: Path, engine: str) -> None:
    """Take away what searches have, as the release before left it."""
    people = ("people_identities", "people_provisioned", "people_saved_searches")
    later = (*RECORD_TABLES, *people, "plates", "held_versions", "unit_settings", "unit_places", "late_tones")
    statements = [*exchange_removal(engine), *(f"DROP TABLE {table}" for table in later)]
    if engine == "postgresql":
        statements += [f"DROP FUNCTION {table}_keep" for table in RECORD_TABLES]
    statements += ["DROP EXTENSION pg_trgm"] if engine == "postgresql" else []
    statements += ["DROP INDEX ix_items_of_hits", "DROP INDEX ix_items_key_id", "ALTER TABLE items DROP COLUMN key_id"]
    statements += ["DROP INDEX ix_items_of_logs", "DROP INDEX ix_items_unit_id_kind"]
    statements += ["CREATE INDEX ix_items_unit_id ON items (unit_id)"]
    statements += [f"DROP INDEX ix_reads_{name}_seen_at" for name in ("plate", "cell", "unit_id")]
    statements += ["DROP INDEX ix_dispositions_read_id", "ALTER TABLE certificates DROP COLUMN ended_as"]
    statements += ["ALTER TABLE hold_releases DROP COLUMN reason"]
    statements += [f"ALTER TABLE people_passkey_counts DROP COLUMN {name}" for name in PASSKEY_DATES]
    statements += [f"ALTER TABLE reads DROP COLUMN {name}" for name in ("seen_at", "cell")]
    statements += [f"CREATE INDEX ix_reads_{name} ON reads ({name})" for name in ("plate", "first_seen")]
    statements += ["UPDATE reads SET plate = lower(plate) || ' -' WHERE plate LIKE '%0'"]
    statements += ["UPDATE alembic_version SET version_num = '0012'"]
    with closing(DepartmentDatabase(directory, create=False)) as database, database.writing() as connection:
        for statement in statements:
            connection.execute(text(statement))
        if engine == "sqlite":
            connection.exec_driver_sql("PRAGMA user_version = 12")


@contextmanager
def _connection(directory: Path) -> Iterator[Connection]:
    """A transaction on a database of any version."""
    pool = engine_of(directory).open(create=False)
    with pool.begin() as connection:
        yield connection
    pool.dispose()


def state(directory: Path, engine: EngineUnderTest) -> list[list[tuple[object, ...]]]:
    """What searches look up by."""
    return [query(directory, statement) for statement in (READS, PLATES, TABLES[engine.name])]


def test_what_is_here_is_filled_in_as_if_it_came_now(directory: Path, engine: EngineUnderTest) -> None:
    before = state(directory, engine)
    assert len(before[0]) == COUNT
    assert len(before[2]) == (5 if engine.name == "sqlite" else 7), before[2]
    take_away(directory, engine.name)
    migrate_database(engine_of(directory))
    assert state(directory, engine) == before
    assert query(directory, "SELECT version_num FROM alembic_version") == [(f"{VERSION:04}",)]
    with closing(Storage(directory)) as storage:
        store_traffic(storage, make_traffic(COUNT + 10))


def test_a_migration_that_breaks_off_changed_nothing_and_begins_anew(directory: Path, engine: EngineUnderTest) -> None:
    before = state(directory, engine)
    take_away(directory, engine.name)
    with _connection(directory) as connection:
        connection.exec_driver_sql("CREATE TABLE plates (x integer)")
    with pytest.raises(StoreError, match="the database refused"):
        migrate_database(engine_of(directory))
    with _connection(directory) as connection:
        assert "seen_at" not in {each["name"] for each in inspect(connection).get_columns("reads")}
        connection.exec_driver_sql("DROP TABLE plates")
    migrate_database(engine_of(directory))
    assert state(directory, engine) == before
