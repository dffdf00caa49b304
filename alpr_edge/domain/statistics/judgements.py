"""What officers said of reads, with all that precision may depend on: the evidence of how often the reader is right.

Answers are given to hits alone. What the reader makes of the many plates on no list nobody says.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from itertools import pairwise

from alpr_edge.domain.dispositions.disposition import ReadAnswer
from alpr_edge.domain.fixes import MPH
from alpr_edge.domain.hits import MatchKind
from alpr_edge.domain.plates import canonical

SPEEDS_MPH = (3.0, 25.0, 45.0, 65.0)
"""Where the bands of the patrol car's speed end: standing, streets, arterials, highways, above."""
WIDTHS_PX = (60.0, 80.0, 120.0, 160.0)
"""Where the bands of a plate's width in the picture end."""
NOT_KNOWN = "not known"
JUDGING = (ReadAnswer.CORRECT, ReadAnswer.MISREAD, ReadAnswer.WRONG_STATE, ReadAnswer.NOT_THIS_VEHICLE)
"""The answers that say whether a read is right; one that was dismissed says nothing of it."""


class Light(StrEnum):
    """Whether the sun was up where a plate was read."""

    DAY = "day"
    NIGHT = "night"
    UNKNOWN = NOT_KNOWN
    """Time or place is not known."""


@dataclass(frozen=True, slots=True)
class JudgedHit:
    """A hit that somebody judged."""

    source: str
    """Its list."""
    kind: MatchKind
    answer: ReadAnswer
    """One of :data:`JUDGING`."""
    number: int
    """The number of the answer in order of arrival."""


@dataclass(frozen=True, slots=True)
class JudgedRead:
    """A read of which a hit was judged."""

    camera_id: str
    text: str
    """As read, the letter O and the digit 0 apart."""
    corrected: str
    """What the plate says by the officer; empty: nobody said."""
    speed_mps: float | None
    """Of the patrol car."""
    width_px: float
    light: Light
    day: date
    """The day (UTC) on which it was seen."""
    hits: tuple[JudgedHit, ...]
    """At least one."""

    @property
    def answer(self) -> ReadAnswer:
        """The answer that counts of the read: the newest to any of its hits."""
        return max(self.hits, key=lambda hit: hit.number).answer

    @property
    def truth(self) -> str:
        """Canonical text of what the plate says; empty: not known, as it was misread and nobody said."""
        if self.answer is not ReadAnswer.MISREAD:
            return canonical(self.text)
        return canonical(self.corrected) if self.corrected else ""


def speed_band(speed_mps: float | None) -> str:
    if speed_mps is None:
        return NOT_KNOWN
    return speed_bands()[_band_number(speed_mps * MPH, SPEEDS_MPH)]


def speed_bands() -> tuple[str, ...]:
    """The bands of speed in their order."""
    return ("standing", *_between(SPEEDS_MPH, "mph"))


def width_band(width_px: float) -> str:
    """The band of a plate's width."""
    return width_bands()[_band_number(width_px, WIDTHS_PX)]


def width_bands() -> tuple[str, ...]:
    """The bands of width in their order."""
    return (f"below {WIDTHS_PX[0]:g} px", *_between(WIDTHS_PX, "px"))


def each_vehicle_once_a_day(judged: Iterable[JudgedRead]) -> Iterator[JudgedRead]:
    """Leave out what a camera read of the same plate on the same day again.

    Reads of one vehicle fail for one cause: ten of them are no ten signs that a camera got worse. Those whose truth is
    not known count by their text.
    """
    seen: set[tuple[str, str, date]] = set()
    for read in judged:
        vehicle = (read.camera_id, read.truth or canonical(read.text), read.day)
        if vehicle not in seen:
            seen.add(vehicle)
            yield read


def _band_number(value: float, ends: tuple[float, ...]) -> int:
    return sum(value >= end for end in ends)


def _between(ends: tuple[float, ...], unit: str) -> Iterator[str]:
    for low, high in pairwise(ends):
        yield f"{low:g} to {high:g} {unit}"
    yield f"{ends[-1]:g} {unit} and above"
