"""Whether processes grow: the slope of their memory, and descriptors and threads that are not given back.

A process that was killed begins a new life, with a level of its own; what it takes after its start does not count.
"""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from statistics import median

import numpy as np

WARM_UP_S = 1200.0
"""The part of each life that does not count: models, lists and phrases are loaded, and what the allocator keeps grows
for a quarter of an hour (soak of 64 minutes: 18 MB an hour after ten minutes of life, -1 after twenty)."""
WARM_UP_SHARE = 1 / 3
"""What of a life does not count where no life of its daemon is long enough for that."""
WINDOW_S = 30.0
"""Of so much time the least memory counts: recognition takes some tens of MB for a moment, and gives them back."""
WINDOWS_MIN = 4
SAMPLES_MIN = 10
"""Fewest samples of a life that counts."""
ENDS = 5
"""Samples at either end of a life whose medians are compared."""
S_PER_H = 3600.0


@dataclass(frozen=True, slots=True)
class ProcessSample:
    """What the kernel says of a process at one moment."""

    at_s: float
    memory_mb: float
    """Resident, in 10^6 bytes."""
    descriptors: int
    threads: int


@dataclass(frozen=True, slots=True, eq=False)
class ProcessLife:
    """A daemon from a start to its end."""

    name: str
    began_s: float
    samples: list[ProcessSample]

    @property
    def third_s(self) -> float:
        """How long its first third lasted."""
        return WARM_UP_SHARE * (self.samples[-1].at_s - self.began_s) if self.samples else 0.0

    def after(self, warm_up_s: float) -> Sequence[ProcessSample]:
        """The samples after a warm-up; none where they are too few to say anything."""
        after = [sample for sample in self.samples if sample.at_s - self.began_s >= warm_up_s]
        return after if len(after) >= SAMPLES_MIN else []

    def levels(self, warm_up_s: float) -> Sequence[ProcessSample]:
        """Of each :data:`WINDOW_S` of them the one with the least memory; none where they are too few."""
        least: dict[int, ProcessSample] = {}
        for sample in self.after(warm_up_s):
            window = int(sample.at_s // WINDOW_S)
            if window not in least or sample.memory_mb < least[window].memory_mb:
                least[window] = sample
        return list(least.values()) if len(least) >= WINDOWS_MIN else []


@dataclass(frozen=True, slots=True)
class MemorySlope:
    """How fast memory grows, in MB an hour, with the standard error of that."""

    mb_per_h: float
    error_mb_per_h: float


def memory_slopes(lives: Iterable[ProcessLife]) -> dict[str, MemorySlope]:
    """By daemon, the slope of its memory by least squares; each of its lives has a level of its own."""
    by_name: dict[str, list[ProcessLife]] = {}
    for life in lives:
        by_name.setdefault(life.name, []).append(life)
    found = {name: _slope_of(each) for name, each in by_name.items()}
    return {name: slope for name, slope in found.items() if slope is not None}


def memory_slope(lives: Iterable[ProcessLife]) -> MemorySlope:
    """The slope of all daemons together; 0 with an error of infinity where nothing lived for long enough."""
    slopes = list(memory_slopes(lives).values())
    if not slopes:
        return MemorySlope(0.0, math.inf)
    return MemorySlope(sum(slope.mb_per_h for slope in slopes), math.hypot(*(slope.error_mb_per_h for slope in slopes)))


def _slope_of(lives: Sequence[ProcessLife]) -> MemorySlope | None:
    """The slope common to the lives of one daemon: times and levels are taken from the mean of each life.

    Only lives count that went on for long enough after their warm-up; where none did, the last two thirds of each.
    """
    windows = [least for life in lives if (least := life.levels(WARM_UP_S))]
    windows = windows or [least for life in lives if (least := life.levels(life.third_s))]
    if not windows:
        return None
    hours, levels = list[float](), list[float]()
    for samples in windows:
        times_h = np.array([sample.at_s / S_PER_H for sample in samples])
        memory = np.array([sample.memory_mb for sample in samples])
        hours += list(times_h - times_h.mean())
        levels += list(memory - memory.mean())
    x, y = np.array(hours), np.array(levels)
    spread = float(x @ x)
    slope = float(x @ y) / spread
    freedom = max(1, len(x) - len(windows) - 1)
    error = math.sqrt(float(((y - slope * x) ** 2).sum()) / freedom / spread)
    return MemorySlope(slope, error)


def descriptors_grown(lives: Iterable[ProcessLife]) -> dict[str, int]:
    """By daemon, descriptors at the end of its longest life less those after the warm-up."""
    return {name: _growth([sample.descriptors for sample in samples]) for name, samples in _longest(lives).items()}


def threads_grown(lives: Iterable[ProcessLife]) -> dict[str, int]:
    """Likewise of threads."""
    return {name: _growth([sample.threads for sample in samples]) for name, samples in _longest(lives).items()}


def _longest(lives: Iterable[ProcessLife]) -> dict[str, Sequence[ProcessSample]]:
    """By daemon, its longest life after the warm-up; of a short one the last two thirds."""
    longest: dict[str, Sequence[ProcessSample]] = {}
    for life in lives:
        after = life.after(min(WARM_UP_S, life.third_s))
        if len(after) > len(longest.get(life.name, ())):
            longest[life.name] = after
    return longest


def _growth(counts: Sequence[int]) -> int:
    return round(median(counts[-ENDS:]) - median(counts[:ENDS])) if counts else 0
