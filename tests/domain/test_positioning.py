import math
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alpr_edge.domain.fixes import Fix, Position
from alpr_edge.domain.instants import Instant
from alpr_edge.domain.positioning import METRES_PER_DEGREE, position_at

BOOT = Instant("boot", 0)
FIX = Fix(BOOT, None, 37.0, -121.0, None, None, 0.9, 8, "serial:test")


def fix(
    second: float,
    lat_deg: float = 37.0,
    lon_deg: float = -121.0,
    speed_mps: float | None = None,
    course_deg: float | None = None,
) -> Fix:
    received_at = BOOT.shift(second * 1000)
    moving = replace(FIX, speed_mps=speed_mps, course_deg=course_deg)
    return replace(moving, received_at=received_at, lat_deg=lat_deg, lon_deg=lon_deg)


def at(second: float, *fixes: Fix, age_ms_max: float = 5000) -> Position | None:
    return position_at(fixes, BOOT.shift(second * 1000), age_ms_max)


def known_position(second: float, *fixes: Fix) -> Position:
    position = at(second, *fixes)
    assert position is not None
    return position


def test_frame_between_two_fixes_lies_between_them() -> None:
    position = known_position(10.25, fix(10, 37.0, -121.0), replace(fix(11, 37.0002, -121.0001), hdop=2.0))
    assert (position.lat_deg, position.lon_deg) == pytest.approx((37.00005, -121.000025))
    assert (position.age_ms, position.hdop, position.source) == (250, 0.9, "serial:test")


def test_frame_on_a_fix_stands_there() -> None:
    position = known_position(11, fix(10, 37.0), fix(11, 37.0002), fix(12, 37.0004))
    assert position.lat_deg == pytest.approx(37.0002)
    assert position.age_ms == 0


def test_frame_after_the_last_fix_is_carried_along_its_course() -> None:
    position = known_position(12, fix(10, 37.0, -121.0, speed_mps=20.0, course_deg=90.0))
    east_m = (position.lon_deg + 121.0) * METRES_PER_DEGREE * math.cos(math.radians(37))
    assert east_m == pytest.approx(40.0, abs=0.01)
    assert position.lat_deg == pytest.approx(37.0)


def test_frame_before_the_first_fix_is_carried_back() -> None:
    position = known_position(9, fix(10, 37.0, speed_mps=20.0, course_deg=0.0))
    assert (37.0 - position.lat_deg) * METRES_PER_DEGREE == pytest.approx(20.0)


def test_fix_without_course_stands_still() -> None:
    assert known_position(13, fix(10, 37.0, speed_mps=20.0)).lat_deg == 37.0


def test_age_limit_leaves_out_old_fixes() -> None:
    assert at(15.001, fix(10)) is None
    assert at(15, fix(10)) is not None
    assert at(20, fix(10), fix(30)) is None
    assert at(10) is None
    position = known_position(29, fix(10, 36.0), fix(30, 37.0))
    assert (position.lat_deg, position.age_ms) == (37.0, 1000)


def test_fix_of_another_boot_says_nothing() -> None:
    assert position_at([FIX], Instant("later", 0), 5000) is None


def test_receivers_jump_is_not_interpolated() -> None:
    assert known_position(10.3, fix(10, 37.0), fix(11, 37.1)).lat_deg == 37.0
    assert known_position(10.7, fix(10, 37.0), fix(11, 37.1)).lat_deg == 37.1


def test_date_line_is_crossed_the_short_way() -> None:
    position = known_position(10.75, fix(10, 52.0, 179.9998), fix(11, 52.0, -179.9998))
    assert position.lon_deg == pytest.approx(-179.9999)


coordinates = st.tuples(st.floats(-90, 90), st.floats(-180, 180))


@given(
    st.lists(st.tuples(st.floats(0, 100), coordinates, st.floats(0, 80), st.floats(0, 360)), max_size=8),
    st.floats(-10, 110),
)
def test_position_is_on_earth_and_its_age_is_that_of_the_nearest_fix(
    raw: list[tuple[float, tuple[float, float], float, float]], second: float
) -> None:
    fixes = [fix(t, *place, speed, course) for t, place, speed, course in sorted(raw)]
    position = at(second, *fixes)
    now = BOOT.shift(second * 1000)
    ages = [abs(now.ms_since(one.received_at)) for one in fixes]
    if position is None:
        assert all(age > 5000 for age in ages)
    else:
        assert position.age_ms == min(ages)
        assert abs(position.lat_deg) <= 90
        assert -180 <= position.lon_deg <= 180


@given(st.floats(0, 1), coordinates)
def test_interpolated_place_lies_between(share: float, place: tuple[float, float]) -> None:
    lat_deg, lon_deg = place
    there = min(90.0, lat_deg + 1e-4)
    position = known_position(10 + share, fix(10, lat_deg, lon_deg), fix(11, there, lon_deg))
    assert lat_deg - 1e-9 <= position.lat_deg <= there + 1e-9
