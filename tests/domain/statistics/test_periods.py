"""The days of a report."""

from datetime import UTC, date, datetime, timedelta, tzinfo
from zoneinfo import ZoneInfo

import pytest

from alpr_edge.domain.errors import ReportError
from alpr_edge.domain.statistics.periods import DAYS_MAX, period_of_days, period_of_month

PACIFIC = ZoneInfo("America/Los_Angeles")
AUCKLAND = ZoneInfo("Pacific/Auckland")


def test_days_are_those_of_the_clock_on_the_wall() -> None:
    period = period_of_month("2026-11", PACIFIC)
    assert (period.since, period.until) == (date(2026, 11, 1), date(2026, 11, 30))
    begin, end = period.span
    assert begin == datetime(2026, 11, 1, 7, tzinfo=UTC)
    assert end == datetime(2026, 12, 1, 8, tzinfo=UTC)


def test_without_a_zone_they_are_those_of_this_computer() -> None:
    begin, end = period_of_month("2026-07").span
    local = [moment.astimezone() for moment in (begin, end)]
    assert [(each.month, each.day, each.hour, each.minute) for each in local] == [(7, 1, 0, 0), (8, 1, 0, 0)]


@pytest.mark.parametrize("text", ["", "2026", "2026-13", "11-2026", "2026-11-01", "november"])
def test_what_is_no_month_is_told(text: str) -> None:
    with pytest.raises(ReportError, match="not a month; it looks like 2026-11"):
        period_of_month(text, UTC)


def test_a_leap_year_has_its_day() -> None:
    assert period_of_month("2028-02", UTC).until == date(2028, 2, 29)


def test_days_end_after_they_begin_and_are_not_too_many() -> None:
    first = date(2026, 1, 1)
    assert period_of_days(first, first, UTC).span[1] - period_of_days(first, first, UTC).span[0] == timedelta(1)
    assert period_of_days(first, first + timedelta(DAYS_MAX - 1), UTC).until == date(2027, 1, 1)
    with pytest.raises(ReportError, match="366 days at most"):
        period_of_days(first, first + timedelta(DAYS_MAX), UTC)
    with pytest.raises(ReportError, match="before the first"):
        period_of_days(first, first - timedelta(1), UTC)


@pytest.mark.parametrize(
    ("since", "until", "zone"),
    [
        (date(9999, 12, 31), date.max, UTC),
        (date(9999, 12, 1), date.max, PACIFIC),
        (date(9999, 12, 1), date.max, None),
        (date.min, date(1, 1, 31), AUCKLAND),
        (date.min, date(1, 1, 31), None),
    ],
)
def test_days_at_an_end_of_the_calendar_are_told(since: date, until: date, zone: tzinfo | None) -> None:
    with pytest.raises(ReportError, match=f"^{since} to {until}: such days begin or end beyond the calendar$"):
        period_of_days(since, until, zone)
    with pytest.raises(ReportError, match="beyond the calendar"):
        period_of_month(f"{since:%Y-%m}".rjust(7, "0"), zone)


def test_the_days_before_an_end_of_the_calendar_have_a_period() -> None:
    last = date(9999, 12, 30)
    assert period_of_days(last, last, PACIFIC).span[1] == datetime(9999, 12, 31, 8, tzinfo=UTC)
    assert period_of_month("0001-01", UTC).span[0] == datetime(1, 1, 1, tzinfo=UTC)
    assert period_of_days(date(1, 1, 2), date(1, 1, 2)).since == date(1, 1, 2)
