"""A car whose daemons tell of themselves once a second, as a test says: a health file that is old counts no more."""

import threading
from pathlib import Path
from typing import Self

from alpr_edge.runtime.health import Health, write_health

TELL_S = 0.5


class Car:
    """What the daemons of a unit tell, until the block ends.

    Args:
        directory: the unit's runtime directory.
    """

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._lock = threading.Lock()
        self._told: dict[str, Health] = {}
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._tell_on)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()

    def tell(self, *told: Health) -> None:
        """Tell this from now on; what a daemon that is not named told before stays."""
        with self._lock:
            self._told |= {health.unit: health for health in told}
            self._write()

    def _tell_on(self) -> None:
        while not self._stop.wait(TELL_S):
            with self._lock:
                self._write()

    def _write(self) -> None:
        for health in self._told.values():
            write_health(self._directory, health)
