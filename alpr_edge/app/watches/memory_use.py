"""Finds out whether this process needs ever more memory, long before the kernel has to end it.

The least of ten minutes is compared with the least of an earlier ten, so that what recognition takes for a moment does
not count. Nor do the first ten minutes, in which models, lists and phrases are loaded. Before it is measured, what the
heaps hold free is returned to the kernel: 4 to 25 MB beside two workers of recognition, for 1 to 3 ms.
"""

import os
import time
from collections.abc import Callable
from pathlib import Path

from alpr_edge.app.unit_faults import Fault, FaultKind
from alpr_edge.runtime.memory import return_free_memory

WINDOW_S = 600.0
GROWTH_BYTES_MAX = 256 << 20
"""Most by which it may have grown since the second ten minutes."""
MACHINE_SHARE_MAX = 0.5
"""Most of the computer's memory that it may have, whatever it had before."""


class MemoryWatch:
    """Looks at the memory that this process has in RAM.

    Args:
        resident_bytes: gives it.
        machine_bytes: the memory of the computer.
        seconds: a monotonic clock.
        return_free: returns to the kernel what the heaps hold free.
    """

    interval_s = 10.0

    def __init__(
        self,
        resident_bytes: Callable[[], int],
        machine_bytes: int,
        seconds: Callable[[], float] = time.monotonic,
        return_free: Callable[[], None] = return_free_memory,
    ) -> None:
        self._resident_bytes = resident_bytes
        self._machine_bytes = machine_bytes
        self._seconds = seconds
        self._return_free = return_free
        self._window_end_s = seconds() + WINDOW_S
        self._least: int | None = None
        """The least of the present ten minutes."""
        self._windows = 0
        self._first: int | None = None
        """The least of the second ten minutes, which later ones are compared with."""
        self._now = 0

    def look(self) -> None:
        """Return what is free, measure, and compare whenever ten minutes are over."""
        self._return_free()
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
        text = f"memory: the plate reader has {self._now >> 20} MB, {max(grown, 0) >> 20} MB more than after its start"
        return [Fault(FaultKind.MEMORY, "memory", text)]


def resident_bytes(proc: Path = Path("/proc/self")) -> int:
    """The memory that this process has in RAM; 0 where the kernel does not say."""
    try:
        return int((proc / "statm").read_text(encoding="ascii").split()[1]) * os.sysconf("SC_PAGE_SIZE")
    except (OSError, ValueError, IndexError):
        return 0


def machine_bytes() -> int:
    """The memory of this computer."""
    return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
