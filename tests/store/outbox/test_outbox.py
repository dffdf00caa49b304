import shutil
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select, update

from alpr_edge.domain.alerting import AlertRecord
from alpr_edge.domain.errors import StoreError, UnreadableItemError
from alpr_edge.domain.protocol.items import Answer, ItemKind, Outcome, digest
from alpr_edge.store.db.database import Database
from alpr_edge.store.db.migrate import RELEASE, SchemaRelease
from alpr_edge.store.db.schema import outbox as table
from alpr_edge.store.evidence.images import ImageStore
from alpr_edge.store.outbox.oldest_item import OldestWaiting
from alpr_edge.store.outbox.outbox import Outbox, OutboxCounts
from alpr_edge.store.reads.repository import ReadStore
from tests.store.records import CROP, alert, closed, decided, decided_record, hit, instant, plate_read

NOW = datetime(2026, 5, 4, 13, 0, tzinfo=UTC)
ALL = 10**9
ATTEMPTS_MAX = 3


@pytest.fixture
def full_outbox(store: ReadStore, outbox: Outbox) -> Outbox:
    """Two closed reads with a picture each, and a hit of a later one."""
    for name in ("read-1", "read-2"):
        picture = ((CROP, b"crop of " + name.encode()),)
        store.commit([decided(plate_read(name), images=picture), closed(plate_read(name))])
    store.commit([decided(plate_read("read-3"), hits=(hit(read_id="read-3"),))])
    return outbox


def ids(outbox: Outbox) -> list[str]:
    return [item.item_id for item in outbox.due(100, ALL) if item.kind is not ItemKind.IMAGE]


def receipt(outbox: Outbox, item_id: str) -> Answer:
    (sha256,) = (item.sha256 for item in outbox.due(100, ALL) if item.item_id == item_id)
    return Answer(item_id, Outcome.RECEIPT, sha256)


def wrong(item_id: str) -> Answer:
    return Answer(item_id, Outcome.RECEIPT, "0" * 64)


def test_the_most_urgent_come_first_then_the_oldest(full_outbox: Outbox) -> None:
    kinds = [item.kind.value for item in full_outbox.due(100, ALL)]
    assert kinds == ["hit", "read", "read", "image", "image"]
    assert ids(full_outbox) == ["hit-1", "read-1", "read-2"]


def test_both_limits_hold_and_one_item_always_comes(full_outbox: Outbox) -> None:
    whole = full_outbox.due(100, ALL)
    assert [item.item_id for item in full_outbox.due(2, ALL)] == ["hit-1", "read-1"]
    two = len(whole[0].body) + len(whole[1].body)
    assert len(full_outbox.due(100, two)) == 2
    assert len(full_outbox.due(100, two - 1)) == 1
    assert len(full_outbox.due(100, 1)) == 1


def test_items_that_wait_are_passed_over(full_outbox: Outbox) -> None:
    assert [item.item_id for item in full_outbox.due(2, ALL, waiting={"hit-1", "read-1"})][:1] == ["read-2"]


def test_an_item_not_taken_once_lets_its_like_go_first(full_outbox: Outbox) -> None:
    busy = Outcome.RETRY
    full_outbox.settle([Answer("read-1", busy)], ATTEMPTS_MAX)
    assert ids(full_outbox) == ["hit-1", "read-2", "read-1"]
    assert [item.attempts for item in full_outbox.due(100, ALL) if item.item_id == "read-1"] == [1]
    full_outbox.settle([Answer("read-2", busy)], ATTEMPTS_MAX)
    assert ids(full_outbox) == ["hit-1", "read-1", "read-2"]


def order(outbox: Outbox) -> list[str]:
    return [item.item_id if len(item.item_id) < 64 else "image" for item in outbox.due(100, ALL)]


@pytest.mark.review(8)
def test_what_fails_alone_waits_behind_all_whatever_its_urgency(full_outbox: Outbox) -> None:
    full_outbox.failed_alone("hit-1", "500", 3)
    assert order(full_outbox) == ["read-1", "read-2", "image", "image", "hit-1"]
    full_outbox.failed_alone("read-2", "500", 3)
    assert order(full_outbox) == ["read-1", "image", "image", "hit-1", "read-2"]
    full_outbox.failed_alone("hit-1", "500", 3)
    assert order(full_outbox) == ["read-1", "image", "image", "read-2", "hit-1"]
    assert [item.failures_alone for item in full_outbox.due(100, ALL)] == [0, 0, 0, 1, 2]


