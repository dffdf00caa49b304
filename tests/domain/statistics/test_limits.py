"""The limits of what counts and what stands out: each on its side, and the sentences that say it."""

from datetime import date, timedelta
from statistics import median

import pytest

from alpr_edge.domain.dispositions.disposition import ReadAnswer
from alpr_edge.domain.hits import MatchKind
from alpr_edge.domain.statistics.character_pairs import ConfusedPair, PairTally
from alpr_edge.domain.statistics.deterioration import CONFUSED_MIN, SubjectKind, find_deteriorations
from alpr_edge.domain.statistics.judgements import JudgedHit, JudgedRead, Light
from alpr_edge.domain.statistics.precision import Dimension, PrecisionRow, PrecisionTally
from alpr_edge.domain.statistics.proportions import Proportion, rejected_by_holm, rise_probability
from alpr_edge.domain.statistics.quality import WIDTH_PX_MAX, QualityCounts, QualityTally
from alpr_edge.domain.statistics.quality_change import (
    BEFORE_DAYS_MIN,
    NOW_DAYS_MIN,
    READS_MIN,
    DayCounts,
    QualityMeasure,
    find_quality_changes,
)

FIRST = date(2026, 11, 1)


def read_with(text: str, truth: str = "", *, answer: ReadAnswer = ReadAnswer.CORRECT) -> JudgedRead:
    hits = (JudgedHit("doj", MatchKind.EXACT, answer, 1), JudgedHit("bolo", MatchKind.CONFUSABLE, answer, 0))
    return JudgedRead("front", text, truth, 30.0, 90.0, Light.NIGHT, FIRST, hits)


def test_each_hit_counts_once_in_its_list_and_its_match_and_each_read_once_in_the_rest() -> None:
    tally = PrecisionTally()
    for _ in range(2):
        tally.add(read_with("7ABC123"))
    tally.add(read_with("7ABC123", answer=ReadAnswer.WRONG_STATE))
    rows = {(row.dimension, row.value): (row.correct, row.wrong_state) for row in tally.report().rows}
    assert rows == dict.fromkeys(
        [
            (Dimension.ALL, "all"),
            (Dimension.CAMERA, "front"),
            (Dimension.LIGHT, "night"),
            (Dimension.SPEED, "65 mph and above"),
            (Dimension.WIDTH, "80 to 120 px"),
            (Dimension.LIST, "bolo"),
            (Dimension.LIST, "doj"),
            (Dimension.MATCH, "exact"),
            (Dimension.MATCH, "confusable"),
        ],
        (2, 1),
    )
    assert (tally.coverage.judged_reads, tally.coverage.judged_hits, tally.coverage.untold_misreads) == (3, 6, 0)
    assert tally.row(Dimension.CAMERA, "rear") == PrecisionRow(Dimension.CAMERA, "rear")


def test_of_many_comparisons_each_next_one_is_asked_less() -> None:
    assert rejected_by_holm([0.015, 0.005, 0.9], 0.05) == [True, True, False]  # 0.05 / 3, then 0.05 / 2
    assert rejected_by_holm([0.025, 0.005, 0.9], 0.05) == [True, True, False]
    assert rejected_by_holm([0.026, 0.005, 0.9], 0.05) == [False, True, False]
    assert rejected_by_holm([0.05, 0.025, 0.05 / 3], 0.05) == [True, True, True]
    assert rejected_by_holm([0.05, 0.026, 0.04], 0.05) == [False, False, False]


def test_a_share_of_nothing_cannot_rise() -> None:
    assert rise_probability(Proportion(0, 0), Proportion(0, 0)) == 1.0
    assert rise_probability(Proportion(0, 5), Proportion(0, 0)) == 1.0
    assert rise_probability(Proportion(5, 5), Proportion(5, 5)) == 1.0
    assert rise_probability(Proportion(0, 1), Proportion(1, 1)) == pytest.approx(0.5)


def test_pairs_are_told_by_how_often_and_then_by_name() -> None:
    tally = PairTally()
    for read, truth in (("8ABC", "BABC"), ("8ABC", "BABC"), ("A1CD", "A7CD"), ("AD0C", "ADQC")):
        tally.add(read, truth)
    assert tally.pairs() == (
        ConfusedPair("8", "B", Proportion(2, 2)),
        ConfusedPair("0", "Q", Proportion(1, 1)),
        ConfusedPair("1", "7", Proportion(1, 1)),
    )
    assert tally.pair("-", "A").proportion == Proportion(0, 4)


def misread_pairs(confused: int, of: int) -> PrecisionTally:
    tally = PrecisionTally()
    for number in range(of):
        truth = "BACD" if number < confused else "8ACD"
        tally.add(read_with("8ACD", truth, answer=ReadAnswer.MISREAD))
    return tally


