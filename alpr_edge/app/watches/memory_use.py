"""Finds out whether a daemon needs ever more memory, long before the kernel has to end it.

The daemon of the cameras measures itself. The others say in their health files what they have: none of them may look at
another's process. All are told by the daemon of the cameras, which alone has a sound device.

The least of ten minutes is compared with the least of an earlier ten, so that what recognition takes for a moment does
not count. Nor do the first ten minutes, in which models, lists and phrases are loaded.
"""

import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from alpr_edge.app.unit_faults import Fault, FaultKind
from alpr_edge.runtime.health import current_health
from alpr_edge.runtime.memory import return_free_memory
from alpr_edge.services.unit_health.daemons import CONSOLE, UPLINK

WINDOW_S = 600.0
GROWTH_BYTES_MAX = 256 << 20
"""Most by which it may have grown since the second ten minutes."""
MACHINE_SHARE_MAX = 0.5
"""Most of the computer's memory that it may have, whatever it had before."""


RESIDENT_FIGURE = "resident_bytes"
"""The figure of a daemon's health file that says how much memory it has in RAM."""


@dataclass(frozen=True, slots=True)
class MemoryOwner:
    """Whose memory is watched, and how its growth is told."""

    kind: FaultKind
    subject: str
    words: str


READER = MemoryOwner(FaultKind.MEMORY, "memory", "the plate reader")
OTHERS = {
    CONSOLE: MemoryOwner(FaultKind.PAGE_MEMORY, "memory of the page", "the page"),
    UPLINK: MemoryOwner(FaultKind.UPLINK_MEMORY, "memory of the uplink", "the uplink"),
}
"""The other daemons by their names."""


class MemoryWatch:
    """Looks at the memory that a process has in RAM."""

    interval_s = 10.0

    def __init__(
        self,
        resident_bytes: Callable[[], int],
        machine_bytes: int,
        seconds: Callable[[], float] = time.monotonic,
        owner: MemoryOwner = READER,
    ) -> None:
        self._owner = owner
        self._resident_bytes = resident_bytes
        self._machine_bytes = machine_bytes
        self._seconds = seconds
        self._window_end_s = seconds() + WINDOW_S
        self._least: int | None = None
        """The least of the present ten minutes."""
        self._windows = 0
        self._first: int | None = None
        """The least of the second ten minutes, which later ones are compared with."""
        self._now = 0

    def look(self) -> None:
        """Measure, and compare whenever ten minutes are over."""
        measured = self._resident_bytes()
        self._least = measured if self._least is None else min(self._least, measured)
        if self._seconds() < self._window_end_s:
            return
        self._windows += 1
        if self._windows == 2:
            self._first = self._least
        self._now, self._least, self._window_end_s = self._least, None, self._seconds() + WINDOW_S

    def faults(self) -> list[Fault]:
        """That the process grew by too much, or has too much of the computer's memory."""
        grown = 0 if self._first is None else self._now - self._first
        if grown <= GROWTH_BYTES_MAX and self._now <= MACHINE_SHARE_MAX * self._machine_bytes:
            return []
        has = f"{self._now >> 20} MB, {max(grown, 0) >> 20} MB more than after its start"
        return [Fault(self._owner.kind, self._owner.subject, f"memory: {self._owner.words} has {has}")]


class DaemonMemoryWatch:
    """Looks at the memory that another daemon says it has; one that was started anew is judged anew."""

    interval_s = MemoryWatch.interval_s

    def __init__(
        self, directory: Path, name: str, machine_bytes: int, seconds: Callable[[], float] = time.monotonic
    ) -> None:
        self._directory = directory
        self._name = name
        self._machine_bytes = machine_bytes
        self._seconds = seconds
        self._pid: int | None = None
        self._said = 0
        self._watch = self._new_watch()

    def look(self) -> None:
        """Read what the daemon says; of one that does not run nothing is judged."""
        health = current_health(self._directory, self._name)
        pid = None if health is None or health.stamp is None else health.stamp.pid
        if pid != self._pid:
            self._pid, self._watch = pid, self._new_watch()
        if health is not None:
            said = health.figures.get(RESIDENT_FIGURE)
            self._said = said if isinstance(said, int) else 0
            self._watch.look()

    def faults(self) -> list[Fault]:
        """That the daemon grew by too much, or has too much of the computer's memory."""
        return self._watch.faults()

    def _new_watch(self) -> MemoryWatch:
        return MemoryWatch(lambda: self._said, self._machine_bytes, self._seconds, OTHERS[self._name])


def needed_bytes() -> int:
    """The memory that this process needs: what its heaps hold free is returned to the kernel before it is measured.

    Beside two workers of recognition these are 4 to 25 MB, for 1 to 3 ms.
    """
    return_free_memory()
    return resident_bytes()


def resident_bytes(proc: Path = Path("/proc/self")) -> int:
    """The memory that this process has in RAM; 0 where the kernel does not say."""
    try:
        return int((proc / "statm").read_text(encoding="ascii").split()[1]) * os.sysconf("SC_PAGE_SIZE")
    except (OSError, ValueError, IndexError):
        return 0


def machine_bytes() -> int:
    """The memory of this computer."""
    return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
