"""Who may migrate, what a release rolled back may open, and that migrations only add."""

import fcntl
import re
import shutil
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import insert, inspect, select

from alpr_edge.domain.alerting import AlertRecord, Silence
from alpr_edge.domain.errors import StoreError
from alpr_edge.domain.hits import Hit
from alpr_edge.domain.reads import EarlierText, PlateRead
from alpr_edge.store.db import clock_pairs
from alpr_edge.store.db.database import Database
from alpr_edge.store.db.migrate import RELEASE, SchemaRelease
from alpr_edge.store.db.row_mapping import alert_row, hit_row, read_row
from alpr_edge.store.db.schema import alerts, hits, meta, metadata, reads
from alpr_edge.store.evidence.images import ImageStore
from alpr_edge.store.reads.repository import ReadStore
from tests.store.records import alert, amended, decided, decided_record, heard, hit, instant, plate_read

KEY = bytes(range(32))
NEXT = '''
"""What a later release adds."""
from alembic import op

revision, down_revision = "{number:04}", "{before:04}"


def upgrade() -> None:
    op.execute("ALTER TABLE reads ADD COLUMN colour TEXT")
    op.execute("CREATE TABLE later (name TEXT PRIMARY KEY) STRICT")
{then}
'''
CURRENT = RELEASE.schema
NEW_INDEXES = {"reads_correcting", "reads_boot", "reads_last_boot", "boots_utc", "deletions_seen"}
"""Of schema 17."""


def later_release(folder: Path, *, readable_from: int = CURRENT, then: str = "") -> SchemaRelease:
    """The release after this one."""
    scripts = folder / "later release 100%"
    shutil.copytree(RELEASE.scripts, scripts, ignore=shutil.ignore_patterns("__pycache__"))
    migration = NEXT.format(number=CURRENT + 1, before=CURRENT, then=then)
    (scripts / "versions" / "later.py").write_text(migration, encoding="utf-8")
    return SchemaRelease(CURRENT + 1, readable_from, scripts)


def earlier_release(folder: Path, schema: int) -> SchemaRelease:
    """A release before this one, with its migrations alone."""
    scripts = shutil.copytree(RELEASE.scripts, folder / "before", ignore=shutil.ignore_patterns("__pycache__"))
    for path in (scripts / "versions").glob("s*.py"):
        if int(path.name[1:5]) > schema:
            path.unlink()
    return SchemaRelease(schema, 1, scripts)


def add_rows(database: Database, read: PlateRead, found: Hit | None = None, told: AlertRecord | None = None) -> None:
    """Add a read with its hit and alert as a release before schema 18 writes them."""
    with database.write() as connection:
        for table, row in (
            (reads, read_row(read, closed=False)),
            (hits, {} if found is None else hit_row(found)),
            (alerts, {} if told is None else alert_row(told)),
        ):
            if row:
                of_18 = {"earlier_texts", "silence"}
                connection.execute(insert(table), {name: value for name, value in row.items() if name not in of_18})


@pytest.fixture
def later(tmp_path: Path) -> SchemaRelease:
    return later_release(tmp_path)


@contextmanager
def open_database(data: Path, *, migrate: bool, release: SchemaRelease = RELEASE) -> Iterator[Database]:
    database = Database.open(data, KEY, migrate=migrate, release=release)
    try:
        yield database
    finally:
        database.close()


def facts(database: Database) -> dict[str, str]:
    with database.read() as connection:
        return {row.name: row.value for row in connection.execute(select(meta))}


def columns(database: Database) -> dict[str, set[str]]:
    inspector = inspect(database.engine)
    return {table: {column["name"] for column in inspector.get_columns(table)} for table in inspector.get_table_names()}


def index_names(database: Database) -> set[str]:
    with database.read() as connection:
        return set(connection.exec_driver_sql("SELECT name FROM sqlite_schema WHERE type = 'index'").scalars())


def read_store(database: Database, data: Path) -> ReadStore:
    return ReadStore(database, ImageStore(data / "images", KEY))


