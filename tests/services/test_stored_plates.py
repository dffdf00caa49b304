"""What may be asked of stored plates and entries, by whom, and what is on record afterwards."""

import itertools
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from alpr_edge.access.authorisation.authoriser import Authoriser
from alpr_edge.domain.errors import AccessError, FeedError
from alpr_edge.domain.hits import Reason
from alpr_edge.domain.holds.hold import HoldKind
from alpr_edge.domain.instants import UtcSource, rfc3339
from alpr_edge.domain.people.person import Role, SourcePermission
from alpr_edge.domain.permissions.purposes import Purpose
from alpr_edge.domain.timeline import Basis
from alpr_edge.runtime.clock import ReplayedClock
from alpr_edge.services.holds.unit_holds import HoldRequest, UnitHolds
from alpr_edge.services.officer_entries import EntryRequest, add_entry, parse_entry, remove_entry, show_entries
from alpr_edge.services.outbox import requeue_items
from alpr_edge.services.read_pictures import PictureFiles
from alpr_edge.services.reads import ShownRead, WantedReads, recent_reads
from alpr_edge.settings import HotlistSettings, Settings, load
from alpr_edge.store.hotlists import officer_entries
from alpr_edge.store.unit_store import UnitStore, open_store
from alpr_edge.vision.jpeg_pictures import jpeg
from tests.staff import BEGUN, PEOPLE, STOLEN, Staff, staff_person
from tests.store.records import SCENE, START, decided, decided_record, hit, plate_read
from tests.units import write_bare_unit

REQUEST = EntryRequest("7abc*", Reason.MAJOR_CRIME, "26-0123", "3h")
EVIDENCE = HoldRequest(HoldKind.READ, ("read-1",), "26-123456", "evidence")
Use = Callable[[UnitStore, Authoriser, Purpose], object]


def unit_holds(store: UnitStore) -> UnitHolds:
    numbers = itertools.count(1)
    return UnitHolds(store.database, "unit-1", lambda: f"unit-1:{next(numbers)}")


PLATE_USES: tuple[Use, ...] = (
    lambda store, actor, purpose: recent_reads(store, actor, purpose, HotlistSettings(), WantedReads(10)),
    lambda store, actor, purpose: PictureFiles(store, Settings()).write(
        actor, purpose, "read-1", SCENE, Path("never.jpg")
    ),
    lambda store, actor, purpose: unit_holds(store).place(actor, purpose, EVIDENCE),
    lambda store, actor, purpose: unit_holds(store).list(actor, purpose),
    lambda store, actor, purpose: unit_holds(store).release(actor, purpose, "unit-1:1", "case closed"),
    lambda store, actor, purpose: add_entry(store.database, actor, purpose, parse_entry(REQUEST, START), START),
    lambda store, actor, purpose: remove_entry(store.database, actor, purpose, "none", START),
)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[UnitStore]:
    with open_store(load(write_bare_unit(tmp_path)), migrate=True) as unit_store:
        yield unit_store


@pytest.mark.parametrize("use", PLATE_USES[:2])
def test_reads_are_the_department_s_data_and_for_nobody_without_its_permission(
    store: UnitStore, staff: Staff, use: Use
) -> None:
    """Policy 462.4(e)."""
    store.reads.commit([decided_record("read-1")])
    others = frozenset({SourcePermission.STATE, SourcePermission.FEDERAL})
    staff.install(*PEOPLE, staff_person("narrow", Role.OFFICER, sources=others))
    with staff.authoriser("narrow") as narrow, pytest.raises(AccessError, match="no permission for the source"):
        use(store, narrow, STOLEN)
    last = staff.records()[-1]
    assert (last.outcome, last.reason, last.shown) == ("refused", "source", 0)


@pytest.mark.parametrize("use", PLATE_USES)
def test_plates_are_for_whoever_is_signed_in_and_says_what_for(
    store: UnitStore, use: Use, chief: Authoriser, owner: Authoriser, nobody: Authoriser
) -> None:
    for somebody in (owner, nobody):
        with pytest.raises(AccessError, match="sign in first"):
            use(store, somebody, STOLEN)
    with pytest.raises(AccessError, match="say what it is for"):
        use(store, chief, Purpose(""))
    assert officer_entries.entries_in_force(store.database, START) == []


