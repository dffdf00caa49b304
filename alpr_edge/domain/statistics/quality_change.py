"""Whether a camera's pictures are read with less certainty, or its plates are narrower, than before.

Reads of one day are alike (weather, streets, traffic), so ten thousand of them are no ten thousand signs. Here a day is
one sign: of all days compared the worst third is marked, and the question is whether the newest days have more of the
marks than chance gives (Fisher's exact test, :func:`~.proportions.rise_probability`). A change too small to matter is
not told however sure it is. ``tests/domain/statistics`` measures how often it is told without a change.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from statistics import median

from alpr_edge.domain.statistics.proportions import Proportion, rejected_by_holm, rise_probability
from alpr_edge.domain.statistics.quality import QualityCounts

LEVEL = 0.01
"""The probability of a false alarm at one time, over all cameras and both measures."""
READS_MIN = 30
"""Reads of a camera on a day: with fewer the day does not count."""
NOW_DAYS_MIN, BEFORE_DAYS_MIN = 5, 10
"""Days that have to count in both periods."""
WORST_SHARE = 1 / 3
"""With 7 and 21 days, six of the newest among the nine worst stand out, beside three cameras; a quarter asks more."""
LESS_CERTAIN_MIN = 0.05
"""Least fall of the share of certain reads that is told."""
NARROWER_MIN = 0.1
"""Least fall of the plates' width that is told, as a share."""


class QualityMeasure(StrEnum):
    """What got worse."""

    CERTAIN = "certain reads"
    WIDTH = "plate width"


@dataclass(frozen=True, slots=True)
class QualityChange:
    """A camera whose pictures got worse by more than chance."""

    camera_id: str
    measure: QualityMeasure
    before: float
    """The median of the days: a share, or pixels."""
    now: float
    probability: float
    """Of as many of the worst days among the newest by chance alone, before the correction for many comparisons."""

    @property
    def text(self) -> str:
        """What got worse, in words and figures."""
        if self.measure is QualityMeasure.CERTAIN:
            return f"fewer plates are read for certain: {self.now:.0%} now, {self.before:.0%} before"
        return f"plates are narrower in its pictures: {self.now:.0f} px now, {self.before:.0f} px before"


DayCounts = Mapping[tuple[str, date], QualityCounts]


def find_quality_changes(before: DayCounts, now: DayCounts) -> tuple[QualityChange, ...]:
    """What got worse."""
    compared = [
        change
        for camera_id in sorted({camera_id for camera_id, _ in now})
        for measure in QualityMeasure
        if (change := _compare(camera_id, measure, before, now)) is not None
    ]
    found = rejected_by_holm([each.probability for each in compared], LEVEL)
    return tuple(each for each, stands_out in zip(compared, found, strict=True) if stands_out and _matters(each))


def _compare(camera_id: str, measure: QualityMeasure, before: DayCounts, now: DayCounts) -> QualityChange | None:
    """One comparison; None where too few days count."""
    then, newest = (_values(camera_id, measure, days) for days in (before, now))
    if len(then) < BEFORE_DAYS_MIN or len(newest) < NOW_DAYS_MIN:
        return None
    # Of equal days those before are marked first: a tie tells nothing.
    ranked = sorted([(value, 0) for value in then] + [(value, 1) for value in newest])
    marked = ranked[: round(len(ranked) * WORST_SHARE)]
    marked_now = sum(is_new for _, is_new in marked)
    shares = Proportion(len(marked) - marked_now, len(then)), Proportion(marked_now, len(newest))
    return QualityChange(camera_id, measure, median(then), median(newest), rise_probability(*shares))


def _values(camera_id: str, measure: QualityMeasure, days: DayCounts) -> list[float]:
    enough = [each for (name, _), each in days.items() if name == camera_id and each.reads >= READS_MIN]
    if measure is QualityMeasure.CERTAIN:
        return [each.certain_reads / each.reads for each in enough]
    return [float(each.width_px or 0) for each in enough]


def _matters(change: QualityChange) -> bool:
    if change.measure is QualityMeasure.CERTAIN:
        return change.before - change.now >= LESS_CERTAIN_MIN
    return change.now <= change.before * (1 - NARROWER_MIN)
