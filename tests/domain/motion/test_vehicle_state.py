"""Whether the car is at speed: at once when it starts, no more two seconds after it stops; unknown is at speed."""

from dataclasses import replace

import pytest

from alpr_edge.domain.fixes import Fix
from alpr_edge.domain.instants import Instant
from alpr_edge.domain.motion.vehicle_state import DAY_AGE_MS_MAX, SPEED_MPS_MAX, VehicleState

BOOT = Instant("boot", 10**12)
SLOW, FAST = 0.0, 11.1


def at(second: float) -> Instant:
    return BOOT.shift(second * 1000)


def fix(second: float, speed_mps: float | None) -> Fix:
    return Fix(at(second), None, 37.6, -121.0, speed_mps, None, 0.9, 8, "serial:test")


def after(*fixes: tuple[float, float | None]) -> VehicleState:
    """The state after fixes of so many seconds and speeds."""
    state = VehicleState(BOOT)
    for second, speed_mps in fixes:
        state = state.follow(fix(second, speed_mps), at(second), is_day=True)
    return state


def is_at_speed(second: float, *fixes: tuple[float, float | None]) -> bool:
    return after(*fixes).is_at_speed(at(second))


def test_without_a_fix_it_counts_as_at_speed() -> None:
    assert VehicleState(BOOT).is_at_speed(BOOT)
    assert VehicleState(BOOT).follow(None, at(5), is_day=None).is_at_speed(at(5))


@pytest.mark.parametrize(
    ("speed_mps", "expected"),
    [(0.0, False), (SPEED_MPS_MAX, False), (SPEED_MPS_MAX + 0.01, True), (None, True), (float("nan"), True)],
)
def test_eight_km_h_are_slow_and_more_is_not(speed_mps: float | None, expected: bool) -> None:
    assert is_at_speed(2.0, (0, speed_mps), (1, speed_mps), (2, speed_mps)) is expected


def test_a_car_that_stops_is_slow_after_two_seconds_and_one_that_starts_is_fast_at_once() -> None:
    stopped = ((0, FAST), (1, SLOW), (2, SLOW), (3, SLOW))
    assert [is_at_speed(now, *stopped[: now + 1]) for now in range(4)] == [True, True, True, False]
    assert is_at_speed(4, *stopped, (4, FAST))
    assert is_at_speed(5, *stopped, (4, FAST), (5, SLOW)), "the two seconds begin anew"


def test_a_speed_of_more_than_three_seconds_ago_is_not_known() -> None:
    standing = ((0, SLOW), (1, SLOW), (2, SLOW))
    assert [is_at_speed(now, *standing) for now in (2.0, 5.0, 5.01)] == [False, False, True]


def test_after_a_gap_the_two_seconds_begin_anew() -> None:
    assert is_at_speed(6, (0, SLOW), (2, SLOW), (6, SLOW))
    assert not is_at_speed(8, (0, SLOW), (2, SLOW), (6, SLOW), (8, SLOW))


def test_the_same_fix_again_changes_nothing_but_the_time() -> None:
    once = after((0, SLOW), (1, SLOW))
    assert once.follow(fix(1, SLOW), at(9), is_day=True) == replace(once, written_at=at(9))


def test_a_state_of_another_boot_or_of_a_moment_to_come_says_nothing() -> None:
    state = after((0, SLOW), (2, SLOW))
    assert state.is_at_speed(replace(at(2), boot_id="later"))
    assert state.is_at_speed(at(1))
    assert state.is_day_at(replace(at(2), boot_id="later")) is None


def test_it_stays_known_for_ten_minutes_that_it_is_day() -> None:
    state = after((0, FAST))
    limit = BOOT.shift(DAY_AGE_MS_MAX)
    assert [state.is_day_at(moment) for moment in (BOOT, limit, limit.shift(1))] == [True, True, None]
