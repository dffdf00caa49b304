"""A plate is looked up for who may see plates, with what the unit would sound and say."""

from dataclasses import replace
from datetime import timedelta

import pytest

from alpr_edge.access.authorisation.authoriser import Authoriser
from alpr_edge.domain.alerting import ListAge, Tone
from alpr_edge.domain.errors import AccessError, FeedError
from alpr_edge.domain.people.person import Role, SourcePermission
from alpr_edge.domain.restrictions import Area, Hours
from alpr_edge.hotlist.index.officer_entries import OwnIndex
from alpr_edge.services.match_plate import NotInForce, PlateMatches, match_plate, parse_plates
from alpr_edge.settings import HotlistSettings
from alpr_edge.store.hotlists.officer_entries import OwnEntry
from tests.staff import PEOPLE, STOLEN, Staff, staff_person
from tests.store.records import START, hit, instant

ENTRY = replace(hit().entry, source="officers")
ENTRIES = OwnIndex([OwnEntry(ENTRY, "26-1", START, "Lopez"), OwnEntry(replace(ENTRY, covert=True), "26-2", START, "x")])


def test_it_says_what_the_unit_would_and_leaves_covert_entries_out(chief: Authoriser) -> None:
    query = parse_plates("7abc123", "CA", instant())
    (answer,) = match_plate(ENTRIES, chief, STOLEN, query, HotlistSettings()).entries
    assert (answer.match.entry.covert, answer.list_age, answer.tone) == (False, ListAge.FRESH, Tone.HIGH)
    assert answer.not_in_force is None
    assert answer.phrase
    assert "7ABC" not in answer.phrase


def test_an_own_entry_is_shown_with_its_case() -> None:
    entries = OwnIndex([OwnEntry(replace(ENTRY, remarks="armed"), "26-1", START, "Lopez")])
    assert [entry.remarks for entry, _ in entries.exact(ENTRY.plate)] == ["case 26-1; armed"]


def test_what_the_reader_considered_meets_as_possible(chief: Authoriser) -> None:
    query = parse_plates("7A8C123, 7ABC123", "CA", instant())
    (answer,) = match_plate(ENTRIES, chief, STOLEN, query, HotlistSettings()).entries
    assert answer.tone is Tone.POSSIBLE


def test_each_text_that_is_looked_up_is_on_record_with_what_it_showed(chief: Authoriser, staff: Staff) -> None:
    before = len(staff.records())
    query = parse_plates("1AAA111,7abc123,8XYZ999,1AAA111", "CA", instant())
    (answer,) = match_plate(ENTRIES, chief, STOLEN, query, HotlistSettings()).entries
    assert answer.match.entry.plate == "7ABC123"
    records = staff.records()[before:]
    assert {(record.action, record.query, record.shown) for record in records} == {
        ("match_plate", "1AAA111", 0),
        ("match_plate", "7ABC123", 1),
        ("match_plate", "8XYZ999", 0),
    }
    assert len(records) == 3


def test_no_more_texts_are_looked_up_than_a_read_has() -> None:
    with pytest.raises(FeedError, match="4 other texts at most"):
        parse_plates("1AAA111,1AAA112,1AAA113,1AAA114,1AAA115,1AAA116", None, instant())


def test_covert_entries_are_found_by_who_is_cleared_and_that_is_on_record(chief: Authoriser, staff: Staff) -> None:
    query = parse_plates("7ABC123", "CA", instant(), covert=True)
    answers = match_plate(ENTRIES, chief, STOLEN, query, HotlistSettings()).entries
    assert sorted(each.match.entry.covert for each in answers) == [False, True]
    assert [record.action for record in staff.records()[-2:]] == ["show_covert_entries", "match_plate"]
    with staff.authoriser("supervisor") as not_cleared, pytest.raises(AccessError, match="clearance"):
        match_plate(ENTRIES, not_cleared, STOLEN, query, HotlistSettings())


