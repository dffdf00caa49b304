"""Sunrise and sunset to the minute as NREL published them with its algorithm (Reda and Andreas, TP-560-34302)."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone

import pytest

from alpr_edge.position.sun import is_bright, is_sun_up
from tests.position.test_fix_history import fix_at

GOLDEN, SOUTH = (39.742476, -105.1786), (-35.0, 0.0)
MST = timezone(timedelta(hours=-7))
MINUTE = timedelta(minutes=1)


@pytest.mark.parametrize(
    ("place", "sunrise", "sunset"),
    [
        (GOLDEN, datetime(2015, 1, 2, 7, 21, 55, tzinfo=MST), datetime(2015, 1, 2, 16, 47, 43, tzinfo=MST)),
        (SOUTH, datetime(1996, 7, 5, 7, 8, 15, tzinfo=UTC), datetime(1996, 7, 5, 17, 1, 4, tzinfo=UTC)),
        (SOUTH, datetime(2004, 12, 4, 4, 38, 57, tzinfo=UTC), datetime(2004, 12, 4, 19, 2, 2, tzinfo=UTC)),
    ],
)
def test_it_is_day_from_sunrise_to_sunset(place: tuple[float, float], sunrise: datetime, sunset: datetime) -> None:
    fix = replace(fix_at(0), lat_deg=place[0], lon_deg=place[1])
    moments = (sunrise - MINUTE, sunrise + MINUTE, sunset - MINUTE, sunset + MINUTE)
    assert [is_sun_up(fix, moment.astimezone(UTC)) for moment in moments] == [False, True, True, False]


def test_the_sun_of_midsummer_at_the_poles() -> None:
    noon = datetime(2026, 6, 21, 12, tzinfo=UTC)
    assert [is_sun_up(replace(fix_at(0), lat_deg=pole), noon) for pole in (90.0, -90.0)] == [True, False]


def test_it_is_bright_from_two_thirds_of_an_hour_after_sunrise_on_in_a_southern_winter() -> None:
    """There the sun climbs some 11 degrees an hour at first."""
    fix, sunrise = replace(fix_at(0), lat_deg=SOUTH[0], lon_deg=SOUTH[1]), datetime(1996, 7, 5, 7, 8, 15, tzinfo=UTC)
    assert [is_bright(fix, sunrise + minutes * MINUTE) for minutes in (1, 30, 46, 300)] == [False, False, True, True]
