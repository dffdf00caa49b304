"""The stage that tells the page how fast the car goes and whether it is day; it runs as long as the process does."""

import threading
from collections.abc import Callable
from pathlib import Path

import structlog

from alpr_edge.domain.instants import Instant
from alpr_edge.domain.motion.vehicle_state import VehicleState
from alpr_edge.domain.ports import Clock
from alpr_edge.position.fix_history import FixHistory
from alpr_edge.position.sun import is_sun_up
from alpr_edge.position.vehicle_state_file import write_vehicle_state

LOOK_S = 0.2
"""Time between two looks for a new fix: with one fix a second the page hears of each within so long."""
WRITE_MS = 1000.0
"""Longest time from one writing to the next, where no fix comes."""

log = structlog.get_logger(__name__)


class VehicleStateStage:
    """Writes the state of the car; a stage of :class:`~alpr_edge.runtime.supervisor.Supervisor`."""

    name = "vehicle"

    def __init__(self, fix_history: FixHistory, clock: Clock, directory: Path) -> None:
        self._fix_history = fix_history
        self._clock = clock
        self._directory = directory
        self._state = VehicleState(clock.now())
        self._failure = ""

    def run(self, beat: Callable[[], None], stop: threading.Event) -> None:
        """Write until the unit stops."""
        written_at: Instant | None = None
        while not stop.is_set():
            beat()
            now, fix_at = self._clock.now(), self._state.fix_at
            self._state = self._follow(now)
            if written_at is None or self._state.fix_at != fix_at or now.ms_since(written_at) >= WRITE_MS:
                self._write()
                written_at = now
            stop.wait(LOOK_S)

    def finish(self) -> None:
        """Do nothing: what stands in the file grows old by itself."""

    def _follow(self, now: Instant) -> VehicleState:
        fix, utc = self._fix_history.latest, now.trusted_utc
        return self._state.follow(fix, now, is_day=None if fix is None or utc is None else is_sun_up(fix, utc))

    def _write(self) -> None:
        """Write the file; while that fails, the page takes the car to be at speed."""
        try:
            write_vehicle_state(self._directory, self._state)
        except OSError as error:
            failure = error.strerror or str(error)
            if failure != self._failure:
                log.error("position.state_not_written", failure=failure)
            self._failure = failure
        else:
            self._failure = ""
