"""A plate is looked up for who may see plates, with what the unit would sound and say."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from alpr_edge.domain.access import ALL_PERMISSIONS, MAINTENANCE, QUEUE_PERMISSIONS, Actor, Permission
from alpr_edge.domain.alerting import ListAge, Tone
from alpr_edge.domain.errors import AccessError, FeedError, StoreError
from alpr_edge.domain.restrictions import Area, Hours
from alpr_edge.hotlist.index.officer_entries import OwnIndex
from alpr_edge.services.match_plate import NotInForce, match_plate, parse_plates
from alpr_edge.settings import HotlistSettings
from alpr_edge.store.hotlists.audit_log import ListAuditLog
from alpr_edge.store.hotlists.officer_entries import OwnEntry
from tests.store.records import START, hit, instant

OWNER = Actor("p-1", "Officer Lopez", ALL_PERMISSIONS)
ENTRY = replace(hit().entry, source="officers")
ENTRIES = OwnIndex([OwnEntry(ENTRY, "26-1", START, "Lopez"), OwnEntry(replace(ENTRY, covert=True), "26-2", START, "x")])


@pytest.fixture
def audit_log(tmp_path: Path) -> ListAuditLog:
    return ListAuditLog(tmp_path / "hotlists")


def test_it_says_what_the_unit_would_and_leaves_covert_entries_out(audit_log: ListAuditLog) -> None:
    query = parse_plates("7abc123", "CA", instant())
    (answer,) = match_plate(ENTRIES, OWNER, MAINTENANCE, query, HotlistSettings(), audit_log)
    assert (answer.match.entry.covert, answer.level, answer.tone) == (False, ListAge.FRESH, Tone.HIGH)
    assert answer.not_in_force is None
    assert answer.phrase
    assert "7ABC" not in answer.phrase
    assert list(audit_log.lines()) == []


def test_what_the_reader_considered_meets_as_possible(audit_log: ListAuditLog) -> None:
    query = parse_plates("7A8C123, 7ABC123", "CA", instant())
    (answer,) = match_plate(ENTRIES, OWNER, MAINTENANCE, query, HotlistSettings(), audit_log)
    assert answer.tone is Tone.POSSIBLE


def test_covert_entries_are_found_by_who_is_cleared_and_that_is_on_record(audit_log: ListAuditLog) -> None:
    query = parse_plates("7ABC123", "CA", instant(), covert=True)
    answers = match_plate(ENTRIES, OWNER, MAINTENANCE, query, HotlistSettings(), audit_log)
    assert sorted(each.match.entry.covert for each in answers) == [False, True]
    (line,) = audit_log.lines()
    assert (line["actor"], line["purpose"], line["action"]) == ("Officer Lopez", "maintenance", "match_covert_entries")
    assert "7ABC" not in str(line)
    not_cleared = replace(OWNER, permissions=ALL_PERMISSIONS - {Permission.SEE_COVERT})
    with pytest.raises(AccessError, match="see_covert"):
        match_plate(ENTRIES, not_cleared, MAINTENANCE, query, HotlistSettings(), audit_log)


def test_no_covert_entry_is_found_where_that_cannot_be_recorded(tmp_path: Path) -> None:
    (tmp_path / "hotlists").write_text("no folder")
    query = parse_plates("7ABC123", "CA", instant(), covert=True)
    with pytest.raises(StoreError):
        match_plate(ENTRIES, OWNER, MAINTENANCE, query, HotlistSettings(), ListAuditLog(tmp_path / "hotlists"))


def test_an_entry_that_is_not_in_force_is_found_with_the_reason(audit_log: ListAuditLog) -> None:
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
    answers = match_plate(index, OWNER, MAINTENANCE, query, HotlistSettings(), audit_log)
    assert {each.match.entry.record_id: each.not_in_force for each in answers} == {
        "early": NotInForce.EARLY,
        "ended": NotInForce.ENDED,
        "hours": NotInForce.OUT_OF_HOURS,
        "area": None,
        "now": None,
    }
    assert [each.not_in_force is None for each in answers] == [True, True, False, False, False]


def test_it_is_for_who_may_see_plates(audit_log: ListAuditLog) -> None:
    visitor = Actor("p-2", "Visitor", QUEUE_PERMISSIONS)
    query = parse_plates("7ABC123", None, instant())
    with pytest.raises(AccessError):
        match_plate(ENTRIES, visitor, MAINTENANCE, query, HotlistSettings(), audit_log)


@pytest.mark.parametrize("text", ["7ABC?", "-", "12345678901", "7ABC123,"])
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
