"""What the purge takes away, what it leaves, and that nothing is left over."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import Connection, func, select, text

from alpr_edge.domain.alerting import AlertRecord
from alpr_edge.domain.errors import StoreError
from alpr_edge.domain.instants import Instant
from alpr_edge.domain.protocol.dispositions import disposition_item_id
from alpr_edge.domain.protocol.items import Answer, Outcome
from alpr_edge.domain.retention import DeletionReason, RetentionLimits
from alpr_edge.store.db.database import Database
from alpr_edge.store.db.schema import deletions, evidence, images, metadata, reads
from alpr_edge.store.evidence.images import ImageStore
from alpr_edge.store.outbox.outbox import Outbox
from alpr_edge.store.reads.dispositions import add_disposition
from alpr_edge.store.reads.repository import ReadStore
from alpr_edge.store.retention.purge import Purge
from tests.store.holds import a_hold, place, release
from tests.store.records import (
    CROP,
    SCENE,
    alert,
    amended,
    bear_out,
    closed,
    decided,
    decided_record,
    disposition,
    hit,
    instant,
    late_tone,
    plate_read,
    withdrawn,
)

DAY_MS = 86_400_000.0
LIMITS = RetentionLimits(acknowledged_max=timedelta(days=30), policy_max=timedelta(days=365))
SOON = instant(DAY_MS)
MUCH = 10**12


def keep(store: ReadStore, read_id: str) -> None:
    """A closed read with two pictures and a hit."""
    record = decided_record(read_id)
    store.commit([decided(record.read, hits=(hit(f"hit of {read_id}", read_id),), images=record.images)])
    store.commit([closed(record.read)])


def deliver(outbox: Outbox, is_chosen: Callable[[str], bool] = lambda _: True) -> None:
    due = [item for item in outbox.due(10_000, MUCH) if is_chosen(item.item_id)]
    outbox.settle([Answer(item.item_id, Outcome.RECEIPT, item.sha256) for item in due], 5)


def run(database: Database, store: ReadStore, now: Instant, excess: int = 0, limits: RetentionLimits = LIMITS) -> Purge:
    if now.trusted:
        bear_out(database, now)
    purge = Purge(database, store, limits)
    for _ in range(1000):
        if not purge.step(now, excess):
            return purge
    raise AssertionError("the purge does not end")


def left(database: Database) -> set[str]:
    with database.read() as connection:
        return set(connection.scalars(select(reads.c.read_id)))


def rows_of(connection: Connection, read_id: str) -> list[str]:
    """Tables in which a read, or an item or hit of it, is still named."""
    columns = [
        column
        for table in metadata.sorted_tables
        if table is not deletions
        for column in table.c
        if column.type.python_type is str
    ]
    return [
        str(column)
        for column in columns
        if connection.scalar(select(func.count()).select_from(column.table).where(column.contains(read_id)))
    ]


def assert_no_orphans(database: Database, pictures: ImageStore) -> None:
    with database.read() as connection:
        image_digests = set(connection.scalars(select(images.c.sha256)))
        evidence_digests = set(connection.scalars(select(evidence.c.sha256)))
        assert connection.exec_driver_sql("PRAGMA foreign_key_check").all() == []
    assert image_digests == evidence_digests == set(pictures.orphans(()))


def test_what_was_acknowledged_and_is_old_goes_without_a_trace(
    database: Database, store: ReadStore, outbox: Outbox, images: ImageStore
) -> None:
    keep(store, "gone")
    deliver(outbox)
    keep(store, "not sent")
    done = run(database, store, instant(31 * DAY_MS)).done
    assert left(database) == {"not sent"}
    assert dict(done.reads) == {DeletionReason.AGE: 1}
    with database.read() as connection:
        assert rows_of(connection, "gone") == []
        assert rows_of(connection, "not sent") != []
        assert connection.scalar(select(func.count()).select_from(deletions)) == 0
    assert_no_orphans(database, images)
    assert len(images.orphans(())) == 2


@pytest.mark.parametrize("now", [instant(29 * DAY_MS), Instant("boot-1", 10**18), Instant("other", 1)])
def test_what_is_young_or_of_unknown_age_stays(
    database: Database, store: ReadStore, outbox: Outbox, now: Instant
) -> None:
    keep(store, "read-1")
    deliver(outbox)
    run(database, store, now)
    assert left(database) == {"read-1"}


@pytest.mark.parametrize("missing", ["read-1", "hit of read-1", "picture"])
def test_one_item_without_its_receipt_keeps_the_whole_read(
    database: Database, store: ReadStore, outbox: Outbox, missing: str
) -> None:
    keep(store, "read-1")
    pictures = [item.item_id for item in outbox.due(100, MUCH) if len(item.item_id) == 64]
    waits = pictures[0] if missing == "picture" else missing
    deliver(outbox, lambda item_id: item_id != waits)
    run(database, store, instant(100 * DAY_MS), MUCH)
    assert left(database) == {"read-1"}
    deliver(outbox)
    run(database, store, SOON, MUCH)
    assert left(database) == set()


@pytest.mark.review(19)
@pytest.mark.parametrize("missing", ["alert:hit-1", "late_tone:hit-1", "withdrawal:hit-1"])
def test_an_alert_without_its_receipt_keeps_the_whole_read_and_goes_with_it(
    database: Database, store: ReadStore, outbox: Outbox, missing: str
) -> None:
    read, record = plate_read("read-1"), AlertRecord(alert())
    store.commit([decided(read, [hit()], [record])])
    store.commit([amended(read, alerts=[withdrawn(replace(record, late_tone=late_tone()))])])
    store.close_open_reads()
    deliver(outbox, lambda item_id: item_id != missing)
    run(database, store, SOON, MUCH)
    assert left(database) == {"read-1"}
    deliver(outbox)
    run(database, store, SOON, MUCH)
    with database.read() as connection:
        assert rows_of(connection, "read-1") == rows_of(connection, "hit-1") == []


def test_an_answer_without_its_receipt_keeps_the_whole_read_and_goes_with_it(
    database: Database, store: ReadStore, outbox: Outbox
) -> None:
    keep(store, "read-1")
    said = disposition(hit_id="hit of read-1")
    with database.write() as connection:
        add_disposition(connection, said, "unit-1")
    deliver(outbox, lambda item_id: item_id != disposition_item_id(said.disposition_id))
    run(database, store, SOON, MUCH)
    assert left(database) == {"read-1"}
    deliver(outbox)
    run(database, store, SOON, MUCH)
    with database.read() as connection:
        assert rows_of(connection, "read-1") == rows_of(connection, said.disposition_id) == []


def test_for_want_of_room_the_oldest_go_and_only_as_many_as_needed(
    database: Database, store: ReadStore, outbox: Outbox
) -> None:
    for number in range(6):
        keep(store, f"read-{number}")
    deliver(outbox)
    purge = Purge(database, store, LIMITS)
    size = 3 * 4096  # two pictures of a block each, and rows
    while purge.step(SOON, max(0, 2 * size - purge.done.freed_bytes)):
        pass
    assert left(database) == {f"read-{number}" for number in range(2, 6)}
    assert dict(purge.done.reads) == {DeletionReason.ROOM: 2}


def test_a_hold_keeps_a_read_whatever_comes_and_its_release_lets_it_go(
    database: Database, store: ReadStore, outbox: Outbox
) -> None:
    keep(store, "read-1")
    deliver(outbox)
    place(database, a_hold(), "read-1")
    everything = RetentionLimits(timedelta(0), timedelta(0), emergency=True)
    run(database, store, instant(900 * DAY_MS), MUCH, everything)
    assert left(database) == {"read-1"}
    with pytest.raises(StoreError, match="refused"), database.write() as connection:
        connection.execute(text("DELETE FROM reads"))
    release(database)
    run(database, store, SOON, MUCH)
    assert left(database) == set()


def test_a_hold_that_comes_between_the_look_and_the_deletion_counts(
    database: Database, store: ReadStore, outbox: Outbox
) -> None:
    for read_id in ("held", "gone"):
        keep(store, read_id)
    deliver(outbox)
    purge = Purge(database, store, LIMITS)
    look = purge.look(SOON, MUCH)
    assert len(look.deletable_seqs) == 2
    place(database, a_hold(), "held")
    with store.deleting() as (connection, dropped_digests):
        removals = purge.take_away(look, connection, dropped_digests)
    assert [(one.read_id, ground) for one, ground in removals] == [("gone", DeletionReason.ROOM)]
    assert left(database) == {"held"}


def test_the_policy_s_year_purges_what_never_found_a_link_and_says_so(database: Database, store: ReadStore) -> None:
    keep(store, "read-1")
    run(database, store, instant(364 * DAY_MS), MUCH)
    assert left(database) == {"read-1"}
    run(database, store, instant(366 * DAY_MS))
    assert left(database) == set()
    with database.read() as connection:
        (event,) = connection.execute(select(deletions)).mappings()
    assert (event["read_id"], event["ground"], event["images"]) == ("read-1", "policy", 2)
    assert event["deleted_utc"] == instant(366 * DAY_MS).utc


def test_the_emergency_rule_waits_for_all_that_is_acknowledged_and_is_on_record(
    database: Database, store: ReadStore, outbox: Outbox
) -> None:
    waiting, sent_ids = [f"waits-{n}" for n in range(5)], [f"sent-{n}" for n in range(5)]
    for read_id in waiting + sent_ids:
        keep(store, read_id)
    deliver(outbox, lambda item_id: "waits" not in item_id and len(item_id) != 64)
    deliver(outbox, lambda item_id: "sent" in _owner(database, item_id))
    switched_on = RetentionLimits(LIMITS.acknowledged_max, LIMITS.policy_max, emergency=True)
    purge = Purge(database, store, switched_on, slice_reads=4)
    need = 6 * 3 * 4096
    while purge.step(Instant("boot-1", 1), max(0, need - purge.done.freed_bytes)):
        pass
    assert left(database) == set(waiting[1:])
    assert dict(purge.done.reads) == {DeletionReason.ROOM: 5, DeletionReason.EMERGENCY: 1}
    with database.read() as connection:
        events = [tuple(row) for row in connection.execute(select(deletions.c.read_id, deletions.c.ground))]
    assert events == [("waits-0", "emergency")]


def _owner(database: Database, sha256: str) -> str:
    with database.read() as connection:
        return connection.scalar(select(evidence.c.read_id).where(evidence.c.sha256 == sha256)) or ""


def test_without_the_emergency_rule_a_full_disk_deletes_nothing_that_waits(
    database: Database, store: ReadStore
) -> None:
    keep(store, "read-1")
    run(database, store, SOON, MUCH)
    assert left(database) == {"read-1"}


@pytest.mark.parametrize("statement", ["UPDATE deletions SET ground = 'age'", "DELETE FROM deletions"])
def test_what_is_on_record_stays_there(database: Database, store: ReadStore, statement: str) -> None:
    keep(store, "read-1")
    run(database, store, instant(366 * DAY_MS))
    with pytest.raises(StoreError), database.write() as connection:
        connection.execute(text(statement))


def test_a_picture_that_another_read_shows_stays(
    database: Database, store: ReadStore, outbox: Outbox, images: ImageStore
) -> None:
    shared_images = ((SCENE, b"the same street"),)
    for read_id, own in (("old", b"one"), ("new", b"two")):
        read = plate_read(read_id)
        store.commit([decided(read, images=(*shared_images, (CROP, own))), closed(read)])
        if read_id == "old":
            deliver(outbox)
    purge = Purge(database, store, LIMITS)
    while purge.step(SOON, MUCH):
        pass
    assert left(database) == {"new"}
    stored_read = store.get("new")
    assert stored_read is not None
    assert sorted(images.get(ref.sha256) for ref in stored_read.read.evidence) == [b"the same street", b"two"]
    assert_no_orphans(database, images)


def test_the_database_takes_up_again_what_it_freed(database: Database, store: ReadStore, outbox: Outbox) -> None:
    def fill(name: str) -> int:
        for number in range(10):
            store.commit([decided_record(f"{name}-{number}-{place}") for place in range(10)])
            store.commit([closed(plate_read(f"{name}-{number}-{place}")) for place in range(10)])
        with database.engine.connect() as connection:
            return int(connection.exec_driver_sql("PRAGMA page_count").scalar_one())

    pages = fill("a")
    deliver(outbox)
    run(database, store, SOON, MUCH)
    assert left(database) == set()
    assert fill("b") < 1.3 * pages


def test_a_purge_cut_before_its_commit_changes_nothing(
    database: Database, store: ReadStore, outbox: Outbox, images: ImageStore
) -> None:
    keep(store, "read-1")
    deliver(outbox)
    with pytest.raises(InterruptedError):
        _cut(store, Purge(database, store, LIMITS))
    assert left(database) == {"read-1"}
    assert_no_orphans(database, images)


def _cut(store: ReadStore, purge: Purge) -> None:
    look = purge.look(SOON, MUCH)
    with store.deleting() as (connection, dropped_digests):
        assert len(purge.take_away(look, connection, dropped_digests)) == 1
        raise InterruptedError


def test_an_old_read_behind_younger_ones_goes_once_all_are_looked_at(
    database: Database, store: ReadStore, outbox: Outbox
) -> None:
    """As a damaged database gives them back: not in the order of their time."""
    for read_id, age_days in (("young-1", 0), ("young-2", 0), ("young-3", 0), ("old", 40)):
        record = decided_record(read_id)
        seen = instant(-age_days * DAY_MS)
        read = replace(record.read, first_seen=seen, last_seen=seen)
        store.commit([decided(read, images=record.images)])
        store.commit([closed(read)])
    deliver(outbox)
    bear_out(database, SOON)
    purge = Purge(database, store, LIMITS, slice_reads=2)
    for _ in range(10):
        purge.step(SOON, 0)
    assert left(database) == {"young-1", "young-2", "young-3"}