def test_the_queue_is_changed_by_the_owner_of_the_unit(
    store: UnitStore, owner: Authoriser, nobody: Authoriser, staff: Staff
) -> None:
    requeue_items(store.outbox, owner, [])
    last = staff.records()[-1]
    assert (last.action, last.person_id, last.purpose) == ("requeue_items", "login:desk", "maintenance")
    with pytest.raises(AccessError, match="only root or the owner"):
        requeue_items(store.outbox, nobody, [])


def reads_of(store: UnitStore, chief: Authoriser, limit: int = 10, *, hits_only: bool = False) -> list[ShownRead]:
    return recent_reads(store, chief, STOLEN, HotlistSettings(), WantedReads(limit, hits_only=hits_only))


def test_reads_come_with_their_times_and_without_covert_hits(store: UnitStore, chief: Authoriser) -> None:
    overt, silent = hit("hit-1", "read-1"), hit("hit-2", "read-1")
    covert = replace(silent, entry=replace(silent.entry, covert=True))
    store.reads.commit([decided(plate_read("read-1"), hits=(overt, covert))])
    store.reads.commit([decided(plate_read("read-2"), hits=(replace(covert, hit_id="hit-3", read_id="read-2"),))])
    newest, oldest = reads_of(store, chief)
    assert (newest.read.read_id, newest.hits, newest.closed) == ("read-2", (), False)
    assert [each.hit_id for each in oldest.hits] == ["hit-1"]
    assert (oldest.last_seen.basis, oldest.last_seen.sure) == (Basis.OWN, True)
    assert [each.read.read_id for each in reads_of(store, chief, hits_only=True)] == ["read-1"]
    assert len(reads_of(store, chief, 1)) == 1


@pytest.mark.parametrize("has_clock", [False, True])
def test_without_a_confirmed_clock_an_entry_s_end_is_compared_with_roster_and_computer(
    store: UnitStore, chief: Authoriser, staff: Staff, *, has_clock: bool
) -> None:
    present = staff.clock.now()
    at = replace(present, utc=BEGUN + timedelta(days=30) if has_clock else None, utc_source=UtcSource.UNKNOWN)
    guess, draft = at.utc or BEGUN, parse_entry(replace(REQUEST, expires="2026-05-04T09:00Z"), None)
    officer = replace(chief, clock=ReplayedClock(at))
    for end, words in ((guess - timedelta(hours=1), "has ended already"), (guess + timedelta(days=91), "90 days")):
        wanted = replace(draft, entry=replace(draft.entry, expires=end))
        with pytest.raises(FeedError, match=f"{words}.*The unit takes it to be {rfc3339(guess)}"):
            add_entry(store.database, officer, STOLEN, wanted, None)
    wanted = replace(draft, entry=replace(draft.entry, expires=guess + timedelta(days=89)))
    assert add_entry(store.database, officer, STOLEN, wanted, None).own.entry.expires == wanted.entry.expires


def test_an_entry_meets_what_is_held_already_and_is_removed(store: UnitStore, chief: Authoriser) -> None:
    store.reads.commit([decided_record("read-1")])
    addition = add_entry(store.database, chief, STOLEN, parse_entry(REQUEST, START), START)
    assert (addition.own.entry.plate, addition.own.added_by) == ("7ABC*", "Chief")
    assert addition.own.entry.expires == START + timedelta(hours=3)
    assert [read.read_id for read, _ in addition.earlier_reads] == ["read-1"]
    removal = remove_entry(store.database, chief, STOLEN, addition.own.entry.record_id, START)
    assert removal.entry.record_id == addition.own.entry.record_id
    assert officer_entries.entries_in_force(store.database, START) == []


