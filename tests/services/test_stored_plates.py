"""What may be asked of stored plates and entries, by whom, and what is on record afterwards."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from alpr_edge.domain.access import ALL_PERMISSIONS, MAINTENANCE, QUEUE_PERMISSIONS, Actor, Purpose
from alpr_edge.domain.errors import AccessError, FeedError, StoreError
from alpr_edge.domain.hits import Reason
from alpr_edge.domain.timeline import Basis
from alpr_edge.services.holds import HoldRequest, hold_read, list_holds, parse_hold_end, release_read
from alpr_edge.services.officer_entries import EntryRequest, add_entry, parse_entry, remove_entry
from alpr_edge.services.outbox import count_items, list_quarantined, requeue_items
from alpr_edge.services.read_pictures import write_picture
from alpr_edge.services.reads import recent_reads
from alpr_edge.settings import load
from alpr_edge.store.hotlists import officer_entries
from alpr_edge.store.reads.repository import DecidedRecord
from alpr_edge.store.retention import holds
from alpr_edge.store.retention.holds import Hold
from alpr_edge.store.unit_store import UnitStore, open_store
from tests.store.records import SCENE, START, decided_record, hit, instant, plate_read
from tests.units import write_bare_unit

OWNER = Actor("p-1", "Officer Lopez", ALL_PERMISSIONS)
VISITOR = Actor("p-2", "Visitor", QUEUE_PERMISSIONS)
NOBODY = Actor("p-3", "Nobody", frozenset())
REQUEST = EntryRequest("7abc*", Reason.MAJOR_CRIME, "26-0123", "3h")
Use = Callable[[UnitStore, Actor, Purpose], object]

PLATE_USES: tuple[Use, ...] = (
    lambda store, actor, purpose: recent_reads(store, actor, purpose, 10),
    lambda store, actor, purpose: write_picture(store, actor, purpose, "read-1", SCENE, Path("never.jpg")),
    lambda store, actor, purpose: hold_read(store.database, actor, purpose, HoldRequest("read-1", "case"), instant()),
    lambda store, actor, purpose: list_holds(store.database, actor, purpose),
    lambda store, actor, purpose: release_read(store.database, actor, purpose, "read-1"),
    lambda store, actor, purpose: add_entry(store.database, actor, purpose, parse_entry(REQUEST, actor, START), START),
    lambda store, actor, purpose: remove_entry(store.database, actor, purpose, "none", START),
)
QUEUE_USES: tuple[Use, ...] = (
    lambda store, actor, purpose: count_items(store.outbox, actor, purpose),
    lambda store, actor, purpose: list_quarantined(store.outbox, actor, purpose),
    lambda store, actor, purpose: requeue_items(store.outbox, actor, purpose, []),
)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[UnitStore]:
    with open_store(load(write_bare_unit(tmp_path)), migrate=True) as unit_store:
        yield unit_store


@pytest.mark.parametrize("use", PLATE_USES)
def test_plates_are_for_who_may_see_them(store: UnitStore, use: Use) -> None:
    with pytest.raises(AccessError, match="Visitor lacks the permission"):
        use(store, VISITOR, MAINTENANCE)
    with pytest.raises(AccessError, match="no purpose"):
        use(store, OWNER, Purpose(""))
    assert officer_entries.entries_in_force(store.database, START) == []


@pytest.mark.parametrize("use", QUEUE_USES)
def test_the_queue_is_for_who_may_see_it(store: UnitStore, use: Use) -> None:
    use(store, VISITOR, MAINTENANCE)
    with pytest.raises(AccessError, match="Nobody lacks the permission"):
        use(store, NOBODY, MAINTENANCE)


def test_reads_come_with_their_times_and_without_covert_hits(store: UnitStore) -> None:
    overt, silent = hit("hit-1", "read-1"), hit("hit-2", "read-1")
    covert = replace(silent, entry=replace(silent.entry, covert=True))
    store.reads.commit([DecidedRecord(plate_read("read-1"), hits=(overt, covert))])
    store.reads.commit([DecidedRecord(plate_read("read-2"), hits=(replace(covert, hit_id="hit-3", read_id="read-2"),))])
    newest, oldest = recent_reads(store, OWNER, MAINTENANCE, 10)
    assert (newest.read.read_id, newest.hits, newest.closed) == ("read-2", (), False)
    assert [each.hit_id for each in oldest.hits] == ["hit-1"]
    assert (oldest.last_seen.basis, oldest.last_seen.sure) == (Basis.OWN, True)
    assert [each.read.read_id for each in recent_reads(store, OWNER, MAINTENANCE, 10, hits_only=True)] == ["read-1"]
    assert len(recent_reads(store, OWNER, MAINTENANCE, 1)) == 1


def test_a_hold_is_on_record_with_the_actors_name(store: UnitStore) -> None:
    store.reads.commit([decided_record("read-1")])
    hold_read(store.database, OWNER, MAINTENANCE, HoldRequest("read-1", "case 26-1"), instant())
    (row,) = holds.list_holds(store.database)
    assert (row.reason, row.held_by, row.since) == ("case 26-1", "Officer Lopez", START)
    assert list_holds(store.database, OWNER, MAINTENANCE) == [row]
    release_read(store.database, OWNER, MAINTENANCE, "read-1")
    with pytest.raises(StoreError, match="not held"):
        release_read(store.database, OWNER, MAINTENANCE, "read-1")


@pytest.mark.parametrize(
    ("reason", "end", "says"),
    [
        (" ", None, "the reason is empty"),
        ("case", "2026-05-03", "would have ended already"),
        ("case", "soon", "such as 2026-12-31"),
        ("case", "9999-12-31T23:59-14:00", "such as 2026-12-31"),
    ],
)
def test_a_hold_needs_a_reason_and_an_end_that_is_to_come(
    store: UnitStore, reason: str, end: str | None, says: str
) -> None:
    store.reads.commit([decided_record("read-1")])
    with pytest.raises(StoreError, match=says):
        _hold(store, reason, end)
    assert list_holds(store.database, OWNER, MAINTENANCE) == []


def _hold(store: UnitStore, reason: str, end: str | None) -> Hold:
    request = HoldRequest("read-1", reason, parse_hold_end(end))
    return hold_read(store.database, OWNER, MAINTENANCE, request, instant())


def test_a_hold_until_a_day_lasts_to_the_end_of_that_day(store: UnitStore) -> None:
    store.reads.commit([decided_record("read-1")])
    hold = _hold(store, "case", "2026-12-31")
    assert hold.until is not None
    assert hold.until.astimezone().strftime("%Y-%m-%d %H:%M:%S") == "2026-12-31 23:59:59"
    assert parse_hold_end("2026-12-31T10:00Z") == datetime(2026, 12, 31, 10, tzinfo=UTC)


def test_an_entry_meets_what_is_held_already_and_is_removed(store: UnitStore) -> None:
    store.reads.commit([decided_record("read-1")])
    addition = add_entry(store.database, OWNER, MAINTENANCE, parse_entry(REQUEST, OWNER, START), START)
    assert (addition.own.entry.plate, addition.own.added_by) == ("7ABC*", "Officer Lopez")
    assert addition.own.entry.expires == START + timedelta(hours=3)
    assert [read.read_id for read, _ in addition.earlier_reads] == ["read-1"]
    removal = remove_entry(store.database, OWNER, MAINTENANCE, addition.own.entry.record_id, START)
    assert removal.entry.record_id == addition.own.entry.record_id
    assert officer_entries.entries_in_force(store.database, START) == []


@pytest.mark.parametrize(
    ("bad_entry", "says"),
    [
        (replace(REQUEST, plate="-"), "no plate"),
        (replace(REQUEST, plate="*"), "cannot be watched for"),
        (replace(REQUEST, plate="12345678901"), "longer than 10"),
        (replace(REQUEST, case=" "), "--case is empty"),
        (replace(REQUEST, expires="soon"), "--expires is such as"),
        (replace(REQUEST, state="Atlantis"), "--state is two letters"),
        (replace(REQUEST, hours="always"), "hours"),
        (replace(REQUEST, area="here"), "area"),
    ],
)
def test_an_entry_that_cannot_be_used_is_refused(bad_entry: EntryRequest, says: str) -> None:
    with pytest.raises(FeedError, match=says):
        parse_entry(bad_entry, OWNER, START)


def test_an_end_from_now_needs_a_clock() -> None:
    with pytest.raises(FeedError, match="clock"):
        parse_entry(REQUEST, OWNER, None)
