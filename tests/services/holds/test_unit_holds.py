"""Holds of a unit: who may, what is on record, what a case needs, and that a hold is at most prolonged."""

import itertools
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from alpr_edge.access.authorisation.authoriser import Authoriser
from alpr_edge.domain.errors import HoldError
from alpr_edge.domain.holds.hold import (
    HOLD_READS_MAX,
    Hold,
    HoldKind,
    HoldOrigin,
    HoldPerson,
    HoldTerms,
    parse_hold_end,
)
from alpr_edge.services.holds.unit_holds import HoldRequest, UnitHolds, reads_of_case
from alpr_edge.settings import load
from alpr_edge.store.retention import holds
from alpr_edge.store.unit_store import UnitStore, open_store
from tests.staff import BEGUN, STOLEN, Staff
from tests.store.records import decided, decided_record, hit, instant, plate_read
from tests.units import write_bare_unit

CASE = "26-123456"
DAY = timedelta(days=1)
WHY = "case closed, order of 9 May"


@pytest.fixture
def store(tmp_path: Path) -> Iterator[UnitStore]:
    with open_store(load(write_bare_unit(tmp_path)), migrate=True) as unit_store:
        covert = hit("hit-2", "read-2")
        covert = replace(covert, entry=replace(covert.entry, covert=True))
        unit_store.reads.commit(
            [
                decided(plate_read("read-1"), hits=(hit("hit-1", "read-1"),)),
                decided(plate_read("read-2"), hits=(covert,)),
                decided_record("read-3"),
            ]
        )
        yield unit_store


@pytest.fixture
def of_unit(store: UnitStore) -> UnitHolds:
    numbers = itertools.count(1)
    return UnitHolds(store.database, "unit-1", lambda: f"unit-1:{next(numbers)}")


def request(*ids: str, case: str = CASE, until: datetime | None = None, kind: HoldKind = HoldKind.READ) -> HoldRequest:
    return HoldRequest(kind, ids or ("read-1",), case, " evidence ", until)


def test_a_hold_is_on_record_with_its_case_and_the_actors_name(
    of_unit: UnitHolds, chief: Authoriser, staff: Staff, store: UnitStore
) -> None:
    hold = of_unit.place(chief, STOLEN, request("read-1", "read-3", "gone"))
    assert (hold.terms.case_number, hold.terms.reason, hold.by.person, hold.read_count) == (
        CASE,
        "evidence",
        "Chief",
        2,
    )
    record = staff.records()[-1]
    assert (record.action, record.objects) == ("hold_read", ("read-1", "read-3", "gone"))
    assert record.note.startswith(f"case {CASE}, 3 named: evidence")
    assert [each.hold_id for each in of_unit.list(chief, STOLEN)] == [hold.hold_id]
    assert reads_of_case(store.database, CASE, None) == ["read-1", "read-3"]
    with pytest.raises(HoldError, match="say why"):
        of_unit.release(chief, STOLEN, hold.hold_id, " ")
    assert len(of_unit.list(chief, STOLEN)) == 1
    of_unit.release(chief, STOLEN, hold.hold_id, f" {WHY} ")
    record = staff.records()[-1]
    assert (record.action, record.objects, record.note) == ("release_read", (hold.hold_id,), WHY)
    assert (of_unit.list(chief, STOLEN), reads_of_case(store.database, CASE, None)) == ([], [])
    with pytest.raises(HoldError, match="released before"):
        of_unit.release(chief, STOLEN, hold.hold_id, WHY)


def test_the_read_of_a_hit_is_held_but_not_that_of_a_covert_one(of_unit: UnitHolds, chief: Authoriser) -> None:
    assert of_unit.place(chief, STOLEN, request("hit-1", kind=HoldKind.HIT)).read_count == 1
    with pytest.raises(HoldError, match="none of these reads is here"):
        of_unit.place(chief, STOLEN, request("hit-2", kind=HoldKind.HIT))


def test_the_ids_that_a_hold_does_not_cover_are_named_those_of_covert_hits_among_them(
    of_unit: UnitHolds, chief: Authoriser
) -> None:
    reads = of_unit.place(chief, STOLEN, request("read-1", "gone", "read-3", "gone"))
    assert of_unit.uncovered_ids(reads, ("read-1", "gone", "read-3", "gone")) == ["gone"]
    hits = of_unit.place(chief, STOLEN, request("hit-1", "hit-2", "hit-9", kind=HoldKind.HIT))
    assert of_unit.uncovered_ids(hits, ("hit-1", "hit-2", "hit-9")) == ["hit-2", "hit-9"]