def test_entries_are_the_department_s_data_and_for_nobody_without_its_permission(
    store: UnitStore, chief: Authoriser, staff: Staff
) -> None:
    store.reads.commit([decided_record("read-1")])
    entry_id = add_entry(store.database, chief, STOLEN, parse_entry(REQUEST, START), START).own.entry.record_id
    others = frozenset({SourcePermission.STATE, SourcePermission.FEDERAL})
    staff.install(*PEOPLE, staff_person("narrow", Role.OFFICER, sources=others))
    with staff.authoriser("narrow") as narrow:
        uses = (
            lambda: show_entries(store.database, narrow, STOLEN, START),
            lambda: remove_entry(store.database, narrow, STOLEN, entry_id, START),
        )
        for use in uses:
            with pytest.raises(AccessError, match="no permission for the source"):
                use()
            last = staff.records()[-1]
            assert (last.outcome, last.reason, last.shown) == ("refused", "source", 0)
        narrow_entry = add_entry(store.database, narrow, STOLEN, parse_entry(REQUEST, START), START)
        assert (narrow_entry.earlier_reads, narrow_entry.is_looked_back) == ([], False)
        added = add_entry(store.database, narrow, STOLEN, parse_entry(replace(REQUEST, plate="4xyz*"), START), START)
    assert added.own.added_by == "Narrow", "what they typed themselves"
    assert entry_id in {own.entry.record_id for own in show_entries(store.database, chief, STOLEN, START)}


def test_the_same_entry_is_kept_once_and_stands_as_it_was(store: UnitStore, chief: Authoriser, staff: Staff) -> None:
    first = add_entry(store.database, chief, STOLEN, parse_entry(REQUEST, START), START)
    before = len(staff.records())
    again = parse_entry(replace(REQUEST, expires="3d", remarks="armed", plate="7-ABC*"), START)
    with staff.authoriser("officer") as officer:
        other = add_entry(store.database, officer, STOLEN, again, START)
    assert (first.is_new, other.is_new, other.own) == (True, False, first.own)
    assert not [change for record in staff.records()[before:] for change in record.changes]
    assert officer_entries.entries_in_force(store.database, START) == [first.own]


@pytest.mark.parametrize(
    "changes",
    [
        {"plate": "7abd*"},
        {"state": "CA"},
        {"reason": Reason.STOLEN_VEHICLE},
        {"case": "26-0124"},
        {"covert": True},
    ],
    ids=str,
)
def test_an_entry_of_another_plate_state_reason_or_case_or_that_is_covert_is_another(
    store: UnitStore, chief: Authoriser, changes: dict[str, Any]
) -> None:
    requests = REQUEST, replace(REQUEST, **changes)
    added = [add_entry(store.database, chief, STOLEN, parse_entry(each, START), START) for each in requests]
    assert [each.is_new for each in added] == [True, True]


def test_an_entry_that_has_ended_or_was_removed_is_added_anew(store: UnitStore, chief: Authoriser) -> None:
    draft, later = parse_entry(REQUEST, START), START + timedelta(hours=3)
    add_entry(store.database, chief, STOLEN, draft, START)
    second = add_entry(store.database, chief, STOLEN, parse_entry(REQUEST, later), later)
    remove_entry(store.database, chief, STOLEN, second.own.entry.record_id, later)
    third = add_entry(store.database, chief, STOLEN, parse_entry(REQUEST, later), later)
    assert (second.is_new, third.is_new) == (True, True)


def test_whoever_may_not_see_entries_of_others_learns_nothing_of_the_same_one(
    store: UnitStore, chief: Authoriser, staff: Staff
) -> None:
    add_entry(store.database, chief, STOLEN, parse_entry(replace(REQUEST, remarks="armed"), START), START)
    others = frozenset({SourcePermission.STATE, SourcePermission.FEDERAL})
    staff.install(*PEOPLE, staff_person("narrow", Role.OFFICER, sources=others))
    with staff.authoriser("narrow") as narrow:
        added = [add_entry(store.database, narrow, STOLEN, parse_entry(REQUEST, START), START) for _ in range(2)]
    assert [(each.is_new, each.own.added_by, each.own.entry.remarks) for each in added] == [
        (True, "Narrow", ""),
        (False, "Narrow", ""),
    ]


