import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alpr_edge.domain.instants import (
    NS_PER_S,
    Instant,
    UtcSource,
    is_rfc3339,
    moment_in,
    rfc3339,
    to_utc,
    typed_moment,
)

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
START = Instant("boot-1", 5 * NS_PER_S, NOON, UtcSource.GNSS, 0.5)


def test_milliseconds_between_two_instants() -> None:
    assert START.shift(1500).ms_since(START) == 1500.0
    assert START.ms_since(START.shift(1500)) == -1500.0


def test_instants_of_different_boots_do_not_compare() -> None:
    with pytest.raises(ValueError, match="different boots"):
        START.ms_since(Instant("boot-2", 0))


@given(st.integers(-10_000_000, 10_000_000))
def test_shifting_moves_both_clocks_and_keeps_what_is_known_of_them(milliseconds: int) -> None:
    later = START.shift(milliseconds)
    assert later.utc == NOON + timedelta(milliseconds=milliseconds)
    assert (later.boot_id, later.utc_source, later.uncertainty_ms) == ("boot-1", UtcSource.GNSS, 0.5)
    assert later.shift(-milliseconds) == START


def test_shifting_an_unknown_utc_leaves_it_unknown() -> None:
    assert Instant("boot-1", 0).shift(10) == Instant("boot-1", 10_000_000)


@pytest.mark.parametrize(
    ("source", "trusted"),
    [(UtcSource.GNSS, True), (UtcSource.NTP, True), (UtcSource.RTC, False), (UtcSource.UNKNOWN, False)],
)
def test_only_a_receiver_or_a_time_server_is_trusted(source: UtcSource, trusted: bool) -> None:
    assert Instant("boot-1", 0, NOON, source).trusted is trusted


def test_without_utc_nothing_is_trusted() -> None:
    assert not Instant("boot-1", 0, None, UtcSource.GNSS).trusted


@pytest.mark.parametrize(
    ("moment", "text"),
    [
        (NOON, "2026-03-01T12:00:00.000Z"),
        (NOON.replace(microsecond=123_999), "2026-03-01T12:00:00.123Z"),
        (NOON.astimezone(timezone(timedelta(hours=-8))), "2026-03-01T12:00:00.000Z"),
    ],
)
def test_rfc3339(moment: datetime, text: str) -> None:
    assert rfc3339(moment) == text


@pytest.fixture
def california(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The computer's own zone is not UTC, as a unit's may be."""
    monkeypatch.setenv("TZ", "America/Los_Angeles")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


def test_rfc3339_is_utc_in_whatever_zone_the_computer_is(california: None) -> None:
    assert NOON.astimezone().hour == 4
    assert rfc3339(NOON) == "2026-03-01T12:00:00.000Z"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("2026-05-04T12:00:00", "a moment needs its zone"),
        ("0001-01-01T00:00:00+23:59", "a moment outside the calendar"),
        ("9999-12-31T23:59:59-00:01", "a moment outside the calendar"),
    ],
)
def test_a_moment_without_a_zone_or_outside_the_calendar_is_none_in_utc(text: str, words: str) -> None:
    with pytest.raises(ValueError, match=f"^{words}$"):
        to_utc(datetime.fromisoformat(text))


def test_a_moment_of_another_zone_is_the_same_in_utc() -> None:
    moment = to_utc(datetime.fromisoformat("2026-05-04T14:00:00+02:00"))
    assert (moment, moment.tzinfo) == (datetime(2026, 5, 4, 12, tzinfo=UTC), UTC)


@given(st.datetimes(timezones=st.just(UTC)))
def test_a_moment_is_read_back_from_its_text(moment: datetime) -> None:
    assert is_rfc3339(rfc3339(moment))
    assert moment_in(rfc3339(moment)) == moment.replace(microsecond=moment.microsecond // 1000 * 1000)


@pytest.mark.parametrize("text", ["2026-03-01T13:00:00+01:00", "2026-03-01T12:00:00.000000Z"])
def test_a_moment_may_have_another_zone_or_more_digits(text: str) -> None:
    assert (is_rfc3339(text), moment_in(text)) == (True, NOON)


@pytest.mark.parametrize(
    "text",
    ["", "yesterday", "2026-03-01T12:00:00", "2026-13-01T12:00:00Z", "0001-01-01T00:00:00+14:00", "2026-03-01"],
)
def test_a_text_that_is_no_moment_with_a_zone_says_none(text: str) -> None:
    assert (is_rfc3339(text), moment_in(text)) == (False, None)


def test_a_text_of_another_standard_is_not_of_this_one() -> None:
    assert (is_rfc3339("20260301T120000Z"), moment_in("20260301T120000Z"), moment_in(None)) == (False, NOON, None)


@pytest.mark.parametrize(
    ("text", "is_end", "moment"),
    [
        ("2026-05-04", False, datetime(2026, 5, 4).astimezone()),
        (" 2026-05-04 ", True, datetime(2026, 5, 5).astimezone()),
        ("20260504", True, datetime(2026, 5, 5).astimezone()),
        ("2026-05-04T18:00", True, datetime(2026, 5, 4, 18).astimezone()),
        ("2026-05-04T00:00Z", True, datetime(2026, 5, 4, tzinfo=UTC)),
    ],
)
def test_a_date_alone_ends_with_its_day_and_begins_with_it(text: str, is_end: bool, moment: datetime) -> None:
    assert typed_moment(text, is_end=is_end) == moment
    assert typed_moment(text, is_end=is_end).tzinfo is not None


@pytest.mark.parametrize(("text", "is_end"), [("soon", True), ("9999-12-31", True), ("9999-12-31T23:59-12:00", False)])
def test_a_typed_text_that_is_no_moment_of_the_calendar_is_refused(text: str, is_end: bool) -> None:
    with pytest.raises(ValueError, match=r"."):
        typed_moment(text, is_end=is_end)