def test_a_hold_is_at_most_prolonged_and_another_case_stands_beside(
    of_unit: UnitHolds, chief: Authoriser, store: UnitStore
) -> None:
    first = of_unit.place(chief, STOLEN, request(until=BEGUN + 5 * DAY))
    assert of_unit.place(chief, STOLEN, request(until=BEGUN + 2 * DAY)) == first
    longer = of_unit.place(chief, STOLEN, request(until=BEGUN + 7 * DAY))
    assert [each.hold_id for each in of_unit.list(chief, STOLEN)] == [longer.hold_id]
    for_good = of_unit.place(chief, STOLEN, request())
    assert of_unit.place(chief, STOLEN, request(until=BEGUN + 9 * DAY)) == for_good
    other = of_unit.place(chief, STOLEN, request(case="26-654321"))
    assert {each.hold_id for each in of_unit.list(chief, STOLEN)} == {for_good.hold_id, other.hold_id}
    assert len(of_unit.list(chief, STOLEN, with_released=True)) == 4
    with store.database.read() as connection:
        assert set(holds.holds_on(connection, ["read-1"])) == {"read-1"}


@pytest.mark.parametrize(
    ("changes", "end", "says"),
    [
        ({"reason": " "}, None, "the reason is empty"),
        ({"reason": "x" * 201}, None, "at most 200"),
        ({"case_number": " "}, None, "the case number is empty"),
        ({"case_number": "burglary"}, None, "a case number looks like 99-999999"),
        ({}, "2020-05-03", "would have ended already"),
        ({}, "soon", "such as 2026-12-31"),
        ({}, "9999-12-31T23:59-14:00", "such as 2026-12-31"),
        ({"subject_ids": ()}, None, "no read is named"),
        ({"subject_ids": ("gone",)}, None, "none of these reads"),
        ({"subject_ids": tuple(map(str, range(HOLD_READS_MAX + 1)))}, None, "more than one hold takes"),
    ],
)
def test_a_hold_needs_a_case_a_reason_and_an_end_that_is_to_come(
    of_unit: UnitHolds, chief: Authoriser, changes: dict[str, object], end: str | None, says: str
) -> None:
    with pytest.raises(HoldError, match=says):
        of_unit.place(chief, STOLEN, replace(request(until=parse_hold_end(end)), **changes))  # type: ignore[arg-type]
    assert of_unit.list(chief, STOLEN) == []


def test_a_hold_until_a_day_lasts_to_the_end_of_that_day() -> None:
    end = parse_hold_end("2026-12-31")
    assert end is not None
    assert end.astimezone().strftime("%Y-%m-%d %H:%M:%S") == "2026-12-31 23:59:59"
    assert parse_hold_end("2026-12-31T10:00Z") == datetime(2026, 12, 31, 10, tzinfo=UTC)
    assert parse_hold_end(" ") is None


def test_for_another_case_a_hold_is_not_released(of_unit: UnitHolds, chief: Authoriser, store: UnitStore) -> None:
    hold = of_unit.place(chief, STOLEN, request())
    with pytest.raises(HoldError, match="for another case"):
        of_unit.release(chief, replace(STOLEN, case="26-654321"), hold.hold_id, WHY)
    assert [each.hold_id for each in of_unit.list(chief, STOLEN)] == [hold.hold_id]
    of_unit.release(chief, replace(STOLEN, case=CASE), hold.hold_id, WHY)
    with store.database.write() as connection:
        early = Hold("unit-1:early", HoldTerms(HoldKind.READ, "read-1", "", "kept"), HoldPerson("", "kai"), instant())
        holds.add_hold(connection, early, ["read-1"], "unit-1")
    of_unit.release(chief, replace(STOLEN, case=CASE), "unit-1:early", WHY)
    assert of_unit.list(chief, STOLEN) == [], "a hold that names no case is released for any"


def test_what_the_department_holds_it_releases(of_unit: UnitHolds, chief: Authoriser, store: UnitStore) -> None:
    terms = HoldTerms(HoldKind.READ, "read-1", CASE, "discovery")
    hold = Hold("department:1", terms, HoldPerson("", "clerk"), instant(), HoldOrigin.DEPARTMENT)
    with store.database.write() as connection:
        holds.add_hold(connection, hold, ["read-1"], "unit-1")
    with pytest.raises(HoldError, match="the department placed this hold"):
        of_unit.release(chief, STOLEN, "department:1", WHY)
    assert len(of_unit.list(chief, STOLEN)) == 1


def test_somebody_elses_hold_is_released_for_its_case_by_who_may_hold_for_discovery(
    of_unit: UnitHolds, chief: Authoriser, staff: Staff
) -> None:
    """It may be the order of a court (policy 462.5)."""
    hold = of_unit.place(chief, STOLEN, request())
    for_case = replace(STOLEN, case=CASE)
    with staff.authoriser("officer") as officer:
        for purpose, says in ((STOLEN, "give its number as the case"), (for_case, "whoever placed it")):
            with pytest.raises(HoldError, match=says):
                of_unit.release(officer, purpose, hold.hold_id, WHY)
        theirs = of_unit.place(officer, STOLEN, request(case="26-654321"))
        of_unit.release(officer, STOLEN, theirs.hold_id, WHY)
    with staff.authoriser("supervisor") as supervisor:
        with pytest.raises(HoldError, match="give its number as the case"):
            of_unit.release(supervisor, STOLEN, hold.hold_id, WHY)
        assert [each.hold_id for each in of_unit.list(supervisor, STOLEN)] == [hold.hold_id]
        of_unit.release(supervisor, for_case, hold.hold_id, WHY)
    assert of_unit.list(chief, STOLEN) == []