@pytest.mark.review(8)
def test_what_is_not_taken_time_after_time_waits_behind_all(full_outbox: Outbox) -> None:
    for _ in range(2):
        full_outbox.settle([Answer("hit-1", Outcome.RETRY, detail="501")], ATTEMPTS_MAX)
    assert order(full_outbox) == ["read-1", "read-2", "image", "image", "hit-1"]
    assert full_outbox.counts().quarantined == 0


@pytest.mark.review(8)
def test_after_so_many_failures_alone_it_is_set_aside_and_starts_anew_when_queued_again(full_outbox: Outbox) -> None:
    for _ in range(3):
        full_outbox.failed_alone("hit-1", "500", 3)
    (aside,) = full_outbox.quarantined_items()
    assert (aside.item_id, aside.attempts, aside.detail) == ("hit-1", 3, "500")
    assert full_outbox.requeue() == 1
    assert order(full_outbox)[0] == "hit-1"


@pytest.mark.review(8)
def test_what_was_never_sent_counts_as_nothing(full_outbox: Outbox) -> None:
    before = full_outbox.due(100, ALL)
    full_outbox.settle([Answer(item.item_id, Outcome.UNSENT) for item in before], ATTEMPTS_MAX)
    after = full_outbox.due(100, ALL)
    assert [(item.item_id, item.attempts) for item in after] == [(item.item_id, item.attempts) for item in before]


def test_the_oldest_item_is_the_one_that_was_queued_first_whatever_its_urgency(
    full_outbox: Outbox, store: ReadStore, database: Database
) -> None:
    with database.write() as connection:
        for hours, item_id in enumerate(("read-2", "hit-1", "read-1")):
            queued = NOW + timedelta(hours=hours)
            connection.execute(update(table).where(table.c.item_id == item_id).values(created_utc=queued))
    assert OldestWaiting(database).queued_utc() == NOW + timedelta(hours=2)
    oldest = OldestWaiting(database, look_s=0.0)
    read = [receipt(full_outbox, item_id) for item_id in ids(full_outbox)]
    images = [receipt(full_outbox, item.item_id) for item in full_outbox.due(100, ALL) if item.kind is ItemKind.IMAGE]
    full_outbox.settle([*(each for each in read if each.item_id == "read-1"), *images], ATTEMPTS_MAX, NOW)
    assert oldest.queued_utc() == NOW
    full_outbox.settle(read, ATTEMPTS_MAX, NOW)
    assert oldest.queued_utc() is None


def test_only_the_digest_that_left_delivers(full_outbox: Outbox) -> None:
    full_outbox.settle([receipt(full_outbox, "hit-1"), wrong("read-1")], ATTEMPTS_MAX, NOW)
    assert ids(full_outbox) == ["read-2", "read-1"]
    assert full_outbox.counts() == OutboxCounts(ready=4, delivered=1, quarantined=0)


def test_each_receipt_of_a_batch_counts_by_its_own_digest(full_outbox: Outbox, database: Database) -> None:
    delivered, late = receipt(full_outbox, "hit-1"), receipt(full_outbox, "read-2")
    full_outbox.settle([late], ATTEMPTS_MAX, NOW)
    full_outbox.settle([delivered, wrong("read-1"), late, wrong("read-2")], ATTEMPTS_MAX, NOW)
    columns = table.c.state, table.c.attempts, table.c.digest_failures
    with database.read() as connection:
        rows = {row[0]: tuple(row[1:]) for row in connection.execute(select(table.c.item_id, *columns))}
    assert rows["hit-1"] == rows["read-2"] == ("delivered", 1, 0)
    assert rows["read-1"] == ("ready", 1, 1)


def test_a_receipt_without_a_digest_delivers_nothing(full_outbox: Outbox) -> None:
    full_outbox.settle([Answer("hit-1", Outcome.RECEIPT, None)], ATTEMPTS_MAX, NOW)
    assert full_outbox.counts().delivered == 0
    assert "hit-1" in ids(full_outbox)


def test_another_digest_is_retried_and_then_set_aside(full_outbox: Outbox) -> None:
    for attempt in range(1, ATTEMPTS_MAX + 1):
        assert "read-1" in ids(full_outbox)
        full_outbox.settle([Answer("read-1", Outcome.RECEIPT, "0" * 64)], ATTEMPTS_MAX)
        assert full_outbox.counts().quarantined == int(attempt == ATTEMPTS_MAX)
    (aside,) = full_outbox.quarantined_items()
    assert (aside.item_id, aside.attempts, aside.detail) == (
        "read-1",
        ATTEMPTS_MAX,
        "the department stored other content",
    )


