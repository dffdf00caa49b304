"""The counts that the database keeps by itself are those of its rows, whatever was done to them."""

import random
import shutil
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import Connection

from alpr_edge.domain.alerting import AlertRecord
from alpr_edge.domain.errors import StoreError
from alpr_edge.domain.protocol.items import Answer, Outcome
from alpr_edge.domain.reads import ReadUpdate
from alpr_edge.store.db.database import Database
from alpr_edge.store.db.migrate import RELEASE, SchemaRelease
from alpr_edge.store.evidence.images import ImageStore
from alpr_edge.store.outbox.outbox import Outbox
from alpr_edge.store.reads.queries import kept_counts
from alpr_edge.store.reads.repository import ReadStore
from alpr_edge.store.recovery.damaged_databases import set_aside
from tests.store.damage import fill, overwrite_page, unit
from tests.store.records import CROP, alert, closed, decided, decided_record, hit, instant, plate_read
from tests.store.retention.test_purge import run

pytestmark = pytest.mark.review(2)

DAY_MS = 86_400_000.0
MANY_ITEMS = 600_000
"""What some 8 GB of reads come to."""


def row_counts(connection: Connection) -> dict[str, int]:
    """Every count by looking at the rows."""
    numbers = {
        f"outbox.{state}": count
        for state, count in connection.exec_driver_sql("SELECT state, count(*) FROM outbox GROUP BY state")
    }
    for name, query in (
        ("reads", "SELECT count(*) FROM reads"),
        ("hits", "SELECT count(*) FROM hits WHERE covert = 0"),
        ("images", "SELECT count(*) FROM images"),
        ("image_bytes", "SELECT coalesce(sum(length), 0) FROM images"),
    ):
        numbers[name] = connection.exec_driver_sql(query).scalar_one()
    return {name: count for name, count in numbers.items() if count}


def both_counts(database: Database) -> tuple[dict[str, int], dict[str, int]]:
    """The counts kept (those that are not 0), and those of the rows."""
    with database.read() as connection:
        return {name: count for name, count in kept_counts(connection).items() if count}, row_counts(connection)


def record_of(number: int, chance: random.Random) -> ReadUpdate:
    record = decided_record(f"read-{number}")
    hits = [hit(f"hit-{number}-{place}", f"read-{number}") for place in range(chance.randrange(3))]
    covert = [replace(one, entry=replace(one.entry, covert=chance.random() < 0.5)) for one in hits]
    return decided(record.read, hits=tuple(covert), images=record.images)


def answer_some(outbox: Outbox, chance: random.Random) -> None:
    items = outbox.due(chance.randrange(1, 12), 10**9)
    outcomes = [Outcome.RECEIPT, Outcome.RETRY, Outcome.REFUSED]
    answers = [Answer(item.item_id, chance.choice(outcomes), item.sha256) for item in items]
    outbox.settle(answers, 2, instant().utc)


def test_they_stay_right_through_commits_answers_requeues_and_a_purge(
    database: Database, images: ImageStore, store: ReadStore, outbox: Outbox
) -> None:
    chance = random.Random(5)
    for number in range(60):
        record = record_of(number, chance)
        store.commit([record])
        if number % 5:
            store.commit([closed(record.read, ((CROP, b"sharper %d" % number),) if number % 2 else ())])
        if number % 7 == 0:
            no_hit = decided(plate_read("x"), alerts=[AlertRecord(alert("of no hit", "x"))])
            with pytest.raises(StoreError):
                store.commit([record_of(1000 + number, chance), no_hit])  # rolled back, with what it had counted
            store.commit([record])  # stored already
        answer_some(outbox, chance)
        if number % 11 == 0:
            outbox.requeue()
        assert both_counts(database)[0] == both_counts(database)[1]
    store.close_open_reads()
    assert run(database, store, instant(400 * DAY_MS)).done.reads.total() == 60
    kept_now, real = both_counts(database)
    assert kept_now == real
    assert outbox.counts().quarantined == real.get("outbox.quarantined", 0)


def test_a_database_of_the_release_before_is_counted_once_when_it_is_brought_up(
    data: Path, key: bytes, tmp_path: Path
) -> None:
    fill(data)
    path = data / "edge.db"
    with unit(data) as rig:
        before = both_counts(rig.database)[1]
        with rig.database.write() as connection:
            names = connection.exec_driver_sql("SELECT name FROM sqlite_master WHERE name LIKE '%counted%'").scalars()
            for name in list(names):
                connection.exec_driver_sql(f"DROP TRIGGER {name}")
            for table in ("counts", "missing_evidence"):
                connection.exec_driver_sql(f"DROP TABLE {table}")
            connection.exec_driver_sql("UPDATE meta SET value = '3' WHERE name = 'schema'")
            connection.exec_driver_sql("UPDATE alembic_version SET version_num = '0003'")
    assert path.exists()
    scripts = tmp_path / "older"
    shutil.copytree(RELEASE.scripts, scripts, ignore=shutil.ignore_patterns("__pycache__", "s000[5-9]_*", "s001*"))
    database = Database.open(data, key, migrate=True, release=SchemaRelease(4, 1, scripts))
    try:
        assert both_counts(database) == (before, before)
    finally:
        database.close()


@pytest.mark.parametrize("page", [5, 40])
def test_they_are_right_in_a_new_database_into_which_a_damaged_one_was_salvaged(data: Path, page: int) -> None:
    fill(data)
    overwrite_page(data, page)
    set_aside(data)
    with unit(data) as rig:
        assert rig.salvage().new_rows["reads"] > 0
        kept_now, real = both_counts(rig.database)
        assert kept_now == real
        assert rig.outbox.counts().ready == real["outbox.ready"]


def test_the_counts_do_not_look_at_the_rows(database: Database, images: ImageStore, data: Path) -> None:
    """At the size that 8 GB of reads come to, counting took over a second, and was cut off."""
    outbox = Outbox(database, images)
    with database.write() as connection:
        connection.exec_driver_sql(
            "WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < ?) INSERT INTO outbox "
            "(item_id, urgency, kind, length, sha256, state) SELECT 'x' || i, 4, 'image', 1, 'y', "
            "CASE WHEN i % 3 THEN 'delivered' ELSE 'ready' END FROM n",
            (MANY_ITEMS - 1,),
        )
    with database.read() as connection:
        steps = 0

        def step() -> None:
            nonlocal steps
            steps += 1

        driver = connection.connection.driver_connection
        assert driver is not None
        driver.set_progress_handler(step, 1000)
        numbers = kept_counts(connection)
        driver.set_progress_handler(None, 0)
    assert numbers["outbox.ready"] == MANY_ITEMS // 3
    assert outbox.counts().delivered == MANY_ITEMS - MANY_ITEMS // 3
    assert steps < 10  # thousands of SQLite's steps; a count of all rows takes thousands of them
