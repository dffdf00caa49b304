"""The stage for the small things that are due once a second and need the disk.

The daemon's round finds out what is wrong and tells it. On a disk that hangs even a look at SQLite's counter of commits
never returns, so the round itself looks at nothing there: it takes what this stage found last.
"""

import threading
from collections.abc import Callable, Sequence

UPKEEP_S = 1.0


class StoreUpkeep:
    """Does its steps once a second; a stage of :class:`~alpr_edge.runtime.supervisor.Supervisor` that may be replaced.

    Args:
        steps: what is done, in this order; each raises nothing that the disk may cause.
    """

    name = "store-upkeep"

    def __init__(self, steps: Sequence[Callable[[], None]]) -> None:
        self._steps = tuple(steps)
        self._at_work = threading.Lock()
        """Held by the one thread that works: another that takes its place waits, and is told of as hanging too."""

    def run(self, beat: Callable[[], None], stop: threading.Event) -> None:
        """Work until the unit stops."""
        while not stop.is_set():
            beat()
            with self._at_work:
                for step in self._steps:
                    beat()  # ends a thread that hung here
                    step()
            stop.wait(UPKEEP_S)

    def finish(self) -> None:
        """Do nothing: the stage holds nothing."""
