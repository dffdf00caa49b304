from datetime import UTC, datetime, time
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alpr_edge.domain.fixes import Position
from alpr_edge.domain.restrictions import DAYS, RADIUS_M_MAX, Area, Hours

PACIFIC = ZoneInfo("America/Los_Angeles")
MODESTO = Area(37.639, -120.997, 500.0)


def place(lat_deg: float, lon_deg: float) -> Position:
    return Position(lat_deg, lon_deg, 0.0, None, "test")


def local(day: int, clock: str) -> datetime:
    """A moment of the week of Monday 23 November 2026."""
    return datetime.combine(datetime(2026, 11, 22 + day, tzinfo=UTC), time.fromisoformat(clock), PACIFIC)


@pytest.mark.parametrize(
    ("lat_deg", "lon_deg", "inside"),
    [
        (37.639, -120.997, True),
        (37.6434, -120.997, True),
        (37.6436, -120.997, False),
        # A degree of longitude is shorter here: 88 km.
        (37.639, -121.0026, True),
        (37.639, -121.0028, False),
        (-37.639, -120.997, False),
    ],
)
def test_an_area_ends_at_its_radius(lat_deg: float, lon_deg: float, inside: bool) -> None:
    assert MODESTO.contains(place(lat_deg, lon_deg)) is inside


def test_an_area_goes_over_the_date_line_and_the_pole() -> None:
    assert Area(0, 179.999, 500).contains(place(0, -179.999))
    assert Area(89.999, 0, 500).contains(place(89.999, 180))


@given(st.floats(-90, 90), st.floats(-180, 180), st.floats(0.01, RADIUS_M_MAX))
def test_an_areas_text_reads_back_to_the_bit(lat_deg: float, lon_deg: float, radius_m: float) -> None:
    area = Area(lat_deg, lon_deg, radius_m)
    assert Area.parse(str(area)) == area


@pytest.mark.parametrize(
    "text", ["", "1,2", "1,2,3,4", "91,0,5", "0,181,5", "0,0,0", "0,0,-1", "0,0,nan", "a,b,c", "0,0,inf"]
)
def test_text_that_is_no_area_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="latitude,longitude,radius"):
        Area.parse(text)


@pytest.mark.parametrize(
    ("hours", "at", "inside"),
    [
        ("08:00-17:30", local(1, "07:59"), False),
        ("08:00-17:30", local(1, "08:00"), True),
        ("08:00-17:30", local(7, "17:29"), True),
        ("08:00-17:30", local(7, "17:30"), False),
        ("Mo-Fr 08:00-17:30", local(5, "12:00"), True),
        ("Mo-Fr 08:00-17:30", local(6, "12:00"), False),
        ("We 00:00-00:00", local(3, "23:59"), True),
        ("We 00:00-00:00", local(4, "00:00"), False),
        ("Fr 22:00-06:00", local(5, "22:00"), True),
        ("Fr 22:00-06:00", local(6, "05:59"), True),
        ("Fr 22:00-06:00", local(6, "06:00"), False),
        ("Fr 22:00-06:00", local(5, "05:00"), False),
        ("Sa-Mo 10:00-11:00", local(7, "10:30"), True),
        ("Sa-Mo 10:00-11:00", local(1, "10:30"), True),
        ("Sa-Mo 10:00-11:00", local(2, "10:30"), False),
        ("Su 22:00-06:00", local(1, "01:00"), True),
        ("08:00-09:00 UTC", local(1, "00:30"), True),
        ("08:00-09:00 UTC", local(1, "08:30"), False),
    ],
)
def test_hours_hold_from_begin_to_end_on_their_days(hours: str, at: datetime, inside: bool) -> None:
    assert Hours.parse(hours).hold(at) is inside
    assert Hours.parse(hours).hold(at.astimezone(UTC)) is inside


@given(st.integers(0, 6), st.integers(0, 6), st.times(), st.times(), st.sampled_from(["UTC", "America/Los_Angeles"]))
def test_their_text_reads_back(first: int, last: int, begin: time, end: time, zone: str) -> None:
    hours = Hours(first, last, begin.replace(second=0, microsecond=0), end.replace(second=0, microsecond=0), zone)
    assert Hours.parse(str(hours), "Europe/Berlin") == hours


def test_one_day_and_no_day() -> None:
    assert Hours.parse("Th 08:00-09:00") == Hours(3, 3, time(8), time(9), "America/Los_Angeles")
    assert Hours.parse("08:00-09:00", "UTC") == Hours(0, len(DAYS) - 1, time(8), time(9), "UTC")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "8-17",
        "Mo 08:00",
        "Mo-Fr",
        "Xx 08:00-09:00",
        "24:00-25:00",
        "08:60-09:00",
        "08:00-09:00 Nowhere/At",
        "08:00-09:00 America",
    ],
)
def test_text_that_is_no_hours_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"hours|time zone"):
        Hours.parse(text)
