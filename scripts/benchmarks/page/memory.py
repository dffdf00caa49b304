"""Memory of the page's process while somebody signs in, when it is at its highest: Argon2 takes 64 MiB for a moment."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from scripts.benchmarks.path.processes import Process

LOOK_S = 0.01
STOP_S_MAX = 30.0


class SharePeak:
    """Looks at a process's proportional set size again and again.

    Args:
        process: the process.
    """

    def __init__(self, process: Process) -> None:
        self._process = process
        self.mib = 0.0
        """The highest that was seen."""
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._look, daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Look no more."""
        self._stop.set()
        self._thread.join(STOP_S_MAX)

    def _look(self) -> None:
        while not self._stop.wait(LOOK_S):
            self.mib = max(self.mib, self._process.memory_share_mib())


@contextmanager
def share_watched(process: Process) -> Iterator[SharePeak]:
    """The peak of a process's proportional set size meanwhile."""
    peak = SharePeak(process)
    try:
        yield peak
    finally:
        peak.stop()
