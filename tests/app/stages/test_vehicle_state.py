"""The stage that tells the page of the car: a new fix is told at once, without one the file stays fresh."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import structlog

from alpr_edge.app.stages.vehicle_state import VehicleStateStage
from alpr_edge.domain.instants import Instant, UtcSource
from alpr_edge.domain.motion.vehicle_state import VehicleState
from alpr_edge.domain.ports import Clock
from alpr_edge.position.fix_history import FixHistory
from alpr_edge.position.vehicle_state_file import read_vehicle_state
from alpr_edge.runtime.clock import ReplayedClock, SystemClock
from tests.app.stages.test_store_counts import until
from tests.position.test_fix_history import fix_at

STOP_S_MAX = 30.0


@contextmanager
def running(folder: Path, fixes: FixHistory, clock: Clock) -> Iterator[None]:
    stop = threading.Event()
    stage = VehicleStateStage(fixes, clock, folder)
    thread = threading.Thread(target=stage.run, args=(lambda: None, stop))
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join(STOP_S_MAX)
        stage.finish()
        assert not thread.is_alive()


def state_in(folder: Path) -> VehicleState:
    until(lambda: read_vehicle_state(folder) is not None)
    state = read_vehicle_state(folder)
    assert state is not None
    return state


def test_without_a_fix_it_says_so_again_and_again(tmp_path: Path) -> None:
    clock = SystemClock()
    with running(tmp_path, FixHistory(5000), clock):
        first = state_in(tmp_path)
        assert (first.fix_at, first.speed_mps, first.is_day) == (None, None, None)
        until(lambda: state_in(tmp_path).written_at.ms_since(first.written_at) > 0)


def test_a_fix_tells_the_speed_and_by_a_trusted_date_whether_the_sun_is_up(tmp_path: Path) -> None:
    fixes, noon = FixHistory(5000), datetime(2026, 3, 2, 20, tzinfo=UTC)
    clock = ReplayedClock(Instant("boot", 10**9, noon, UtcSource.RTC))
    with running(tmp_path, fixes, clock):
        fixes.add(replace(fix_at(1), speed_mps=1.0))
        until(lambda: state_in(tmp_path).speed_mps == 1.0)
        assert state_in(tmp_path).is_day is None, "the date is not trusted"
        for second, utc, is_day in ((3, noon, True), (5, noon.replace(hour=8), False)):
            clock.move_to(Instant("boot", second * 10**9, utc, UtcSource.GNSS))
            fixes.add(replace(fix_at(second), speed_mps=1.0))
            until(lambda is_day=is_day: state_in(tmp_path).is_day is is_day)  # type: ignore[misc] # bound now
        assert not state_in(tmp_path).is_at_speed(clock.now())


def test_a_folder_that_cannot_be_written_ends_nothing(tmp_path: Path) -> None:
    blocked = tmp_path / "runtime"
    blocked.write_text("in the way", encoding="utf-8")
    with structlog.testing.capture_logs() as logs, running(blocked, FixHistory(5000), SystemClock()):
        until(lambda: any(each["event"] == "position.state_not_written" for each in logs))
        blocked.unlink()
        assert state_in(blocked).fix_at is None
