"""Limits of a boot's times and of a position between fixes, by figures that one works out by hand."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from alpr_edge.domain.fixes import Fix, Position
from alpr_edge.domain.instants import NS_PER_S, Instant, UtcSource
from alpr_edge.domain.positioning import METRES_PER_DEGREE, SPEED_MPS_MAX, position_at
from alpr_edge.domain.timeline import Basis, Timeline

BOOTED = datetime(2026, 3, 2, 5, tzinfo=UTC)


def stamp(second: float, *, off_ms: float = 0.0, uncertainty_ms: float | None = 100.0) -> Instant:
    utc = BOOTED + timedelta(seconds=second, milliseconds=off_ms)
    return Instant("boot", round(second * NS_PER_S), utc, UtcSource.GNSS, uncertainty_ms)


def fix(
    second: float, lat_deg: float, lon_deg: float = 0.0, speed_mps: float | None = None, course_deg: float | None = None
) -> Fix:
    at = Instant("boot", round(second * NS_PER_S))
    return Fix(at, None, lat_deg, lon_deg, speed_mps, course_deg, 0.9, None, "gnss")


def place(fixes: list[Fix], second: float) -> Position:
    position = position_at(fixes, Instant("boot", round(second * NS_PER_S)), 60_000)
    assert position is not None
    return position


@pytest.mark.parametrize(("off_ms", "is_disputed"), [(200, False), (-200, False), (201, True), (-201, True)])
def test_pairs_at_one_moment_may_differ_by_what_both_are_unsure_of(off_ms: float, *, is_disputed: bool) -> None:
    assert Timeline("boot", [stamp(60), stamp(60, off_ms=off_ms)]).is_disputed is is_disputed


@pytest.mark.parametrize(("off_ms", "basis"), [(205.9, Basis.OWN), (206.2, Basis.DISPUTED), (-206.2, Basis.DISPUTED)])
def test_a_stamp_a_minute_from_the_pairs_may_be_off_by_the_crystal_s_drift_as_well(off_ms: float, basis: Basis) -> None:
    timeline = Timeline("boot", [stamp(60), stamp(60)])
    assert timeline.place(stamp(120, off_ms=off_ms)).basis is basis
    assert timeline.place(stamp(0, off_ms=-off_ms)).basis is basis


def test_a_pair_without_an_uncertainty_is_taken_for_exact() -> None:
    timeline = Timeline("boot", [stamp(60, uncertainty_ms=None), stamp(60)])
    assert timeline.place(Instant("boot", 60 * NS_PER_S)).uncertainty_ms == pytest.approx(0.0)
    assert not timeline.is_disputed


def test_of_pairs_that_are_unsure_by_turns_the_surest_counts_on_either_side() -> None:
    timeline = Timeline(
        "boot", [stamp(0, uncertainty_ms=50), stamp(100, uncertainty_ms=500), stamp(200, uncertainty_ms=50)]
    )
    for second, uncertainty_ms in ((0, 50), (50, 55), (100, 60), (150, 55), (200, 50), (300, 60)):
        placement = timeline.place(Instant("boot", second * NS_PER_S))
        assert placement.utc == BOOTED + timedelta(seconds=second)
        assert placement.uncertainty_ms == pytest.approx(uncertainty_ms)


def test_two_pairs_settle_a_boot_and_one_does_not() -> None:
    assert [Timeline("boot", [stamp(60)] * count).is_settled for count in range(3)] == [False, False, True]
    assert not Timeline("boot", [stamp(60), stamp(61, off_ms=900)]).is_settled


def test_between_two_fixes_the_nearer_one_says_how_good_the_place_is() -> None:
    fixes = [replace(fix(100, 10.0, speed_mps=1.0), hdop=1.0), replace(fix(104, 10.0004, speed_mps=2.0), hdop=2.0)]
    for second, hdop, speed_mps in ((101.0, 1.0, 1.0), (101.9, 1.0, 1.0), (102.0, 2.0, 2.0), (103.0, 2.0, 2.0)):
        at = place(fixes, second)
        assert at.lat_deg == pytest.approx(10 + 0.0001 * (second - 100))
        assert (at.hdop, at.speed_mps) == (hdop, speed_mps)
        assert at.age_ms == pytest.approx(min(second - 100, 104 - second) * 1000)


@pytest.mark.parametrize(("metres", "is_between"), [(SPEED_MPS_MAX * 4 - 1, True), (SPEED_MPS_MAX * 4 + 1, False)])
def test_no_car_is_faster_than_a_hundred_metres_a_second(metres: float, *, is_between: bool) -> None:
    for lat_deg, lon_deg in ((metres / METRES_PER_DEGREE, 0.0), (0.0, metres / METRES_PER_DEGREE)):
        at = place([fix(100, 0.0), fix(104, lat_deg, lon_deg)], 101.0)
        expected = 0.25 if is_between else 0.0
        assert (at.lat_deg, at.lon_deg) == pytest.approx((expected * lat_deg, expected * lon_deg))


def test_two_fixes_of_one_moment_have_a_tenth_of_a_second_between_them() -> None:
    near, far = (SPEED_MPS_MAX * 0.1 * factor / METRES_PER_DEGREE for factor in (0.9, 1.1))
    assert place([fix(100, 0.0), fix(100, near)], 100.0).lat_deg == pytest.approx(near)
    assert place([fix(100, 0.0), fix(100, far)], 100.0).lat_deg == pytest.approx(far)


@pytest.mark.parametrize(
    ("course_deg", "north_m", "east_m"), [(0, 20, 0), (90, 0, 20), (180, -20, 0), (270, 0, -20), (53.1301, 12, 16)]
)
def test_after_the_last_fix_a_car_goes_on_along_its_course(course_deg: float, north_m: float, east_m: float) -> None:
    at = place([fix(100, 60.0, 10.0, speed_mps=10.0, course_deg=course_deg)], 102.0)
    assert (at.lat_deg - 60) * METRES_PER_DEGREE == pytest.approx(north_m, abs=1e-3)
    assert (at.lon_deg - 10) * METRES_PER_DEGREE / 2 == pytest.approx(east_m, abs=2e-3)
    assert (at.speed_mps, at.course_deg, at.source, at.age_ms) == (10.0, course_deg, "gnss", 2000.0)


@pytest.mark.parametrize(("values"), [{}, {"speed_mps": 10.0}, {"course_deg": 90.0}])
def test_without_speed_or_course_the_place_is_that_of_the_fix(values: dict[str, float]) -> None:
    at = place([fix(100, 60.0, 10.0, **values)], 102.0)
    assert (at.lat_deg, at.lon_deg) == pytest.approx((60.0, 10.0))


def test_a_place_stays_on_the_globe() -> None:
    north = place([fix(100, 89.9999, 10.0, speed_mps=50.0, course_deg=0.0)], 102.0)
    south = place([fix(100, -89.9999, 10.0, speed_mps=50.0, course_deg=180.0)], 102.0)
    east = place([fix(100, 0.0, 179.9999, speed_mps=50.0, course_deg=90.0)], 102.0)
    assert (north.lat_deg, south.lat_deg) == (90.0, -90.0)
    assert east.lon_deg == pytest.approx(-180 + 100 / METRES_PER_DEGREE - 0.0001)