def test_settling_twice_changes_nothing_more(full_outbox: Outbox, database: Database) -> None:
    def rows() -> list[tuple[object, ...]]:
        with database.read() as connection:
            return [tuple(row) for row in connection.execute(select(table))]

    answers = [receipt(full_outbox, "hit-1"), Answer("read-1", Outcome.REFUSED, detail="422")]
    full_outbox.settle(answers, ATTEMPTS_MAX, NOW)
    before = rows()
    late = [*answers, wrong("hit-1"), Answer("hit-1", Outcome.REFUSED), Answer("hit-1", Outcome.RETRY)]
    full_outbox.settle(late, ATTEMPTS_MAX, NOW)
    assert rows() == before


def test_a_delivery_says_when_and_by_which_receipt(full_outbox: Outbox, database: Database) -> None:
    answer = receipt(full_outbox, "hit-1")
    full_outbox.settle([answer], ATTEMPTS_MAX, NOW)
    with database.read() as connection:
        row = connection.execute(select(table).where(table.c.item_id == "hit-1")).one()
    assert (row.state, row.receipt_sha256, row.delivered_utc, row.attempts) == ("delivered", answer.sha256, NOW, 1)


def test_answers_to_unknown_items_are_ignored(full_outbox: Outbox) -> None:
    before = full_outbox.counts()
    full_outbox.settle([wrong("?"), Answer("?", Outcome.RETRY), Answer("?", Outcome.REFUSED)], ATTEMPTS_MAX, NOW)
    assert full_outbox.counts() == before


def test_what_is_refused_is_kept_shown_and_can_be_queued_again(full_outbox: Outbox) -> None:
    full_outbox.settle([Answer("read-1", Outcome.REFUSED, detail="x" * 10_000)], ATTEMPTS_MAX)
    full_outbox.quarantine("read-2", "by hand")
    assert [(aside.item_id, len(aside.detail)) for aside in full_outbox.quarantined_items()] == [
        ("read-1", 500),
        ("read-2", 7),
    ]
    assert full_outbox.requeue(["read-2", "unknown"]) == 1
    assert full_outbox.requeue() == 1
    assert ids(full_outbox) == ["hit-1", "read-1", "read-2"]
    assert {item.attempts for item in full_outbox.due(100, ALL)} == {0}


def test_a_late_receipt_frees_what_was_set_aside(full_outbox: Outbox) -> None:
    answer = receipt(full_outbox, "read-1")
    full_outbox.quarantine("read-1", "by hand")
    full_outbox.settle([answer], ATTEMPTS_MAX, NOW)
    assert full_outbox.counts() == OutboxCounts(ready=4, delivered=1, quarantined=0)


def test_a_lost_image_is_set_aside_and_the_rest_goes_on(full_outbox: Outbox, data: Path) -> None:
    for path in (data / "images").rglob("*"):
        if path.is_file():
            path.unlink()
            break
    assert [item.kind.value for item in full_outbox.due(100, ALL)] == ["hit", "read", "read", "image"]
    (aside,) = full_outbox.quarantined_items()
    assert aside.kind is ItemKind.IMAGE
    assert "the image is missing" in aside.detail


@pytest.mark.review(8)
def test_an_image_that_cannot_be_read_now_is_not_given_up_and_blocks_nothing(full_outbox: Outbox, data: Path) -> None:
    path = next(path for path in (data / "images").rglob("*") if path.is_file())
    content = path.read_bytes()
    path.unlink()
    path.mkdir()
    assert [item.kind.value for item in full_outbox.due(100, ALL)] == ["hit", "read", "read", "image"]
    others = [item.item_id for item in full_outbox.due(100, ALL)]
    with pytest.raises(UnreadableItemError, match="the image cannot be read") as caught:
        full_outbox.due(100, ALL, waiting=others)
    assert caught.value.item_id not in others
    assert full_outbox.counts().quarantined == 0
    path.rmdir()
    path.write_bytes(content)
    assert len(full_outbox.due(100, ALL)) == 5


@pytest.mark.review(1)
def test_a_folder_that_cannot_be_looked_into_tells_nothing_of_its_images(full_outbox: Outbox, data: Path) -> None:
    folder = next(path for path in (data / "images").rglob("*") if path.is_file()).parent
    folder.rename(data / "elsewhere")
    folder.write_bytes(b"")
    with pytest.raises(StoreError, match="cannot be looked into: Not a directory"):
        full_outbox.quarantine_lost_images(folder.name)
    assert full_outbox.quarantined_items() == []