def test_an_entry_whose_remarks_hint_at_a_barred_purpose_is_flagged_on_record(
    store: UnitStore, chief: Authoriser, staff: Staff
) -> None:
    before = len(staff.records())
    for remarks in ("wanted by ICE", "wanted by the police"):
        add_entry(store.database, chief, STOLEN, parse_entry(replace(REQUEST, remarks=remarks), START), START)
    flags = [record.reason for record in staff.records()[before:] if record.action == "add_entry"]
    assert set(flags) == {"flagged immigration_enforcement", ""}
    assert not any("ICE" in record.model_dump_json() for record in staff.records()[before:])


def test_a_covert_entry_is_removed_by_whoever_may_see_it(store: UnitStore, chief: Authoriser, staff: Staff) -> None:
    added = add_entry(store.database, chief, STOLEN, parse_entry(replace(REQUEST, covert=True), START), START)
    entry_id = added.own.entry.record_id
    with staff.authoriser("officer") as officer, pytest.raises(AccessError):
        remove_entry(store.database, officer, STOLEN, entry_id, START)
    assert staff.records()[-1].outcome == "refused"
    assert remove_entry(store.database, chief, STOLEN, entry_id, START).entry.covert


@pytest.mark.parametrize(
    ("bad_entry", "says"),
    [
        (replace(REQUEST, plate="-"), "no plate"),
        (replace(REQUEST, plate="*"), "cannot be watched for"),
        (replace(REQUEST, plate="12345678901"), "longer than 10"),
        (replace(REQUEST, case=" "), "--case is empty"),
        (replace(REQUEST, reason=Reason.IMMIGRATION_VIOLATOR), "Government Code 7284.6"),
        (replace(REQUEST, expires="soon"), "--expires is such as"),
        (replace(REQUEST, state="Atlantis"), "--state is two letters"),
        (replace(REQUEST, hours="always"), "hours"),
        (replace(REQUEST, area="here"), "area"),
    ],
)
def test_an_entry_that_cannot_be_used_is_refused(bad_entry: EntryRequest, says: str) -> None:
    with pytest.raises(FeedError, match=says):
        parse_entry(bad_entry, START)


def test_a_date_as_an_end_counts_to_its_end() -> None:
    own = parse_entry(replace(REQUEST, expires="2027-05-04"), START)
    assert own.entry.expires == datetime(2027, 5, 5).astimezone(UTC)


def test_an_end_from_now_needs_a_clock() -> None:
    with pytest.raises(FeedError, match="clock"):
        parse_entry(REQUEST, None)


@pytest.mark.review2(8)
def test_a_picture_in_a_file_tells_of_no_hit_that_the_person_may_not_see(
    store: UnitStore, staff: Staff, tmp_path: Path
) -> None:
    sharp = jpeg(np.random.default_rng(7).integers(0, 256, (720, 1280, 3), np.uint8), 85)
    silent = hit("hit-1", "covert")
    silent = replace(silent, entry=replace(silent.entry, covert=True))
    store.reads.commit([decided(plate_read("covert"), (silent,), images=((SCENE, sharp),))])
    store.reads.commit([decided(plate_read("plain"), images=((SCENE, sharp),))])

    def picture_for(person_id: str, read_id: str) -> bytes:
        file = tmp_path / f"{person_id}-{read_id}.jpg"
        with staff.authoriser(person_id) as authoriser:
            PictureFiles(store, Settings()).write(authoriser, STOLEN, read_id, SCENE, file)
        return file.read_bytes()

    assert picture_for("officer", "covert") == picture_for("officer", "plain") != sharp
    assert picture_for("chief", "covert") == sharp


@pytest.mark.review2(12)
def test_a_list_of_reads_tells_of_no_hit_that_the_person_may_not_see(store: UnitStore, staff: Staff) -> None:
    store.reads.commit([decided(plate_read("read-1"), hits=(hit("hit-1", "read-1"),)), decided_record("read-2")])
    staff.install(*PEOPLE, staff_person("local", Role.OFFICER, sources=frozenset({SourcePermission.DEPARTMENT})))
    with staff.authoriser("local") as local:
        newest = recent_reads(store, local, STOLEN, HotlistSettings(), WantedReads(10))
        assert [shown.hits for shown in newest] == [(), ()]
        assert recent_reads(store, local, STOLEN, HotlistSettings(), WantedReads(10, hits_only=True)) == []
