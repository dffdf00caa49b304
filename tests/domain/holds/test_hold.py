"""Holds: what their terms have to say, until when they keep their reads, and how an end is typed (policy 462.5)."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alpr_edge.domain.errors import HoldError
from alpr_edge.domain.holds.hold import (
    CASE_CHARACTERS_MAX,
    REASON_CHARACTERS_MAX,
    Hold,
    HoldKind,
    HoldPerson,
    HoldTerms,
    check_release_reason,
    check_terms,
    covers,
    parse_hold_end,
)
from tests.store.records import instant

NOW = datetime(2026, 5, 4, 12, 30, tzinfo=UTC)
TERMS = HoldTerms(HoldKind.READ, "read-1", "26-001234", "robbery", NOW)
HOLD = Hold("hold-1", TERMS, HoldPerson("ana", "Ana Ruiz"), instant())
MOMENT = timedelta(microseconds=1)


def test_a_hold_keeps_its_reads_until_its_end() -> None:
    assert HOLD.is_in_force(NOW - MOMENT)
    assert not HOLD.is_in_force(NOW)
    assert not HOLD.is_in_force(NOW + MOMENT)


def test_without_a_clock_or_an_end_no_hold_is_over() -> None:
    assert HOLD.is_in_force(None)
    assert replace(HOLD, terms=replace(TERMS, until=None)).is_in_force(datetime.max.replace(tzinfo=UTC))


def test_a_released_hold_keeps_nothing() -> None:
    assert not replace(HOLD, released=instant()).is_in_force(NOW - MOMENT)
    assert not replace(HOLD, released=instant()).is_in_force(None)


@pytest.mark.review2(16)
def test_reasons_of_holds_take_no_plate() -> None:
    with pytest.raises(HoldError, match="seems to name a plate"):
        check_terms(replace(TERMS, reason="robbery by the driver of 7ABC123"), None)
    with pytest.raises(HoldError, match="seems to name a plate"):
        check_release_reason("7ABC 123 was sold before")


def test_terms_lose_outer_blanks_and_the_case_takes_its_one_form() -> None:
    typed = replace(TERMS, case_number=" 26-ab1 ", reason="  robbery at 5th  ")
    assert check_terms(typed, None) == replace(TERMS, case_number="26-AB1", reason="robbery at 5th")


def test_terms_may_have_their_full_length() -> None:
    longest = replace(TERMS, case_number="1" * CASE_CHARACTERS_MAX, reason="r" * REASON_CHARACTERS_MAX)
    assert check_terms(longest, None) == longest


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"case_number": " "}, "^the case number is empty; a hold needs one$"),
        ({"reason": ""}, "^the reason is empty; a hold needs one$"),
        ({"case_number": "1" * 65}, "^case number: expected at most 64 printable characters$"),
        ({"reason": "r" * 201}, "^reason: expected at most 200 printable characters$"),
        ({"reason": "two\nlines"}, "^reason: expected at most 200 printable characters$"),
        ({"case_number": "26\u202e1"}, "^case number: expected at most 64 printable characters$"),
    ],
)
def test_terms_that_say_nothing_too_much_or_cannot_be_printed_are_refused(changes: dict[str, str], says: str) -> None:
    with pytest.raises(HoldError, match=says):
        check_terms(replace(TERMS, **changes), None)  # type: ignore[arg-type] # texts


def test_an_end_that_has_passed_is_refused_where_a_clock_tells() -> None:
    with pytest.raises(
        HoldError, match=r"^the hold would have ended already \(2026-05-04T12:30:00\.000Z\); give a later end$"
    ):
        check_terms(TERMS, NOW)
    assert check_terms(TERMS, NOW - MOMENT) == TERMS
    assert check_terms(TERMS, None) == TERMS
    assert check_terms(replace(TERMS, until=None), NOW).until is None


@pytest.mark.parametrize("text", [None, "", "  "])
def test_no_end_is_none(text: str | None) -> None:
    assert parse_hold_end(text) is None


@pytest.mark.parametrize(
    ("text", "end"),
    [
        ("2026-12-31T18:00Z", datetime(2026, 12, 31, 18, tzinfo=UTC)),
        (" 2026-12-31T18:00:05-08:00 ", datetime(2027, 1, 1, 2, 0, 5, tzinfo=UTC)),
        ("2026-12-31T18:00", datetime(2026, 12, 31, 18).astimezone(UTC)),  # local time
        ("2026-12-31", datetime(2026, 12, 31, 23, 59, 59).astimezone(UTC)),
        ("20261231", datetime(2026, 12, 31, 23, 59, 59).astimezone(UTC)),
    ],
)
def test_an_end_is_a_moment_or_the_last_second_of_a_day(text: str, end: datetime) -> None:
    parsed = parse_hold_end(text)
    assert parsed == end
    assert parsed is not None
    assert parsed.tzinfo is UTC


@pytest.mark.parametrize(
    "text", ["soon", "2026-13-01", "9999-12-31T23:59-12:00", "0001-01-01T00:00+12:00", "12/31/2026"]
)
def test_what_is_no_end_is_refused_with_an_example(text: str) -> None:
    with pytest.raises(HoldError, match=r"^the end of a hold is such as 2026-12-31 or 2026-12-31T18:00$"):
        parse_hold_end(text)


@given(st.none() | st.integers(-3, 3), st.none() | st.integers(-3, 3))
def test_a_hold_covers_terms_that_end_no_later(held: int | None, asked: int | None) -> None:
    until, other = (None if days is None else NOW + timedelta(days=days) for days in (held, asked))
    hold = replace(HOLD, terms=replace(TERMS, until=until))
    later = [float("inf") if days is None else days for days in (held, asked)]
    assert covers(hold, replace(TERMS, until=other)) == (later[0] >= later[1])
