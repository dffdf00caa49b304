"""Which fixes say where the car is: none of real receivers is refused, and what a car cannot do is."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from alpr_edge.domain.fixes import Fix
from alpr_edge.domain.instants import Instant
from alpr_edge.domain.motion.fix_check import (
    GAP_S,
    METRES_PER_DEGREE,
    SETTLED_S,
    STUCK_S,
    FixCheck,
    FixFault,
    is_possible,
    possible_fixes,
)
from alpr_edge.position.log_source import LogSource

BOOT = Instant("boot", 0)
NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
SPEED_MPS = 15.0
FIXES_OF_LOGS_MIN = 850


def drive(seconds: Iterable[float], speed_mps: float | None = SPEED_MPS, **changes: float) -> list[Fix]:
    """Fixes of a car that drives north at that speed, or stands where it reports none."""
    return [
        Fix(
            received_at=BOOT.shift(second * 1000),
            utc=NOON + timedelta(seconds=second),
            lat_deg=37.0 + second * SPEED_MPS / METRES_PER_DEGREE,
            lon_deg=-121.0 + changes.get("east_m", 0.0) / METRES_PER_DEGREE / 0.798,
            speed_mps=speed_mps,
            course_deg=0.0,
            hdop=0.9,
            satellites=8,
            source="test",
        )
        for second in seconds
    ]


def faults_of(fixes: Sequence[Fix]) -> list[FixFault | None]:
    check = FixCheck()
    return [check.check(fix) for fix in fixes]


def at_place_of(fix: Fix, fixes: Iterable[Fix]) -> list[Fix]:
    return [replace(each, lat_deg=fix.lat_deg, lon_deg=fix.lon_deg) for each in fixes]


def test_no_fix_of_a_real_receiver_is_refused(shared_data: Path) -> None:
    fix_count = 0
    for path in sorted((shared_data / "nmea").glob("*.log")):
        fixes = list(LogSource(path).fixes())
        fix_count += len(fixes)
        assert faults_of(fixes) == [None] * len(fixes), path.name
    assert fix_count > FIXES_OF_LOGS_MIN


def test_a_car_that_drives_brakes_and_stands_is_believed() -> None:
    stops = [replace(fix, speed_mps=0.2) for fix in at_place_of(drive([60])[0], drive(range(61, 200)))]
    assert faults_of(drive(range(60)) + stops) == [None] * 199
    assert faults_of(drive(range(60), speed_mps=None)) == [None] * 60, "a receiver that tells no speed"


@pytest.mark.parametrize("east_m", [400.0, 5_000.0, 3_000_000.0, -400.0])
def test_one_place_that_no_car_can_reach_is_left_out_and_the_next_is_used(east_m: float) -> None:
    fixes = drive(range(20))
    fixes[10] = drive([10], east_m=east_m)[0]
    assert faults_of(fixes) == [None] * 10 + [FixFault.JUMPS] + [None] * 9
    assert [fix.received_at for fix in possible_fixes(fixes)] == [
        each.received_at for each in fixes if each != fixes[10]
    ]


def test_a_receiver_that_is_elsewhere_for_good_is_used_again_once_its_fixes_agree() -> None:
    fixes = drive(range(10)) + drive(range(10, 30), east_m=900.0)
    faults = faults_of(fixes)
    assert faults == [None] * 10 + [FixFault.JUMPS] * int(SETTLED_S) + [None] * (20 - int(SETTLED_S))


def test_a_receiver_that_jumps_to_and_fro_is_used_only_where_the_car_can_be() -> None:
    fixes = [drive([second], east_m=900.0 * (second % 3 == 2))[0] for second in range(40)]
    assert faults_of(fixes) == [FixFault.JUMPS if second % 3 == 2 else None for second in range(40)]
    wild = drive(range(5)) + [drive([second], east_m=900.0 * second)[0] for second in range(5, 25)]
    assert faults_of(wild) == [None] * 5 + [FixFault.JUMPS] * 20


@pytest.mark.parametrize(("east_m", "refused"), [(0.0, 0), (20_000.0, int(SETTLED_S))])
def test_a_receiver_that_gives_wild_places_for_long_is_used_again_where_the_car_can_be_or_once_it_agrees(
    east_m: float, refused: int
) -> None:
    assert GAP_S < 90
    wild = drive(range(5)) + [drive([second], east_m=5_000.0 * second)[0] for second in range(5, 95)]
    good = drive(range(95, 120), east_m=east_m)
    used_again = [FixFault.JUMPS] * refused + [None] * (len(good) - refused)
    assert faults_of(wild + good) == [None] * 5 + [FixFault.JUMPS] * 90 + used_again


def test_after_a_gap_a_receiver_is_believed_again() -> None:
    fixes = drive(range(5)) + drive([GAP_S + 5, GAP_S + 6], east_m=20_000.0)
    assert faults_of(fixes) == [None] * 7


def test_the_same_place_at_a_speed_is_stuck_until_it_changes() -> None:
    place, still = drive([9])[0], int(STUCK_S)
    fixes = drive(range(10)) + at_place_of(place, drive(range(10, 20))) + drive([20, 21])
    assert faults_of(fixes) == [None] * (9 + still) + [FixFault.STUCK] * (11 - still) + [None] * 2


def test_a_jump_at_the_moment_that_a_parked_car_reports_a_speed_is_no_standstill() -> None:
    parked = [
        replace(fix, speed_mps=4.0 * (number % 4 == 0))
        for number, fix in enumerate(at_place_of(drive([0])[0], drive(range(60))))
    ]
    assert faults_of(parked) == [None] * 60, "a speed that comes and goes is noise"


@pytest.mark.parametrize(
    ("arrival_s", "utc_s", "metres", "possible"),
    [
        (1.0, 1.0, 149.9, True),  # 40 m/s and 10 more, over a second and another, and 50 m
        (1.0, 1.0, 150.1, False),
        (1.0, 3.0, 329.9, True),  # by the receiver's time, over four seconds
        (1.0, 3.0, 330.2, False),
        (3.0, 1.0, 329.9, True),  # by its arrival
        (3.0, 1.0, 330.2, False),
        (1.0, None, 149.9, True),
        (1.0, None, 150.1, False),
    ],
)
def test_a_car_goes_no_further_than_its_speed_and_the_longer_time_let_it(
    arrival_s: float, utc_s: float | None, metres: float, *, possible: bool
) -> None:
    (before,) = drive([0.0], 40.0)
    after = replace(
        before,
        received_at=BOOT.shift(arrival_s * 1000),
        utc=None if utc_s is None else NOON + timedelta(seconds=utc_s),
        lat_deg=before.lat_deg + metres / METRES_PER_DEGREE,
    )
    assert is_possible(before, after) is possible
    assert is_possible(before, replace(after, speed_mps=None)) is (
        metres <= 100 * (max(arrival_s, utc_s or 0) + 1) + 50
    )
