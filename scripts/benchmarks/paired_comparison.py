"""Two models over the same plates: who finds or reads what the other does not, and whether chance would do as much."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Self

from scripts.benchmarks.figures import wilson


@dataclass(frozen=True, slots=True)
class Paired:
    """Counts of plates by which of two models, A and B, got them right."""

    both: int
    only_a: int
    only_b: int
    neither: int

    @classmethod
    def of(cls, right_a: Sequence[bool], right_b: Sequence[bool]) -> Self:
        """Counts of outcomes in the same order."""
        pairs = list(zip(right_a, right_b, strict=True))
        return cls(*(pairs.count(pair) for pair in ((True, True), (True, False), (False, True), (False, False))))

    @property
    def total(self) -> int:
        """Plates."""
        return self.both + self.only_a + self.only_b + self.neither

    @property
    def shares(self) -> tuple[float, float]:
        """Share that A got right, and that B did."""
        return (self.both + self.only_a) / max(1, self.total), (self.both + self.only_b) / max(1, self.total)

    @property
    def difference(self) -> float:
        """Share of B less that of A."""
        return (self.only_b - self.only_a) / max(1, self.total)

    @property
    def p(self) -> float:
        """McNemar's test, exact and two-sided: of plates that one alone got right, each is as likely A's as B's."""
        differing = self.only_a + self.only_b
        tail = sum(math.comb(differing, k) for k in range(min(self.only_a, self.only_b) + 1))
        return float(min(Fraction(1), Fraction(2 * tail, 2**differing)))

    @property
    def interval(self) -> tuple[float, float]:
        """Newcombe's 95 % interval of the difference of paired shares.

        Method 10 of R. G. Newcombe, Statistics in Medicine 17 (1998) 2635: Wilson's limits of both shares, joined by
        their correlation, which is corrected for continuity.
        """
        a, b = self.shares
        (low_a, high_a), (low_b, high_b) = (wilson(round(share * self.total), self.total) for share in (a, b))
        down = _combine(b - low_b, high_a - a, self._correlation)
        up = _combine(high_b - b, a - low_a, self._correlation)
        return round(self.difference - down, 4), round(self.difference + up, 4)

    @property
    def _correlation(self) -> float:
        right_a, right_b = self.both + self.only_a, self.both + self.only_b
        spread = right_a * right_b * (self.total - right_a) * (self.total - right_b)
        if spread == 0:
            return 0.0
        joint = self.both * self.neither - self.only_a * self.only_b
        return (max(0.0, joint - self.total / 2) if joint > 0 else joint) / math.sqrt(spread)


def _combine(one: float, other: float, correlation: float) -> float:
    """Length of two distances that vary together."""
    return math.sqrt(max(0.0, one * one - 2 * correlation * one * other + other * other))
