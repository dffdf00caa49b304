"""What travels for a case: holds, canvasses and dispositions, with every field as the department expects it."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from alpr_edge.domain.canvass.canvass import CanvassEnd, CanvassEnding
from alpr_edge.domain.dispositions.disposition import Disposition, DispositionPart, DispositionText
from alpr_edge.domain.holds.hold import Hold, HoldKind, HoldOrigin, HoldPerson, HoldRelease, HoldTerms
from alpr_edge.domain.protocol.canvass import (
    canvass_end_item_id,
    canvass_end_payload,
    canvass_item_id,
    canvass_payload,
)
from alpr_edge.domain.protocol.dispositions import disposition_item_id, disposition_payload
from alpr_edge.domain.protocol.holds import (
    READS_A_PART,
    DepartmentHoldPayload,
    HoldPayload,
    hold_item_id,
    hold_of_department,
    hold_payload,
    hold_release_item_id,
    hold_release_payload,
)
from alpr_edge.domain.protocol.items import encode
from tests.domain.canvass.builders import SCENE_AREA, canvass
from tests.store.records import instant

MOMENT = {
    "boot_id": "boot-1",
    "boottime_ns": 5_000_000_000,
    "utc": "2026-05-04T12:30:00.123Z",
    "utc_source": "gnss",
    "uncertainty_ms": 12.5,
}
BY = HoldPerson("ana", "Ana Ruiz", "2f1c")
PERSON = {"person_id": "ana", "person": "Ana Ruiz", "session": "2f1c"}
TERMS = HoldTerms(HoldKind.SEARCH, "read-1", "26-001234", "robbery", datetime(2026, 12, 31, 18, tzinfo=UTC))
HOLD = Hold("hold-1", TERMS, BY, instant(), HoldOrigin.DEPARTMENT)
OF_DEPARTMENT = DepartmentHoldPayload(
    hold_id="hold-1",
    case_number="26-001234",
    reason="robbery",
    until="2026-12-31T10:00:00-08:00",
    person="Ana Ruiz",
    made="2026-05-04T12:30:00Z",
    read_ids=["read-1", "read-2"],
)


def test_a_hold_travels_with_its_terms_its_person_and_its_reads() -> None:
    assert hold_payload(HOLD, "unit-1", ("read-1", "read-2")).model_dump() == PERSON | {
        "schema_version": 1,
        "hold_id": "hold-1",
        "unit_id": "unit-1",
        "kind": "search",
        "subject_id": "read-1",
        "case_number": "26-001234",
        "reason": "robbery",
        "until": "2026-12-31T18:00:00.000Z",
        "origin": "department",
        "made": MOMENT,
        "read_ids": ["read-1", "read-2"],
    }


def test_a_hold_without_an_end_says_so() -> None:
    endless = replace(HOLD, terms=replace(TERMS, until=None))
    assert hold_payload(endless, "unit-1", ()).until is None


def test_a_part_of_a_hold_has_a_bounded_number_of_reads() -> None:
    payload = hold_payload(HOLD, "unit-1", [f"read-{number}" for number in range(READS_A_PART)])
    assert HoldPayload.model_validate_json(encode(payload)) == payload
    with pytest.raises(ValidationError):
        hold_payload(HOLD, "unit-1", [f"read-{number}" for number in range(READS_A_PART + 1)])


def test_the_release_of_a_hold_travels_with_who_released_it_and_why() -> None:
    release = HoldRelease(BY, instant(), "case closed")
    assert hold_release_payload("hold-1", "unit-1", release).model_dump() == PERSON | {
        "schema_version": 1,
        "hold_id": "hold-1",
        "unit_id": "unit-1",
        "released": MOMENT,
        "reason": "case closed",
    }


def test_items_of_holds_have_ids_that_stay_the_same_over_releases() -> None:
    assert hold_item_id("hold-1", ["read-1", "read-2"]) == "hold:hold-1:6a33920c799cc627"
    assert hold_release_item_id("hold-1") == "hold-release:hold-1"


@given(st.lists(st.text("abc", min_size=1), unique=True), st.lists(st.text("abc", min_size=1), unique=True))
def test_parts_of_a_hold_have_the_same_id_only_for_the_same_reads(one: list[str], other: list[str]) -> None:
    assert (hold_item_id("hold-1", one) == hold_item_id("hold-1", other)) == (one == other)


def test_a_unit_keeps_the_department_s_hold_under_its_own_clock() -> None:
    hold = hold_of_department(OF_DEPARTMENT, instant())
    terms = HoldTerms(HoldKind.SEARCH, "read-1", "26-001234", "robbery", datetime(2026, 12, 31, 18, tzinfo=UTC))
    assert hold == Hold("hold-1", terms, HoldPerson("", "Ana Ruiz"), instant(), HoldOrigin.DEPARTMENT)
    assert hold.terms.until is not None
    assert hold.terms.until.tzinfo is UTC


@pytest.mark.parametrize(
    ("read_ids", "kind", "subject"),
    [([], HoldKind.SEARCH, ""), (["read-7"], HoldKind.READ, "read-7"), (["b", "a"], HoldKind.SEARCH, "b")],
)
def test_a_hold_of_the_department_on_one_read_is_of_that_read(
    read_ids: list[str], kind: HoldKind, subject: str
) -> None:
    payload = OF_DEPARTMENT.model_copy(update={"read_ids": read_ids, "until": None})
    terms = hold_of_department(payload, instant()).terms
    assert (terms.kind, terms.subject_id, terms.until) == (kind, subject, None)


@pytest.mark.parametrize("until", ["tomorrow", "2026-12-31T18:00", ""])
def test_a_hold_of_the_department_whose_end_is_no_moment_is_refused(until: str) -> None:
    with pytest.raises(ValueError, match=r"isoformat|zone"):
        hold_of_department(OF_DEPARTMENT.model_copy(update={"until": until}), instant())


def test_a_canvass_travels_as_it_was_started() -> None:
    started = canvass(
        before=timedelta(minutes=30), lasts=timedelta(hours=1, milliseconds=500), by=BY, started=instant()
    )
    assert canvass_payload(started, "unit-1").model_dump() == PERSON | {
        "schema_version": 1,
        "canvass_id": "unit-1:canvass-1",
        "unit_id": "unit-1",
        "incident": "26-001234",
        "offence": "homicide",
        "area": str(SCENE_AREA),
        "partials": ["7AB*"],
        "before_s": 1800.0,
        "lasts_s": 3600.5,
        "started": MOMENT,
        "ends": "2026-11-27T23:02:00.000Z",
    }


def test_a_canvass_everywhere_and_without_a_clock_says_so() -> None:
    payload = canvass_payload(canvass(area=None, ends=None), "unit-1")
    assert (payload.area, payload.ends) == (None, None)


@pytest.mark.parametrize("how", CanvassEnding)
def test_the_end_of_a_canvass_travels_with_how_it_ended_and_what_it_held(how: CanvassEnding) -> None:
    assert canvass_end_payload("canvass-1", CanvassEnd(instant(), BY, how), "unit-1", 17).model_dump() == PERSON | {
        "schema_version": 1,
        "canvass_id": "canvass-1",
        "unit_id": "unit-1",
        "how": how.value,
        "ended": MOMENT,
        "read_count": 17,
    }


def test_items_of_canvasses_and_dispositions_are_named_by_what_they_carry() -> None:
    assert canvass_item_id("canvass-1") == "canvass:canvass-1"
    assert canvass_end_item_id("canvass-1") == "canvass-end:canvass-1"
    assert disposition_item_id("d-1") == "disposition:d-1"


def test_a_disposition_travels_whole_and_without_plate_text() -> None:
    text = DispositionText("the terminal was down", "12", "Desk of Fresno PD")
    made = Disposition(
        "d-2", "hit-1", DispositionPart.INQUIRY, "not_practicable", text, "d-1", "ana", "Ana Ruiz", "2f1c", instant()
    )
    assert disposition_payload(made, "read-1", "unit-1").model_dump() == PERSON | {
        "schema_version": 1,
        "disposition_id": "d-2",
        "hit_id": "hit-1",
        "read_id": "read-1",
        "unit_id": "unit-1",
        "part": "inquiry",
        "answer": "not_practicable",
        "reason": "the terminal was down",
        "number": "12",
        "name": "Desk of Fresno PD",
        "undoes": "d-1",
        "made": MOMENT,
    }
