"""A receiver that starts without memory is off by some leap seconds, until satellites tell it their number."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pytest

from alpr_edge.domain.errors import PositionError
from alpr_edge.domain.fixes import Fix
from alpr_edge.domain.instants import Instant, UtcSource
from alpr_edge.domain.timeline import Basis, Timeline
from alpr_edge.position.fix_collection import collect_fixes
from alpr_edge.position.fix_history import HEARD_MS, LEAP_ERROR_MS, FixHistory, GnssClock
from alpr_edge.runtime.clock import ReplayedClock
from tests.position.test_fix_history import BOOT, NOON, drive, fix_at

CHRONY_S = 30
"""How long chronyd takes to follow a receiver's correction."""
FIXES_MAX = 100
PAIRS_S = (5, 10, 20, 40, 60)
"""Times from pair to pair, the last one for good."""


def fixes_of(wrong_s: int, seconds: int, off_s: float) -> list[Fix]:
    """A fix a second of a receiver that is off for its first seconds, each arriving 100 to 250 ms late."""
    return [
        replace(
            fix_at(second, utc_offset_s=off_s if second < wrong_s else 0),
            received_at=BOOT.shift(1000 * second + 100 + second * 37 % 150),
        )
        for second in range(seconds)
    ]


def by_chronyd(at: Instant, wrong_s: int, off_s: float) -> Instant:
    """The computer's clock while chronyd follows the receiver of :func:`fixes_of`."""
    seconds = at.boottime_ns / 1e9
    wrong_by_s = off_s if seconds < wrong_s + CHRONY_S else 0.0
    return Instant("boot", at.boottime_ns, NOON + timedelta(seconds=seconds + wrong_by_s), UtcSource.GNSS, 550)


def pairs_of(wrong_s: int, seconds: int, off_s: float = 3.0, *, with_chrony: bool) -> list[Instant]:
    """The clock pairs that a unit stores of a drive."""
    pairs, due_ns, waits, fix_history = list[Instant](), 0, list(PAIRS_S), FixHistory(5000, FIXES_MAX)
    for fix in fixes_of(wrong_s, seconds, off_s):
        fix_history.add(fix)
        inner = by_chronyd(fix.received_at, wrong_s, off_s) if with_chrony else fix.received_at
        now = GnssClock(ReplayedClock(inner), fix_history).now()
        if now.trusted and now.boottime_ns >= due_ns:
            pairs.append(now)
            due_ns = now.boottime_ns + (waits.pop(0) if len(waits) > 1 else waits[0]) * 10**9
    return pairs


@pytest.mark.parametrize("with_chrony", [False, True])
@pytest.mark.parametrize("off_s", [1.0, 3.0, 4.0])
def test_a_receiver_that_hears_of_leap_seconds_late_disputes_no_time(off_s: float, *, with_chrony: bool) -> None:
    pairs = pairs_of(600, 1800, off_s, with_chrony=with_chrony)
    timeline = Timeline("boot", pairs)
    assert len(pairs) > 25
    assert not timeline.is_disputed
    for second in (300, 590, 700, 1500):
        read = next(pair for pair in pairs if pair.boottime_ns >= second * 10**9)
        placement = timeline.place(read)
        assert placement.basis is Basis.OWN
        assert placement.utc is not None
        assert placement.uncertainty_ms is not None
        off = placement.utc - NOON - timedelta(milliseconds=read.boottime_ns / 1e6)
        assert abs(off) <= timedelta(milliseconds=placement.uncertainty_ms)
    early = timeline.place(Instant("boot", 10**9))
    assert early.basis is Basis.PLACED
    assert early.uncertainty_ms is not None
    assert early.uncertainty_ms < 1200, "later pairs tell it more precisely than those of its time"


@pytest.mark.parametrize("with_chrony", [False, True])
def test_a_receiver_that_steps_after_an_hour_is_disputed(*, with_chrony: bool) -> None:
    pairs = pairs_of(3600, 4200, with_chrony=with_chrony)
    assert Timeline("boot", pairs).is_disputed


def test_the_time_of_a_receiver_is_less_certain_until_it_has_heard_the_almanac() -> None:
    fix_history, errors_ms = FixHistory(5000, FIXES_MAX), list[float]()
    for fix in drive(1000, 100):
        fix_history.add(fix)
        errors_ms.append(fix_history.leap_error_ms)
    fixes_heard = int(HEARD_MS / 1000)
    assert set(errors_ms[: fixes_heard + 4]) == {LEAP_ERROR_MS}, "fixes of four seconds confirm the first"
    assert set(errors_ms[fixes_heard + 4 :]) <= {0.0}
    for fix in drive(10):
        fix_history.add(replace(fix, received_at=replace(fix.received_at, boot_id="later")))
    assert fix_history.leap_error_ms == LEAP_ERROR_MS


def test_a_receiver_that_was_lost_before_it_heard_the_almanac_stays_uncertain() -> None:
    fix_history = FixHistory(5000, FIXES_MAX)
    for fix in drive(800):
        fix_history.add(fix)
    now = GnssClock(ReplayedClock(BOOT.shift(1_200_000)), fix_history).now()
    assert now.uncertainty_ms == 1000 + LEAP_ERROR_MS + 40


@pytest.mark.parametrize(("off_s", "error_ms"), [(0.0, 0.0), (2.0, LEAP_ERROR_MS), (-3.0, LEAP_ERROR_MS)])
def test_after_a_restart_an_earlier_time_of_the_boot_proves_the_receiver_s(off_s: float, error_ms: float) -> None:
    fix_history = FixHistory(5000, FIXES_MAX)
    fix_history.resume(replace(BOOT, utc=NOON, utc_source=UtcSource.GNSS, uncertainty_ms=1060))
    for fix in drive(70, 60, utc_offset_s=off_s):
        fix_history.add(fix)
    assert fix_history.leap_error_ms == error_ms


def test_a_time_that_may_lack_leap_seconds_itself_proves_nothing() -> None:
    fix_history = FixHistory(5000, FIXES_MAX)
    fix_history.resume(replace(BOOT, utc=NOON, utc_source=UtcSource.GNSS, uncertainty_ms=550 + LEAP_ERROR_MS))
    for fix in drive(70, 60):
        fix_history.add(fix)
    assert fix_history.leap_error_ms == LEAP_ERROR_MS


class TwoOpenings:
    """A receiver that is opened, vanishes for half an hour, and is then off by so many seconds."""

    def __init__(self, off_s: float) -> None:
        self._openings = [drive(1000), drive(2810, 2800, utc_offset_s=off_s)]

    def fixes(self) -> Iterator[Fix]:
        yield from self._openings.pop(0)
        if self._openings:
            raise PositionError("vanished")


@pytest.mark.parametrize(("off_s", "error_ms"), [(0.0, 0.0), (3.0, LEAP_ERROR_MS)])
def test_a_receiver_that_was_opened_again_may_have_been_without_power(off_s: float, error_ms: float) -> None:
    fix_history = FixHistory(5000, FIXES_MAX)
    collect_fixes(TwoOpenings(off_s), fix_history, lambda _: False)
    assert fix_history.time_fix() is not None
    assert fix_history.leap_error_ms == error_ms