def test_migrations_make_the_tables_that_the_code_uses(data: Path) -> None:
    with open_database(data, migrate=True) as database, database.engine.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), metadata) == []
        strict = connection.exec_driver_sql("SELECT name FROM pragma_table_list WHERE strict = 1")
        assert set(strict.scalars()) == set(metadata.tables)


def test_the_database_says_what_it_is(data: Path) -> None:
    with open_database(data, migrate=True) as database:
        assert facts(database) == {"schema": str(CURRENT), "readable_from": str(RELEASE.readable_from)}


def test_the_release_and_its_newest_migration_have_one_number() -> None:
    assert ScriptDirectory(str(RELEASE.scripts)).get_current_head() == f"{CURRENT:04}"


def test_migrations_only_add() -> None:
    for path in (RELEASE.scripts / "versions").glob("s*.py"):
        source = path.read_text(encoding="utf-8")
        # Triggers, which forbid changes or count rows.
        triggers = r"BEFORE (UPDATE|DELETE) ON|\"(UPDATE OF state|DELETE) ON \w+|DO UPDATE SET|ON DELETE CASCADE"
        source = re.sub(triggers, "", source)
        assert not re.search(r"\b(DROP|RENAME|DELETE|UPDATE|drop_\w+|alter_column|batch_alter_table)\b", source), path


@pytest.mark.parametrize("left", [None, b""])
def test_only_run_makes_the_database(data: Path, left: bytes | None) -> None:
    data.mkdir(mode=0o700)
    if left is not None:
        (data / "edge.db").write_bytes(left)
    with pytest.raises(StoreError, match="start alpr-edge run first"):
        Database.open(data, KEY, migrate=False)
    assert [path.read_bytes() for path in data.glob("edge.db")] == ([] if left is None else [left])


def test_an_older_database_is_left_to_run(data: Path, later: SchemaRelease) -> None:
    with open_database(data, migrate=True) as database:
        before = columns(database)
        with pytest.raises(StoreError, match="start alpr-edge run first"):
            Database.open(data, KEY, migrate=False, release=later)
        assert columns(database) == before


def test_an_upgrade_keeps_every_read_and_adds(data: Path, later: SchemaRelease) -> None:
    with open_database(data, migrate=True) as database:
        stored_reads = read_store(database, data).commit([decided_record("before")])
        before = columns(database)
    with open_database(data, migrate=True, release=later) as database:
        after = columns(database)
        assert all(names <= after[table] for table, names in before.items())
        assert after["later"] == {"name"}
        stored_read = read_store(database, data).get("before")
        assert stored_read is not None
        assert stored_read.read == stored_reads[0]
        assert facts(database)["schema"] == str(CURRENT + 1)


def test_a_database_of_before_the_indexes_of_a_full_store_gets_them_with_its_rows_in_them(
    data: Path, tmp_path: Path
) -> None:
    with open_database(data, migrate=True, release=earlier_release(tmp_path, 16)) as database:
        add_rows(database, plate_read("read-1"))
        add_rows(database, plate_read("read-2", "8", "read-1"))
        clock_pairs.record(database, instant())
        assert not NEW_INDEXES & index_names(database)
    with open_database(data, migrate=True) as database:
        assert index_names(database) >= NEW_INDEXES
        with database.read() as connection:
            assert connection.exec_driver_sql("PRAGMA integrity_check").scalars().all() == ["ok"]


def test_a_database_of_before_texts_and_silences_opens_with_its_reads_hits_and_alerts(
    data: Path, tmp_path: Path
) -> None:
    with open_database(data, migrate=True, release=earlier_release(tmp_path, 17)) as database:
        add_rows(database, plate_read("read-1"), hit(), heard())
    with open_database(data, migrate=True) as database:
        store = read_store(database, data)
        (stored,) = store.recent(10)
        assert (stored.read, stored.hits, stored.alerts) == (plate_read("read-1"), (hit(),), (heard(),))
        read = replace(plate_read("read-1"), vote_count=20, earlier_texts=(EarlierText("7ABC128", 0.5, 12),))
        quiet = AlertRecord(alert("hit-2"), silence=Silence.OTHER_HIT)
        store.commit([amended(read, [hit("hit-2")], [quiet])])
        (stored,) = store.recent(10)
        assert (stored.read, stored.alerts) == (read, (heard(), quiet))


