"""The stage that looks at one part of the unit after the other, each in its own time.

All of them are quick, or bounded by a time limit, so one thread is enough; the daemon asks for their faults once a
second and never waits for a look.
"""

import threading
import time
from collections.abc import Callable, Sequence
from typing import Protocol

from alpr_edge.app.unit_faults import Fault

STEP_S = 0.5


class Watch(Protocol):
    """Looks at one part, and says what is wrong with it."""

    interval_s: float
    """Time between two looks."""

    def look(self) -> None:
        """Look at the part; takes at most some seconds, and raises nothing that the part may cause."""

    def faults(self) -> list[Fault]:
        """What was wrong at the last look. Never waits."""


class WatchStage:
    """Looks until the unit stops; a stage of :class:`~alpr_edge.runtime.supervisor.Supervisor`."""

    name = "watches"

    def __init__(self, watches: Sequence[Watch]) -> None:
        self._watches = tuple(watches)
        self._due_s = [0.0] * len(self._watches)

    def run(self, beat: Callable[[], None], stop: threading.Event) -> None:
        """Let each watch look when it is its time."""
        while not stop.wait(STEP_S):
            for number, watch in enumerate(self._watches):
                beat()
                if time.monotonic() >= self._due_s[number]:
                    watch.look()
                    self._due_s[number] = time.monotonic() + watch.interval_s

    def finish(self) -> None:
        """Do nothing: the stage holds nothing."""

    def faults(self) -> list[Fault]:
        """What all watches found at their last look."""
        return [fault for watch in self._watches for fault in watch.faults()]