@pytest.mark.review2(12)
def test_without_a_permission_for_its_source_nothing_tells_whether_a_plate_has_an_entry(
    chief: Authoriser, staff: Staff
) -> None:
    query = parse_plates("7ABC123", "CA", instant())
    entries = OwnIndex([OwnEntry(replace(ENTRY, remarks="armed"), "26-1", START, "Lopez")])
    staff.install(*PEOPLE, staff_person("narrow", Role.OFFICER, sources=frozenset()))
    with staff.authoriser("narrow") as narrow:
        found, other = (
            match_plate(entries, narrow, STOLEN, parse_plates(plate, "CA", instant()), HotlistSettings())
            for plate in ("7ABC123", "9ZZZ999")
        )
    assert found == other == PlateMatches((), tuple(SourcePermission))
    assert match_plate(entries, chief, STOLEN, query, HotlistSettings()).entries
    assert [record.shown for record in staff.records()[-3:]] == [0, 0, 1]


def test_an_entry_that_is_not_in_force_is_found_with_the_reason(chief: Authoriser) -> None:
    at = instant().trusted_utc
    assert at is not None
    day = timedelta(days=1)
    other_day = ("Mo", "Tu", "We", "Th", "Fr", "Sa", "Su")[(at.weekday() + 3) % 7]
    entries = [
        replace(ENTRY, record_id="early", effective=at + day),
        replace(ENTRY, record_id="ended", expires=at - day),
        replace(ENTRY, record_id="hours", hours=Hours.parse(f"{other_day} 10:00-11:00")),
        replace(ENTRY, record_id="area", area=Area(37.0, -121.0, 500.0)),
        replace(ENTRY, record_id="now", effective=at - day, expires=at + day),
    ]
    index = OwnIndex([OwnEntry(entry, "26-1", START, "Lopez") for entry in entries])
    query = parse_plates("7ABC123", "CA", instant())
    answers = match_plate(index, chief, STOLEN, query, HotlistSettings()).entries
    assert {each.match.entry.record_id: each.not_in_force for each in answers} == {
        "early": NotInForce.EARLY,
        "ended": NotInForce.ENDED,
        "hours": NotInForce.OUT_OF_HOURS,
        "area": None,
        "now": None,
    }
    assert [each.not_in_force is None for each in answers] == [True, True, False, False, False]


def test_it_is_for_whoever_is_signed_in(nobody: Authoriser, staff: Staff) -> None:
    query = parse_plates("7ABC123", None, instant())
    with pytest.raises(AccessError, match="sign in first"):
        match_plate(ENTRIES, nobody, STOLEN, query, HotlistSettings())
    last = staff.records()[-1]
    assert (last.query, last.outcome, last.reason) == ("7ABC123", "refused", "session_ended")


@pytest.mark.parametrize("text", ["5S\u00d8W350", "\uff15S0W350", "5s\u00f8w-350"])
def test_a_slashed_zero_and_full_width_forms_are_looked_up_as_what_they_are(text: str) -> None:
    assert parse_plates(text, None, instant()).match.plate == "5S0W350"


@pytest.mark.parametrize("text", ["7ABC?", "7ABC\uff1f", "-", "12345678901", "7ABC123,"])
def test_what_is_no_plate_is_refused(text: str) -> None:
    with pytest.raises(FeedError):
        parse_plates(text, None, instant())


@pytest.mark.parametrize("state", ["ZZ", "XX", "unknown", "C1", "Calif."])
def test_a_state_that_is_none_is_refused_with_the_list_of_states(state: str) -> None:
    with pytest.raises(FeedError, match=r"the states are AB, AK, AL, .*, WY, YT"):
        parse_plates("7ABC123", state, instant())


@pytest.mark.parametrize(
    ("state", "letters"), [(None, None), (" ", None), ("pr", "PR"), ("0h", "OH"), ("Nevada", "NV")]
)
def test_a_state_is_two_letters_or_a_name(state: str | None, letters: str | None) -> None:
    assert parse_plates("7ABC123", state, instant()).match.state == letters
