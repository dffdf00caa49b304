"""The car around a page under test: its receiver's fixes go the product's own way to the page."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from alpr_edge.app.stages.vehicle_state import VehicleStateStage
from alpr_edge.domain.fixes import Fix
from alpr_edge.domain.motion.fix_check import METRES_PER_DEGREE
from alpr_edge.position.fix_history import FixHistory
from alpr_edge.runtime.clock import SystemClock
from alpr_edge.settings import Settings

FIX_S = 0.5
STOP_S_MAX = 30.0


@dataclass
class Car:
    """A car whose speed a test sets."""

    speed_mps: float | None


@contextmanager
def driving(settings: Settings, speed_mps: float | None) -> Iterator[Car]:
    """Tell the page of a unit how fast the car goes, as its capture daemon does, until the block ends."""
    car, stop, clock, fixes = Car(speed_mps), threading.Event(), SystemClock(), FixHistory(5000)

    def receive() -> None:
        lat_deg = 37.6
        while not stop.wait(FIX_S):
            lat_deg += (car.speed_mps or 0.0) * FIX_S / METRES_PER_DEGREE
            fixes.add(Fix(clock.now(), None, lat_deg, -121.0, car.speed_mps, 0.0, 0.9, 8, "serial:test"))

    stage = VehicleStateStage(fixes, clock, settings.unit.runtime_directory)
    threads = (threading.Thread(target=receive), threading.Thread(target=stage.run, args=(lambda: None, stop)))
    for thread in threads:
        thread.start()
    try:
        yield car
    finally:
        stop.set()
        for thread in threads:
            thread.join(STOP_S_MAX)
        assert not any(thread.is_alive() for thread in threads)
