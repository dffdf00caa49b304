"""Intervals and tests of shares against published values, and against what counting every case gives."""

from fractions import Fraction
from math import comb

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alpr_edge.domain.statistics.proportions import (
    Proportion,
    rejected_by_holm,
    rise_probability,
    wilson_interval,
)

shares = st.integers(0, 60).flatmap(lambda of: st.tuples(st.integers(0, of), st.just(of)))


@pytest.mark.parametrize(
    ("count", "of", "low", "high"),
    [(81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0.0, 0.1611), (1, 29, 0.0061, 0.1718)],
)
def test_intervals_are_those_that_newcombe_published(count: int, of: int, low: float, high: float) -> None:
    """Statistics in Medicine 17 (1998), 857-872, table I, method 3."""
    assert wilson_interval(count, of) == pytest.approx((low, high), abs=0.00005)


@given(shares)
def test_an_interval_holds_its_share_and_is_the_mirror_of_what_is_left(share: tuple[int, int]) -> None:
    count, of = share
    low, high = wilson_interval(count, of)
    assert 0.0 <= low <= high <= 1.0
    assert wilson_interval(of - count, of) == pytest.approx((1.0 - high, 1.0 - low))
    if of:
        assert low <= count / of <= high
        narrower = wilson_interval(4 * count, 4 * of)
        assert narrower[1] - narrower[0] < high - low
    assert (low == 0.0) == (count == 0)
    assert (high == 1.0) == (count == of)


def test_of_nothing_a_share_may_be_anything() -> None:
    assert (Proportion(0, 0).share, Proportion(0, 0).interval) == (None, (0.0, 1.0))
    assert Proportion(1, 4).share == 0.25


@pytest.mark.parametrize(
    ("before", "now", "probability"),
    [
        (Proportion(1, 4), Proportion(3, 4), 17 / 70),  # the lady who tastes tea
        (Proportion(0, 4), Proportion(4, 4), 1 / 70),
        (Proportion(2, 17), Proportion(10, 13), 0.00046518),  # convicted twins, Fisher (1934)
    ],
)
def test_probabilities_are_those_that_fisher_published(before: Proportion, now: Proportion, probability: float) -> None:
    assert rise_probability(before, now) == pytest.approx(probability, rel=1e-4)


@given(shares, shares)
def test_a_probability_is_that_of_all_ways_to_share_the_cases(before: tuple[int, int], now: tuple[int, int]) -> None:
    marked, total = before[0] + now[0], before[1] + now[1]
    ways = [comb(marked, each) * comb(total - marked, now[1] - each) for each in range(now[0], min(marked, now[1]) + 1)]
    exact = Fraction(sum(ways), comb(total, now[1]))
    assert rise_probability(Proportion(*before), Proportion(*now)) == pytest.approx(float(exact), rel=1e-9)


def test_holm_rejects_one_after_the_other_until_one_holds() -> None:
    assert rejected_by_holm([0.01, 0.04, 0.03, 0.005], 0.05) == [True, False, False, True]
    assert rejected_by_holm([], 0.05) == []


@given(st.lists(st.floats(0, 1), max_size=12), st.floats(0.001, 0.2))
def test_holm_is_between_no_correction_and_bonferroni(probabilities: list[float], level: float) -> None:
    found = rejected_by_holm(probabilities, level)
    for each, is_rejected in zip(probabilities, found, strict=True):
        assert not is_rejected or each <= level
        assert is_rejected or each > level / len(probabilities)
    assert sorted(zip(probabilities, found, strict=True), key=lambda pair: (pair[0], not pair[1])) == sorted(
        zip(probabilities, found, strict=True), key=lambda pair: (not pair[1], pair[0])
    )
