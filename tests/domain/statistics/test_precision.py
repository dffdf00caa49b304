"""Judged reads are counted by what they have in common, and their characters beside the truth."""

from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alpr_edge.domain.dispositions.disposition import ReadAnswer
from alpr_edge.domain.hits import MatchKind
from alpr_edge.domain.statistics.character_pairs import NOTHING, PairTally
from alpr_edge.domain.statistics.judgements import JUDGING, JudgedHit, JudgedRead, Light, speed_band, width_band
from alpr_edge.domain.statistics.precision import Dimension, PrecisionRow, PrecisionTally
from alpr_edge.domain.statistics.proportions import Proportion

HIT = JudgedHit("doj", MatchKind.EXACT, ReadAnswer.CORRECT, 1)
READ = JudgedRead("front", "7ABO128", "", 10.0, 90.0, Light.DAY, date(2026, 11, 16), (HIT,))
texts = st.text("ABD08", min_size=1, max_size=6)


def read_with(*answers: str) -> JudgedRead:
    return replace(READ, hits=tuple(JudgedHit(f"list {number}", MatchKind.EXACT, ReadAnswer(answer), number)
                                    for number, answer in enumerate(answers)))  # fmt: skip


@pytest.mark.parametrize(
    ("mps", "band"),
    [(None, "not known"), (0.0, "standing"), (1.3, "standing"), (1.35, "3 to 25 mph"), (11.2, "25 to 45 mph"),
     (25.0, "45 to 65 mph"), (29.1, "65 mph and above"), (60.0, "65 mph and above")],
)  # fmt: skip
def test_bands_of_speed(mps: float | None, band: str) -> None:
    assert speed_band(mps) == band


@pytest.mark.parametrize(
    ("px", "band"),
    [(1.0, "below 60 px"), (60.0, "60 to 80 px"), (119.9, "80 to 120 px"), (120.0, "120 to 160 px"),
     (160.0, "160 px and above")],
)  # fmt: skip
def test_bands_of_width(px: float, band: str) -> None:
    assert width_band(px) == band


def test_the_newest_answer_counts_of_a_read_and_each_of_its_hits_of_lists() -> None:
    tally = PrecisionTally()
    tally.add(read_with("misread", "correct"))
    report = tally.report()
    assert report.of(Dimension.ALL) == (PrecisionRow(Dimension.ALL, "all", correct=1),)
    assert [(row.value, row.correct, row.misread) for row in report.of(Dimension.LIST)] == [
        ("list 0", 0, 1),
        ("list 1", 1, 0),
    ]
    assert (report.coverage.judged_reads, report.coverage.judged_hits) == (1, 2)


def test_another_vehicle_is_read_right_and_a_wrong_state_is_not() -> None:
    row = PrecisionRow(Dimension.ALL, "all", correct=5, misread=2, wrong_state=1, not_this_vehicle=3)
    assert row.right == Proportion(8, 11)
    assert PrecisionTally().report().of(Dimension.ALL) == ()


@pytest.mark.parametrize(
    ("read", "truth"),
    [
        (READ, "7AB0128"),
        (read_with("misread"), ""),
        (replace(read_with("misread"), corrected="7ABOI28"), "7AB0I28"),
        (replace(read_with("correct"), corrected="7ABOI28"), "7AB0128"),  # the newest answer counts
        (read_with("wrong_state"), "7AB0128"),
    ],
)
def test_what_a_plate_says(read: JudgedRead, truth: str) -> None:
    assert read.truth == truth


def test_a_misread_of_which_nobody_says_the_truth_is_in_no_pair() -> None:
    tally = PrecisionTally()
    tally.add(read_with("misread"))
    assert (tally.report().pairs, tally.coverage.untold_misreads) == ((), 1)


def test_rows_are_in_an_order_that_one_reads() -> None:
    tally = PrecisionTally()
    for light, speed in ((Light.UNKNOWN, None), (Light.NIGHT, 30.0), (Light.DAY, 0.0)):
        tally.add(replace(READ, light=light, speed_mps=speed))
    report = tally.report()
    assert [row.value for row in report.of(Dimension.LIGHT)] == ["day", "night", "not known"]
    assert [row.value for row in report.of(Dimension.SPEED)] == ["standing", "65 mph and above", "not known"]


def pairs(read: str, truth: str) -> dict[str, tuple[int, int]]:
    tally = PairTally()
    tally.add(read, truth)
    return {pair.name: (pair.proportion.count, pair.proportion.of) for pair in tally.pairs()}


@pytest.mark.parametrize(
    ("read", "truth", "told"),
    [
        ("8ABC", "BABC", {"B read as 8": (1, 1)}),
        ("88BC", "BBBC", {"B read as 8": (2, 2)}),
        ("ABC", "ABBC", {f"B read as {NOTHING}": (1, 1)}),
        ("AABC", "ABC", {f"{NOTHING} read as A": (1, 2)}),
        ("OABC", "0ABC", {}),  # O and 0 are one character
        ("8A1", "BA7", {"B read as 8": (1, 1), "7 read as 1": (1, 1)}),
    ],
)
def test_pairs_that_were_confused(read: str, truth: str, told: dict[str, tuple[int, int]]) -> None:
    assert pairs(read, truth) == told


@given(st.lists(st.tuples(texts, texts), max_size=5))
def test_no_pair_is_confused_more_often_than_its_character_was_read(both: list[tuple[str, str]]) -> None:
    tally = PairTally()
    for read, truth in both:
        tally.add(read, truth)
    for pair in tally.pairs():
        assert pair.read != pair.truth
        assert pair.proportion.count >= 1
        if pair.read != NOTHING:
            assert pair.proportion.count <= pair.proportion.of
    assert tally.pair("Z", "2").proportion.count == 0


@given(texts, texts)
def test_pairs_are_as_few_as_it_takes_to_make_one_text_of_the_other(read: str, truth: str) -> None:
    count = sum(number for number, _ in pairs(read, truth).values())
    one, other = read.replace("O", "0"), truth.replace("O", "0")
    assert (count == 0) == (one == other)
    assert abs(len(one) - len(other)) <= count <= max(len(one), len(other))


def test_a_read_is_judged_by_four_answers() -> None:
    assert set(JUDGING) == set(ReadAnswer) - {ReadAnswer.DISMISSED}
