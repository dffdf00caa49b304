"""Which characters are read for which: the texts of reads beside what their plates say, character by character."""

from collections import Counter
from dataclasses import dataclass

from alpr_edge.domain.dispositions.plate_comparison import compare_plates
from alpr_edge.domain.plates import canonical
from alpr_edge.domain.statistics.proportions import Proportion

NOTHING = "-"
"""Stands for no character: one that was left out, or read where there is none."""


@dataclass(frozen=True, slots=True)
class ConfusedPair:
    """A character that was read for another."""

    read: str
    """Canonical; :data:`NOTHING`: a character was left out."""
    truth: str
    """Canonical; :data:`NOTHING`: there is no character there."""
    proportion: Proportion
    """How often, of all times that the character was read; of a character left out, of all reads whose truth is
    known."""

    @property
    def name(self) -> str:
        """The pair in words."""
        return f"{self.truth} read as {self.read}"


class PairTally:
    """Counts over reads whose truth is known."""

    def __init__(self) -> None:
        self._read_counts: Counter[str] = Counter()
        self._pair_counts: Counter[tuple[str, str]] = Counter()

    def add(self, read: str, truth: str) -> None:
        """Count a read."""
        text, says = canonical(read), canonical(truth)
        self._read_counts.update(text)
        self._read_counts[NOTHING] += 1
        self._pair_counts.update(_differences(text, says))

    def pairs(self) -> tuple[ConfusedPair, ...]:
        """All pairs that were confused, the most frequent first."""
        found = (self.pair(read, truth) for read, truth in self._pair_counts)
        return tuple(sorted(found, key=lambda pair: (-pair.proportion.count, pair.read, pair.truth)))

    def pair(self, read: str, truth: str) -> ConfusedPair:
        """How often one character was read for another, also where it never was."""
        return ConfusedPair(read, truth, Proportion(self._pair_counts[read, truth], self._read_counts[read]))


def _differences(text: str, says: str) -> list[tuple[str, str]]:
    """What was read and what is there, where the two differ; nothing where they are the same."""
    if len(text) == len(says):
        differing = [pair for pair in zip(text, says, strict=True) if pair[0] != pair[1]]
        if len(differing) <= 1:
            return differing  # no pairing has fewer differences, and most misreads are of this kind
    pairs = [pair for pair in compare_plates(text, says) if pair.differs]
    return [(pair.read or NOTHING, pair.listed or NOTHING) for pair in pairs]