def test_a_body_that_is_not_what_was_queued_never_leaves(full_outbox: Outbox, database: Database) -> None:
    with database.write() as connection:
        connection.execute(update(table).where(table.c.item_id == "hit-1").values(body=b"{}"))
    assert "hit-1" not in ids(full_outbox)
    assert [aside.item_id for aside in full_outbox.quarantined_items()] == ["hit-1"]


def test_attempts_outlive_a_restart_and_everything_is_due(full_outbox: Outbox, data: Path, key: bytes) -> None:
    full_outbox.failed_alone("hit-1", "busy", ATTEMPTS_MAX)
    other = Database.open(data, key, migrate=False)
    second_outbox = Outbox(other, full_outbox._images)
    assert {item.item_id: item.failures_alone for item in second_outbox.due(100, ALL)}["hit-1"] == 1
    other.close()


def test_what_is_due_is_found_by_index_however_much_was_delivered(full_outbox: Outbox, database: Database) -> None:
    query = "SELECT * FROM outbox WHERE state = 'ready' ORDER BY failures_alone, urgency, attempts, seq LIMIT 50"
    with database.read() as connection:
        plan = [row.detail for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {query}")]
    assert plan == ["SEARCH outbox USING INDEX outbox_order (state=?)"]


@pytest.mark.review(14)
def test_what_an_older_release_queued_is_due_after_the_update(data: Path, key: bytes, tmp_path: Path) -> None:
    scripts = tmp_path / "older"
    newer = shutil.ignore_patterns("__pycache__", "s000[4-9]_*", "s001*")
    shutil.copytree(RELEASE.scripts, scripts, ignore=newer)
    older = Database.open(data, key, migrate=True, release=SchemaRelease(3, 1, scripts))
    body = b'{"read_id":"0190aaaa-0000-7000-8000-000000000001"}'
    with older.write() as connection:
        connection.exec_driver_sql(
            "INSERT INTO outbox (item_id, urgency, kind, body, length, sha256) VALUES ('old', 3, 'read', ?, ?, ?)",
            (body, len(body), digest(body)),
        )
    older.close()
    new_database = Database.open(data, key, migrate=True)
    outbox = Outbox(new_database, ImageStore(data / "images", key))
    assert [(item.item_id, item.body, item.failures_alone) for item in outbox.due(10, ALL)] == [("old", body, 0)]
    new_database.close()


@pytest.mark.review(19)
def test_a_release_rolled_back_to_finds_only_kinds_that_it_knows(
    store: ReadStore, outbox: Outbox, database: Database
) -> None:
    store.commit([decided(plate_read("read-1"), hits=(hit(),), alerts=[AlertRecord(alert(), instant())])])
    store.commit([decided(plate_read("read-2", supersedes="read-1"))])
    store.close_open_reads()
    with database.read() as connection:
        kinds = set(connection.scalars(select(table.c.kind)))
    assert kinds <= {"read", "hit", "access", "image", "time"}
    assert [item.kind.value for item in outbox.due(10, ALL)] == ["hit", "alert", "withdrawal", "read", "read"]


def test_an_empty_outbox_has_nothing(outbox: Outbox, store: ReadStore) -> None:
    assert outbox.due(100, ALL) == []
    store.commit([decided_record()])
    assert outbox.counts() == OutboxCounts(0, 0, 0)


@pytest.mark.review2(7)
def test_what_anybody_sees_of_the_queue_tells_nothing_of_a_covert_hit(
    full_outbox: Outbox, store: ReadStore, database: Database
) -> None:
    oldest = OldestWaiting(database, look_s=0.0)
    before, since = full_outbox.shown_counts(), oldest.queued_utc()
    covert = replace(hit("hit-2", "read-4"), entry=replace(hit().entry, covert=True))
    store.commit([decided(plate_read("read-4"), (covert,))])
    assert (full_outbox.shown_counts(), oldest.queued_utc()) == (before, since)
    assert full_outbox.counts().ready == before.ready + 1
    full_outbox.settle([receipt(full_outbox, "hit-2")], ATTEMPTS_MAX)
    assert full_outbox.shown_counts() == before


@pytest.mark.review2(7)
def test_a_covert_hit_that_waits_alone_is_no_oldest_item(store: ReadStore, outbox: Outbox, database: Database) -> None:
    covert = replace(hit("hit-1", "read-1"), entry=replace(hit().entry, covert=True))
    store.commit([decided(plate_read("read-1"), (covert,))])
    assert (outbox.shown_counts().ready, OldestWaiting(database).queued_utc()) == (0, None)