def test_the_release_before_texts_and_silences_works_with_a_database_that_has_them(data: Path, tmp_path: Path) -> None:
    earlier = earlier_release(tmp_path, 17)
    amended_read = replace(plate_read("read-1"), earlier_texts=(EarlierText("7ABC128", 0.5, 12),))
    quiet = AlertRecord(alert(), silence=Silence.MUTED)
    with open_database(data, migrate=True) as database:
        read_store(database, data).commit([decided(amended_read, [hit()], [quiet])])
    with open_database(data, migrate=True, release=earlier) as database:
        assert read_store(database, data).close_open_reads() == 1
        add_rows(database, plate_read("read-2"), hit("hit-2", "read-2"), heard("hit-2", "read-2"))
    with open_database(data, migrate=True) as database:
        stored = {each.read.read_id: each for each in read_store(database, data).recent(10)}
        assert (stored["read-1"].read, stored["read-1"].alerts) == (amended_read, (quiet,))
        assert (stored["read-2"].read, stored["read-2"].alerts) == (plate_read("read-2"), (heard("hit-2", "read-2"),))


@pytest.mark.parametrize("migrate", [True, False])
def test_a_release_rolled_back_goes_on_working(data: Path, later: SchemaRelease, *, migrate: bool) -> None:
    with open_database(data, migrate=True, release=later) as database:
        read_store(database, data).commit([decided_record("by the newer release")])
    with open_database(data, migrate=migrate) as database:
        assert read_store(database, data).close_open_reads() == 1
        read_store(database, data).commit([decided_record("by the older release")])
        assert facts(database) == {"schema": str(CURRENT + 1), "readable_from": str(CURRENT)}
    with open_database(data, migrate=True, release=later) as database:
        assert read_store(database, data).counts().reads == 2


@pytest.mark.parametrize("migrate", [True, False])
def test_a_database_that_changed_too_much_is_refused(data: Path, tmp_path: Path, *, migrate: bool) -> None:
    with open_database(data, migrate=True, release=later_release(tmp_path, readable_from=CURRENT + 1)):
        pass
    with pytest.raises(StoreError, match=r"written by a newer release .*install that release again"):
        Database.open(data, KEY, migrate=migrate)


def test_a_migration_that_fails_half_way_leaves_the_database_as_it_was(data: Path, tmp_path: Path) -> None:
    broken = later_release(tmp_path, then='    op.execute("INSERT INTO nowhere VALUES (1)")')
    with open_database(data, migrate=True) as database:
        before = columns(database)
    with pytest.raises(StoreError):
        Database.open(data, KEY, migrate=True, release=broken)
    with open_database(data, migrate=True) as database:
        assert columns(database) == before
        assert facts(database)["schema"] == str(CURRENT)


@pytest.mark.parametrize("start", ["empty", "first schema"])
def test_many_at_once_migrate_one_after_the_other(data: Path, later: SchemaRelease, start: str) -> None:
    data.mkdir(mode=0o700)
    if start == "first schema":
        with open_database(data, migrate=True, release=replace(RELEASE, schema=1)) as database:
            read_store(database, data).commit([decided_record("kept")])

    def open_and_close(_: int) -> dict[str, str]:
        with open_database(data, migrate=True, release=later) as database:
            return facts(database)

    # All are at the lock before the first gets it.
    with (data / "edge.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        with ThreadPoolExecutor(4) as pool:
            opening = [pool.submit(open_and_close, number) for number in range(4)]
            assert not any(future.done() for future in opening)
            fcntl.flock(lock, fcntl.LOCK_UN)
            results = [future.result(60) for future in opening]
    assert results == [{"schema": str(CURRENT + 1), "readable_from": str(CURRENT)}] * 4
    with open_database(data, migrate=False, release=later) as database, database.read() as connection:
        read_ids = set(connection.scalars(select(reads.c.read_id)))
    assert read_ids == ({"kept"} if start == "first schema" else set())