def test_a_pair_stands_out_by_its_name_and_counts() -> None:
    found = find_deteriorations(misread_pairs(0, 60), misread_pairs(20, 40))
    (pair,) = [each for each in found if each.kind is SubjectKind.PAIR]
    assert (pair.name, pair.before, pair.now) == ("B read as 8", Proportion(0, 60), Proportion(20, 40))
    assert pair.probability == pytest.approx(rise_probability(Proportion(0, 60), Proportion(20, 40)))
    assert pair.text == "20 of 40 wrong in 7 days, 0 of 60 in the 21 days before"


@pytest.mark.parametrize(("confused", "names"), [(CONFUSED_MIN, {"B read as 8"}), (CONFUSED_MIN - 1, set())])
def test_a_pair_that_is_hardly_ever_confused_cannot_stand_out(confused: int, names: set[str]) -> None:
    found = find_deteriorations(misread_pairs(0, 2000), misread_pairs(confused, 20))
    assert {each.name for each in found if each.kind is SubjectKind.PAIR} == names


def day(reads: int, certain: int, width_px: float = 100.0) -> QualityCounts:
    counts = QualityCounts()
    for number in range(reads):
        counts.add(width_px, is_certain=number < certain)
    return counts


def days_of(counts: list[QualityCounts]) -> DayCounts:
    return {("front", FIRST + timedelta(number)): each for number, each in enumerate(counts)}


GOOD = [day(100, 95 - number % 2) for number in range(21)]


@pytest.mark.parametrize(
    ("before_days", "now_days", "is_told"),
    [
        (21, 7, True),
        (BEFORE_DAYS_MIN, NOW_DAYS_MIN, True),
        (BEFORE_DAYS_MIN - 1, 7, False),
        (21, NOW_DAYS_MIN - 1, False),
    ],
)
def test_days_enough_have_to_count(before_days: int, now_days: int, *, is_told: bool) -> None:
    worse = days_of([day(100, 60)] * now_days)
    assert bool(find_quality_changes(days_of(GOOD[:before_days]), worse)) == is_told


@pytest.mark.parametrize(("reads", "is_told"), [(READS_MIN, True), (READS_MIN - 1, False)])
def test_a_day_counts_from_its_least_number_of_reads_on(reads: int, *, is_told: bool) -> None:
    assert bool(find_quality_changes(days_of(GOOD), days_of([day(reads, reads // 2)] * 7))) == is_told


@pytest.mark.parametrize(("certain", "is_told"), [(89, True), (91, False)])
def test_a_fall_too_small_to_matter_is_not_told_however_sure_it_is(certain: int, *, is_told: bool) -> None:
    found = find_quality_changes(days_of([day(100, 95)] * 21), days_of([day(100, certain)] * 7))
    assert bool(found) == is_told
    for change in found:
        assert (change.camera_id, change.measure) == ("front", QualityMeasure.CERTAIN)
        assert (change.before, change.now) == (0.95, certain / 100)
        assert change.text == f"fewer plates are read for certain: {certain}% now, 95% before"
        assert 0 < change.probability < 0.001


@pytest.mark.parametrize(("width_px", "is_told"), [(89, True), (90, True), (91, False)])
def test_narrower_plates_are_told_from_a_tenth_on(width_px: int, *, is_told: bool) -> None:
    found = find_quality_changes(days_of([day(50, 40)] * 21), days_of([day(50, 40, width_px)] * 7))
    assert bool(found) == is_told
    for change in found:
        assert change.measure is QualityMeasure.WIDTH
        assert change.text == f"plates are narrower in its pictures: {width_px} px now, 100 px before"


def test_what_gets_better_is_not_told() -> None:
    assert find_quality_changes(days_of([day(100, 60)] * 21), days_of(GOOD[:7])) == ()


@pytest.mark.parametrize("widths", [[70.0], [70, 90], [90, 70, 80], [60, 60, 90, 90], [2000, 3000, 10]])
def test_the_width_of_plates_is_the_lower_median_and_bounded(widths: list[float]) -> None:
    counts = QualityCounts()
    for width in widths:
        counts.add(width, is_certain=False)
    lower = sorted(min(WIDTH_PX_MAX, width) for width in widths)[(len(widths) - 1) // 2]
    assert counts.width_px == lower
    assert lower <= median(widths)
    assert QualityCounts().width_px is None


def test_counts_are_told_by_camera_in_the_order_in_which_they_were_begun() -> None:
    tally = QualityTally[int]()
    for camera_id, hour in (("rear", 7), ("front", 9), ("front", 8), ("rear", 7)):
        tally.of(camera_id, hour).add_judged(is_misread=hour == 9)
    assert [(key, counts.misreads) for key, counts in tally.rows()] == [
        (("front", 9), Proportion(1, 1)),
        (("front", 8), Proportion(0, 1)),
        (("rear", 7), Proportion(0, 2)),
    ]
    assert day(4, 3).certain == Proportion(3, 4)
