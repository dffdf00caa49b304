"""Shares of counts: how sure one is, and whether one is larger than another by more than chance."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import exp, lgamma, sqrt

Z_95 = 1.959963984540054
"""The 0.975 quantile of the normal distribution: of the intervals 95 % hold the true share."""


@dataclass(frozen=True, slots=True)
class Proportion:
    """So many of so many."""

    count: int
    of: int

    @property
    def share(self) -> float | None:
        """The share, 0 to 1; None of nothing."""
        return self.count / self.of if self.of else None

    @property
    def interval(self) -> tuple[float, float]:
        """The 95 % interval of the true share (:func:`wilson_interval`)."""
        return wilson_interval(self.count, self.of)


def wilson_interval(count: int, of: int, z: float = Z_95) -> tuple[float, float]:
    """The score interval of a share, which holds for small counts and for shares near 0 and 1 as well.

    E. B. Wilson, "Probable inference, the law of succession, and statistical inference", Journal of the American
    Statistical Association 22 (1927); Brown, Cai and DasGupta, Statistical Science 16 (2001) compare it with others.

    Args:
        of: of how many; of none the share may be anything.
    """
    if not of:
        return 0.0, 1.0
    share, weight = count / of, z * z / of
    middle = (share + weight / 2) / (1 + weight)
    half = z * sqrt(share * (1 - share) / of + weight / (4 * of)) / (1 + weight)
    low = 0.0 if count == 0 else max(0.0, middle - half)
    high = 1.0 if count == of else min(1.0, middle + half)
    return low, high


def rise_probability(before: Proportion, now: Proportion) -> float:
    """How likely a share as high as now would be by chance alone, if nothing had changed since before.

    Fisher's exact test of two shares, to one side: R. A. Fisher, Statistical Methods for Research Workers, 5th edition
    (1934), section 21.02. It is exact for small counts, and never calls a change more often than the level says.
    """
    total, marked, drawn = before.of + now.of, before.count + now.count, now.of
    most = min(marked, drawn)
    logs = [_log_ways(marked, each) + _log_ways(total - marked, drawn - each) for each in range(now.count, most + 1)]
    every = _log_ways(total, drawn)
    return min(1.0, sum(exp(log - every) for log in logs))


def rejected_by_holm(probabilities: Sequence[float], level: float) -> list[bool]:
    """Which of many comparisons stand out, so that with no change at all any does so with the level's probability.

    S. Holm, "A simple sequentially rejective multiple test procedure", Scandinavian Journal of Statistics 6 (1979). It
    asks nothing of how the comparisons depend on each other.

    Args:
        probabilities: of each comparison, by chance alone.
    """
    found = [False] * len(probabilities)
    for rank, place in enumerate(sorted(range(len(probabilities)), key=probabilities.__getitem__)):
        if probabilities[place] > level / (len(probabilities) - rank):
            break
        found[place] = True
    return found


def _log_ways(of: int, count: int) -> float:
    """The logarithm of in how many ways so many are chosen; minus infinity where it cannot be."""
    if not 0 <= count <= of:
        return float("-inf")
    return lgamma(of + 1) - lgamma(count + 1) - lgamma(of - count + 1)
