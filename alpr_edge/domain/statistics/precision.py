"""How often reads are right, as officers judged their hits: in all, and apart by what may matter.

A read counts once, by the newest answer to any of its hits; in the tables of lists and of matches each hit counts.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from alpr_edge.domain.dispositions.disposition import ReadAnswer
from alpr_edge.domain.hits import MatchKind
from alpr_edge.domain.statistics.character_pairs import ConfusedPair, PairTally
from alpr_edge.domain.statistics.judgements import (
    JUDGING,
    JudgedRead,
    Light,
    speed_band,
    speed_bands,
    width_band,
    width_bands,
)
from alpr_edge.domain.statistics.proportions import Proportion

BIAS = (
    "Answers are given to hits alone, so the shares are of hits: of plates on no list nobody says how they were read.",
    "A misread plate may become a hit, so hits are misread more often than all reads are.",
    "A listed plate that was misread or missed is no hit, and in no figure.",
    "Hits without an answer, and those that were dismissed, are in no share.",
)
"""What the figures do not tell, said with every report."""


class Dimension(StrEnum):
    """What precision is told apart by."""

    ALL = "all"
    CAMERA = "camera"
    LIGHT = "light"
    SPEED = "speed"
    WIDTH = "width"
    LIST = "list"
    MATCH = "match"


_ORDERS: Mapping[Dimension, Sequence[str]] = {
    Dimension.LIGHT: tuple(Light),
    Dimension.SPEED: speed_bands(),
    Dimension.WIDTH: width_bands(),
    Dimension.MATCH: tuple(MatchKind),
}
"""The order of rows, where it is not that of the alphabet."""


@dataclass(frozen=True, slots=True)
class PrecisionRow:
    """The answers to reads, or to hits, that have something in common."""

    dimension: Dimension
    value: str
    """What they have in common: a camera, a band, a list."""
    correct: int = 0
    misread: int = 0
    wrong_state: int = 0
    not_this_vehicle: int = 0

    @property
    def right(self) -> Proportion:
        """How many were read right, text and state; that another vehicle carries the plate is no fault of a read."""
        right = self.correct + self.not_this_vehicle
        return Proportion(right, right + self.misread + self.wrong_state)


@dataclass(slots=True)
class Coverage:
    """What the figures rest on."""

    reads: int = 0
    """All reads of the period that the unit still holds."""
    untimed_reads: int = 0
    """Reads whose time is not known: they may be of the period or not, and are in no other figure."""
    hits: int = 0
    dismissed_hits: int = 0
    unanswered_hits: int = 0
    judged_hits: int = 0
    judged_reads: int = 0
    untold_misreads: int = 0
    """Misread ones of which nobody said what the plate says: they are in no pair of characters."""


@dataclass(frozen=True, slots=True)
class PrecisionReport:
    """How often reads are right."""

    coverage: Coverage
    rows: tuple[PrecisionRow, ...]
    pairs: tuple[ConfusedPair, ...]

    def of(self, dimension: Dimension) -> tuple[PrecisionRow, ...]:
        """The rows of one table."""
        return tuple(row for row in self.rows if row.dimension is dimension)


class PrecisionTally:
    """Counts judged reads; holds counts alone, however many there are."""

    def __init__(self) -> None:
        self.coverage = Coverage()
        self.pairs = PairTally()
        self._counts: Counter[tuple[Dimension, str, ReadAnswer]] = Counter()

    def add(self, read: JudgedRead) -> None:
        """Count a read."""
        self.coverage.judged_reads += 1
        self.coverage.judged_hits += len(read.hits)
        for dimension, value in _values_of(read):
            self._counts[dimension, value, read.answer] += 1
        for hit in read.hits:
            self._counts[Dimension.LIST, hit.source, hit.answer] += 1
            self._counts[Dimension.MATCH, hit.kind, hit.answer] += 1
        if read.truth:
            self.pairs.add(read.text, read.truth)
        else:
            self.coverage.untold_misreads += 1

    def report(self) -> PrecisionReport:
        """The report of what was counted so far."""
        return PrecisionReport(self.coverage, tuple(self._rows()), self.pairs.pairs())

    def row(self, dimension: Dimension, value: str) -> PrecisionRow:
        """One row, also where nothing was counted."""
        return PrecisionRow(dimension, value, **{each.value: self._counts[dimension, value, each] for each in JUDGING})

    def _rows(self) -> Iterator[PrecisionRow]:
        for dimension in Dimension:
            values = {value for found, value, _ in self._counts if found is dimension}
            order = _ORDERS.get(dimension, ())
            known = [value for value in order if value in values]
            yield from (self.row(dimension, value) for value in (*known, *sorted(values.difference(order))))


def _values_of(read: JudgedRead) -> tuple[tuple[Dimension, str], ...]:
    return (
        (Dimension.ALL, Dimension.ALL.value),
        (Dimension.CAMERA, read.camera_id),
        (Dimension.LIGHT, read.light.value),
        (Dimension.SPEED, speed_band(read.speed_mps)),
        (Dimension.WIDTH, width_band(read.width_px)),
    )
