"""Whether processes grow: the slope of their memory, and descriptors and threads that are not given back.

A process that was killed begins a new life, with a level of its own; what it takes after its start does not count.
"""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from statistics import median

import numpy as np

WARM_UP_S = 600.0
"""The part of each life that does not count: models, lists and phrases are loaded. Of a short life its first third."""
WARM_UP_SHARE = 1 / 3
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
    def after_warm_up(self) -> Sequence[ProcessSample]:
        """The samples after the warm-up; none where they are too few to say anything."""
        if not self.samples:
            return []
        warm_up_s = min(WARM_UP_S, WARM_UP_SHARE * (self.samples[-1].at_s - self.began_s))
        after = [sample for sample in self.samples if sample.at_s - self.began_s >= warm_up_s]
        return after if len(after) >= SAMPLES_MIN else []

    @property
    def levels(self) -> Sequence[ProcessSample]:
        """Of each :data:`WINDOW_S` of them the one with the least memory; none where they are too few."""
        least: dict[int, ProcessSample] = {}
        for sample in self.after_warm_up:
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
    """The slope common to the lives of one daemon: times and levels are taken from the mean of each life."""
    windows = [life.levels for life in lives if life.levels]
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
    return {life.name: _growth([sample.descriptors for sample in life.after_warm_up]) for life in _longest(lives)}


def threads_grown(lives: Iterable[ProcessLife]) -> dict[str, int]:
    """Likewise of threads."""
    return {life.name: _growth([sample.threads for sample in life.after_warm_up]) for life in _longest(lives)}


def _longest(lives: Iterable[ProcessLife]) -> list[ProcessLife]:
    longest: dict[str, ProcessLife] = {}
    for life in lives:
        if life.after_warm_up and len(life.after_warm_up) > len(
            longest[life.name].after_warm_up if life.name in longest else ()
        ):
            longest[life.name] = life
    return list(longest.values())


def _growth(counts: Sequence[int]) -> int:
    return round(median(counts[-ENDS:]) - median(counts[:ENDS])) if counts else 0
