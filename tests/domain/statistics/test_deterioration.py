"""What got worse is told, and what did not is not: false alarms and power over many drawn weeks.

``alpr_edge/services/reports/README.md`` states what was measured with ``simulated_answers.py`` over more weeks.
"""

from dataclasses import replace
from datetime import date

import pytest

from alpr_edge.domain.dispositions.disposition import ReadAnswer
from alpr_edge.domain.hits import MatchKind
from alpr_edge.domain.statistics.deterioration import (
    JUDGED_MIN,
    NOW_DAYS,
    SubjectKind,
    find_deteriorations,
)
from alpr_edge.domain.statistics.judgements import JudgedHit, JudgedRead, Light, each_vehicle_once_a_day
from alpr_edge.domain.statistics.precision import PrecisionTally
from tests.domain.statistics.simulated_answers import HABITS, ReaderFaults, deteriorations

SAME = ReaderFaults()
A_DAY = 12
FALSE_ALARMS_MAX = 2
"""Of 200 weeks: one in a hundred, as the level says."""


def test_without_a_change_alarms_are_rare() -> None:
    alarms = [seed for seed in range(200) if deteriorations(seed, SAME, SAME, A_DAY)]
    assert len(alarms) <= FALSE_ALARMS_MAX


def test_a_camera_that_got_much_worse_is_found_and_no_other() -> None:
    worse = replace(SAME, cameras={**SAME.cameras, "left": 0.40})
    found = [deteriorations(seed, SAME, worse, 30) for seed in range(10)]
    assert all("left" in {each.name for each in of_seed} for of_seed in found)
    assert not any({"front", "rear"} & {each.name for each in of_seed} for of_seed in found)


def test_a_pair_that_is_confused_more_often_is_found() -> None:
    blurred = ReaderFaults(dict.fromkeys(SAME.cameras, 0.30), {**dict.fromkeys(HABITS, 1.0), "B": 60.0})
    found = [deteriorations(seed, SAME, blurred, 60) for seed in range(5)]
    assert all("B read as 8" in {each.name for each in of_seed} for of_seed in found)


def tally(wrong: int, judged: int, camera: str = "front") -> PrecisionTally:
    counted = PrecisionTally()
    for number in range(judged):
        answer = ReadAnswer.MISREAD if number < wrong else ReadAnswer.CORRECT
        hit = JudgedHit("doj", MatchKind.EXACT, answer, number)
        counted.add(JudgedRead(camera, "7ABC123", "", 10.0, 90.0, Light.DAY, date(2026, 11, 16), (hit,)))
    return counted


@pytest.mark.parametrize(
    ("before", "now", "names"),
    [
        ((2, 100), (10, 40), ["front"]),
        ((2, 100), (2, 40), []),
        ((10, 40), (2, 100), []),  # it got better
        ((0, JUDGED_MIN - 1), (JUDGED_MIN, JUDGED_MIN), []),
        ((0, JUDGED_MIN), (JUDGED_MIN - 1, JUDGED_MIN - 1), []),
        ((0, JUDGED_MIN), (JUDGED_MIN, JUDGED_MIN), ["front"]),
        ((0, 0), (0, 0), []),
    ],
)
def test_few_answers_say_nothing(before: tuple[int, int], now: tuple[int, int], names: list[str]) -> None:
    assert [each.name for each in find_deteriorations(tally(*before), tally(*now))] == names


def test_what_got_worse_is_told_in_counts() -> None:
    (found,) = find_deteriorations(tally(2, 100), tally(10, 40))
    assert found.kind is SubjectKind.CAMERA
    assert found.text == f"10 of 40 wrong in {NOW_DAYS} days, 2 of 100 in the 21 days before"


def test_one_vehicle_counts_once_a_day() -> None:
    hits = [JudgedHit("doj", MatchKind.EXACT, ReadAnswer.MISREAD, number) for number in range(3)]
    read = JudgedRead("front", "7ABC128", "7ABC12B", 10.0, 90.0, Light.DAY, date(2026, 11, 16), (hits[0],))
    same_plate = replace(read, text="7ABC12B", corrected="", hits=(replace(hits[1], answer=ReadAnswer.CORRECT),))
    reads = [read, replace(read, hits=(hits[2],)), same_plate, replace(read, camera_id="rear"),
             replace(read, day=date(2026, 11, 17)), replace(read, corrected="")]  # fmt: skip
    assert list(each_vehicle_once_a_day(reads)) == [reads[0], *reads[3:]]
