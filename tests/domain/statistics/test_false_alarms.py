"""How often nothing is told as something, and something is found: takes minutes. Run with -s to see the figures."""

import random
import sys
from dataclasses import replace
from datetime import date, timedelta

import pytest

from alpr_edge.domain.statistics.deterioration import BEFORE_DAYS, NOW_DAYS, find_deteriorations
from alpr_edge.domain.statistics.judgements import JudgedRead, each_vehicle_once_a_day
from alpr_edge.domain.statistics.precision import PrecisionTally
from tests.domain.statistics.simulated_answers import FIRST, ReaderFaults, answers, deteriorations

SAME, LOOKS = ReaderFaults(), 7
WEEKS, CHANGES = 200, 100


def looks_with_alarm(seed: int, a_day: int) -> int:
    """On how many days of a week something is told although nothing changed."""
    days = BEFORE_DAYS + NOW_DAYS + LOOKS - 1
    reads = list(each_vehicle_once_a_day(answers(random.Random(seed), SAME, FIRST, days, a_day)))
    return sum(_is_alarm(reads, FIRST + timedelta(shift)) for shift in range(LOOKS))


def _is_alarm(reads: list[JudgedRead], begin: date) -> bool:
    before, now = PrecisionTally(), PrecisionTally()
    newest = begin + timedelta(BEFORE_DAYS)
    for read in reads:
        if begin <= read.day < newest + timedelta(NOW_DAYS):
            (before if read.day < newest else now).add(read)
    return bool(find_deteriorations(before, now))


def found_changes(factor: int, a_day: int) -> int:
    """How often it is found that one camera misreads so many times as many."""
    worse = replace(SAME, cameras={**SAME.cameras, "left": SAME.cameras["left"] * factor})
    found = [deteriorations(seed, SAME, worse, a_day) for seed in range(CHANGES)]
    return sum("left" in {each.name for each in of_seed} for of_seed in found)


@pytest.mark.slow
@pytest.mark.parametrize("a_day", [20, 60])
def test_alarms_without_a_change_are_as_rare_as_the_level_says(a_day: int) -> None:
    alarms = [looks_with_alarm(10_000 + seed, a_day) for seed in range(WEEKS)]
    sys.stdout.write(f"{a_day} a day: {sum(map(bool, alarms))} weeks of {WEEKS}, {sum(alarms)} looks\n")
    assert sum(alarms) <= 0.01 * WEEKS * LOOKS


@pytest.mark.slow
@pytest.mark.parametrize("a_day", [20, 60])
def test_the_larger_a_change_the_surer_it_is_found(a_day: int) -> None:
    found = [found_changes(factor, a_day) for factor in (2, 3, 5)]
    sys.stdout.write(f"{a_day} a day: {found} of {CHANGES} found\n")
    assert found == sorted(found)
    assert found[-1] > CHANGES // 2
