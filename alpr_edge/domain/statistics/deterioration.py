"""Whether a camera, or two characters, are read wrong more often than before: what a technician is told of.

One week is compared with the three before it, as a car keeps what the department has for a month. A vehicle counts
once a day (:func:`~.judgements.each_vehicle_once_a_day`). Of all comparisons made at one time any stands out by chance
alone with a probability of :data:`LEVEL` at most, half of it for the few cameras and half for the many pairs;
``tests/domain/statistics`` measures how often that happens, and what is found.
"""

from dataclasses import dataclass
from enum import StrEnum

from alpr_edge.domain.statistics.precision import Dimension, PrecisionTally
from alpr_edge.domain.statistics.proportions import Proportion, rejected_by_holm, rise_probability

NOW_DAYS, BEFORE_DAYS = 7, 21
"""The days that are compared: the newest whole ones, and those before them."""
LEVEL = 0.01
"""The probability of a false alarm at one time, over all comparisons together."""
JUDGED_MIN = 20
"""Judged reads of a camera, or times that a character was read, in each of both periods: with fewer nothing is said."""
CONFUSED_MIN = 3
"""Times that a pair was confused in both periods together: with fewer it cannot stand out. Their sum says nothing of
which period they are of, so the choice leaves the test as it is."""


class SubjectKind(StrEnum):
    """What got worse."""

    CAMERA = "camera"
    PAIR = "characters"


@dataclass(frozen=True, slots=True)
class Deterioration:
    """Something that is read wrong more often than before, by more than chance."""

    kind: SubjectKind
    name: str
    """The camera, or the pair of characters in words."""
    before: Proportion
    """How many were wrong."""
    now: Proportion
    probability: float
    """Of a rise as large by chance alone, before the correction for many comparisons."""

    @property
    def text(self) -> str:
        """What got worse, in words and counts."""
        was = f"{self.before.count} of {self.before.of} in the {BEFORE_DAYS} days before"
        return f"{self.now.count} of {self.now.of} wrong in {NOW_DAYS} days, {was}"


def find_deteriorations(before: PrecisionTally, now: PrecisionTally) -> tuple[Deterioration, ...]:
    """What got worse.

    Args:
        before: the reads of the days before, each vehicle once a day.
    """
    return (*_standing_out(_cameras(before, now)), *_standing_out(_pairs(before, now)))


def _standing_out(compared: list[Deterioration]) -> list[Deterioration]:
    """Those of one kind that stand out, of all with counts enough."""
    enough = [each for each in compared if min(each.before.of, each.now.of) >= JUDGED_MIN]
    found = rejected_by_holm([each.probability for each in enough], LEVEL / len(SubjectKind))
    return [each for each, stands_out in zip(enough, found, strict=True) if stands_out]


def _cameras(before: PrecisionTally, now: PrecisionTally) -> list[Deterioration]:
    names = [row.value for row in now.report().of(Dimension.CAMERA)]
    wrong = [[_wrong(tally, name) for tally in (before, now)] for name in names]
    return [_compare(SubjectKind.CAMERA, name, *shares) for name, shares in zip(names, wrong, strict=True)]


def _wrong(tally: PrecisionTally, camera_id: str) -> Proportion:
    right = tally.row(Dimension.CAMERA, camera_id).right
    return Proportion(right.of - right.count, right.of)


def _pairs(before: PrecisionTally, now: PrecisionTally) -> list[Deterioration]:
    """All pairs that were confused often enough in both periods together."""
    confused = {(pair.read, pair.truth): pair.name for tally in (before, now) for pair in tally.pairs.pairs()}
    compared = []
    for (read, truth), name in sorted(confused.items()):
        shares = [tally.pairs.pair(read, truth).proportion for tally in (before, now)]
        if sum(share.count for share in shares) >= CONFUSED_MIN:
            compared.append(_compare(SubjectKind.PAIR, name, *shares))
    return compared


def _compare(kind: SubjectKind, name: str, before: Proportion, now: Proportion) -> Deterioration:
    return Deterioration(kind, name, before, now, rise_probability(before, now))
