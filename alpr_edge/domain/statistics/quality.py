"""How well each camera's pictures can be read, from all reads: certain ones, plate widths, and misreads by answers.

Unlike precision, which rests on the few hits that somebody judged, this counts every read; it says whether the reader
was sure, not whether it was right.
"""

from collections import Counter
from collections.abc import Hashable, Iterator
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from alpr_edge.domain.statistics.proportions import Proportion

WIDTH_PX_MAX = 1000
"""Wider plates count as this wide: a plate that fills a picture."""

BinT = TypeVar("BinT", bound=Hashable)


@dataclass(slots=True)
class QualityCounts:
    """The reads of one camera in one hour of the day, or on one day."""

    reads: int = 0
    certain_reads: int = 0
    """Reads sure enough to be used without comparing them first."""
    judged: int = 0
    misread: int = 0
    """Of those that officers judged."""
    _widths: Counter[int] = field(default_factory=Counter)

    def add(self, width_px: float, *, is_certain: bool) -> None:
        self.reads += 1
        self.certain_reads += is_certain
        self._widths[min(WIDTH_PX_MAX, round(width_px))] += 1

    def add_judged(self, *, is_misread: bool) -> None:
        """Count the answer to a read."""
        self.judged += 1
        self.misread += is_misread

    @property
    def certain(self) -> Proportion:
        """The share of certain reads."""
        return Proportion(self.certain_reads, self.reads)

    @property
    def misreads(self) -> Proportion:
        """The share of misread ones of those that were judged."""
        return Proportion(self.misread, self.judged)

    @property
    def width_px(self) -> int | None:
        """The median width of the plates in the pictures, to a pixel; None of none."""
        rank = (self.reads + 1) // 2
        for width, count in sorted(self._widths.items()):
            rank -= count
            if rank <= 0:
                return width
        return None


class QualityTally(Generic[BinT]):
    """Counts by camera, and by hour of the day or by day."""

    def __init__(self) -> None:
        self._counts: dict[tuple[str, BinT], QualityCounts] = {}

    def of(self, camera_id: str, at: BinT) -> QualityCounts:
        """The counts of a camera at an hour or on a day, to be added to."""
        return self._counts.setdefault((camera_id, at), QualityCounts())

    def rows(self) -> Iterator[tuple[tuple[str, BinT], QualityCounts]]:
        """All counts, by camera in the order of its name, as they were begun."""
        yield from sorted(self._counts.items(), key=lambda row: row[0][0])
