"""How well pictures can be read: counts and medians; what is told of a change, and how often without one."""

import random
import sys
from collections import Counter
from datetime import date, timedelta
from statistics import median_low

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from alpr_edge.domain.statistics.deterioration import BEFORE_DAYS, NOW_DAYS
from alpr_edge.domain.statistics.quality import WIDTH_PX_MAX, QualityCounts, QualityTally
from alpr_edge.domain.statistics.quality_change import (
    BEFORE_DAYS_MIN,
    LEVEL,
    NOW_DAYS_MIN,
    READS_MIN,
    QualityChange,
    QualityMeasure,
    find_quality_changes,
)

FIRST = date(2026, 11, 2)
CAMERAS = ("front", "left", "rear")
LOOKS, CHANGES = 1000, 100
Days = dict[tuple[str, date], QualityCounts]


@settings(max_examples=50)
@given(st.lists(st.tuples(st.floats(1, 2000), st.booleans()), max_size=40))
def test_counts_are_those_of_the_reads_and_the_width_their_median(reads: list[tuple[float, bool]]) -> None:
    counts = QualityCounts()
    for width, is_certain in reads:
        counts.add(width, is_certain=is_certain)
    widths = [min(WIDTH_PX_MAX, round(width)) for width, _ in reads]
    assert counts.width_px == (median_low(widths) if widths else None)
    assert (counts.certain.count, counts.certain.of) == (sum(is_certain for _, is_certain in reads), len(reads))


def test_answers_are_counted_beside_the_reads() -> None:
    tally = QualityTally[int]()
    for is_misread in (True, False, False):
        tally.of("front", 8).add_judged(is_misread=is_misread)
    tally.of("front", 9).add(80.0, is_certain=True)
    tally.of("a", 3).add(80.0, is_certain=False)
    rows = dict(tally.rows())
    assert list(rows) == [("a", 3), ("front", 8), ("front", 9)]
    misreads = rows["front", 8].misreads
    assert (misreads.count, misreads.of, rows["front", 8].certain.share) == (1, 3, None)


def day_counts(reads: int, certain: float, width: float) -> QualityCounts:
    return QualityCounts(reads, round(reads * certain), _widths=Counter({round(width): reads}))


def drawn_days(  # each day has its own weather and streets
    draw: random.Random, first: int, days: int, certain: float = 0.8, width: float = 90.0
) -> Days:
    return {
        (camera, FIRST + timedelta(first + day)): day_counts(
            draw.randrange(40, 400), min(1.0, draw.gauss(certain, 0.06)), draw.gauss(width, 5.0)
        )
        for camera in CAMERAS
        for day in range(days)
    }


def changes(seed: int, certain: float = 0.8, width: float = 90.0) -> tuple[QualityChange, ...]:
    """What is told when the camera "left" changes to this after three weeks."""
    draw = random.Random(seed)
    before, now = drawn_days(draw, 0, BEFORE_DAYS), drawn_days(draw, BEFORE_DAYS, NOW_DAYS)
    worse = drawn_days(draw, BEFORE_DAYS, NOW_DAYS, certain, width)
    return find_quality_changes(before, now | {key: each for key, each in worse.items() if key[0] == "left"})


def test_alarms_without_a_change_are_as_rare_as_the_level_says() -> None:
    alarms = sum(bool(changes(seed)) for seed in range(LOOKS))
    sys.stdout.write(f"without a change: {alarms} of {LOOKS} looks\n")
    assert alarms <= LEVEL * LOOKS


@pytest.mark.parametrize(
    ("measure", "values", "found_min"),
    [
        (QualityMeasure.CERTAIN, {"certain": 0.6}, 95),
        (QualityMeasure.CERTAIN, {"certain": 0.7}, 40),
        (QualityMeasure.WIDTH, {"width": 68.0}, 95),
    ],
)
def test_a_change_that_matters_is_found_and_told_of_its_camera_alone(
    measure: QualityMeasure, values: dict[str, float], found_min: int
) -> None:
    told = [changes(5000 + seed, **values) for seed in range(CHANGES)]
    found = sum(any(each.camera_id == "left" and each.measure is measure for each in of_look) for of_look in told)
    others = sum(any(each.camera_id != "left" for each in of_look) for of_look in told)
    sys.stdout.write(f"{measure} {values}: {found} of {CHANGES} found, {others} of others\n")
    assert found >= found_min
    assert others <= 5


def steady_days(first: int, days: int, *about: float, reads: int = 100) -> Days:
    return {("front", FIRST + timedelta(first + day)): day_counts(reads, *about) for day in range(days)}


def test_a_sure_change_too_small_to_matter_is_not_told() -> None:
    before = steady_days(0, BEFORE_DAYS, 0.80, 90.0)
    assert find_quality_changes(before, steady_days(BEFORE_DAYS, NOW_DAYS, 0.78, 85.0)) == ()
    (worse, narrower) = find_quality_changes(before, steady_days(BEFORE_DAYS, NOW_DAYS, 0.70, 80.0))
    assert worse.text == "fewer plates are read for certain: 70% now, 80% before"
    assert narrower.text == "plates are narrower in its pictures: 80 px now, 90 px before"
    assert find_quality_changes(before, steady_days(BEFORE_DAYS, NOW_DAYS, 0.80, 90.0)) == ()


@pytest.mark.parametrize(
    ("before_days", "now_days", "reads"),
    [
        (BEFORE_DAYS_MIN - 1, NOW_DAYS, 100),
        (BEFORE_DAYS, NOW_DAYS_MIN - 1, 100),
        (BEFORE_DAYS, NOW_DAYS, READS_MIN - 1),
    ],
)
def test_of_few_days_or_days_with_few_reads_nothing_is_said(before_days: int, now_days: int, reads: int) -> None:
    before = steady_days(0, before_days, 0.9, 90.0, reads=reads)
    assert find_quality_changes(before, steady_days(BEFORE_DAYS, now_days, 0.2, 40.0, reads=reads)) == ()
