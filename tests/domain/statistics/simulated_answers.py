"""Answers of officers over some days, drawn by a seed, of cameras and a reader that are as wrong as a test says."""

import random
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta

from alpr_edge.domain.dispositions.disposition import ReadAnswer
from alpr_edge.domain.hits import MatchKind
from alpr_edge.domain.statistics.deterioration import BEFORE_DAYS, NOW_DAYS, Deterioration, find_deteriorations
from alpr_edge.domain.statistics.judgements import JudgedHit, JudgedRead, Light, each_vehicle_once_a_day
from alpr_edge.domain.statistics.precision import PrecisionTally

FIRST = date(2026, 11, 2)
HABITS = {"B": "8", "8": "B", "D": "0", "0": "D", "1": "7", "S": "5", "5": "S"}
CHARACTERS = "0123456789ABCDEFGHJKLMNPRSTUVWXYZ"


@dataclass(frozen=True)
class ReaderFaults:
    """How often things go wrong."""

    cameras: Mapping[str, float] = field(default_factory=lambda: {"front": 0.04, "left": 0.06, "rear": 0.10})
    """Misread plates by camera."""
    habits: Mapping[str, float] = field(default_factory=lambda: dict.fromkeys(HABITS, 1.0))
    """How much likelier than others a character is the one that is misread."""


def answers(draw: random.Random, faults: ReaderFaults, first: date, days: int, a_day: int) -> Iterator[JudgedRead]:
    """Judged reads of some days."""
    for number in range(days * a_day):
        camera = draw.choice(tuple(faults.cameras))
        plate = "".join(draw.choices(CHARACTERS, k=7))
        is_misread = draw.random() < faults.cameras[camera]
        text = _misread(draw, plate, faults.habits) if is_misread else plate
        answer = ReadAnswer.MISREAD if is_misread else ReadAnswer.CORRECT
        day = first + timedelta(days=number // a_day)
        hit = JudgedHit("doj", MatchKind.EXACT, answer, number)
        yield JudgedRead(camera, text, plate if is_misread else "", 10.0, 100.0, Light.DAY, day, (hit,))


def deteriorations(
    seed: int, before: ReaderFaults, now: ReaderFaults, a_day: int, first: date = FIRST
) -> tuple[Deterioration, ...]:
    """What is told of the days before and of the newest ones."""
    draw = random.Random(seed)
    then = _tally(answers(draw, before, first, BEFORE_DAYS, a_day))
    return find_deteriorations(then, _tally(answers(draw, now, first + timedelta(BEFORE_DAYS), NOW_DAYS, a_day)))


def _tally(judged: Iterator[JudgedRead]) -> PrecisionTally:
    tally = PrecisionTally()
    for read in each_vehicle_once_a_day(judged):
        tally.add(read)
    return tally


def _misread(draw: random.Random, plate: str, habits: Mapping[str, float]) -> str:
    weights = [habits.get(character, 0.1) for character in plate]
    place = draw.choices(range(len(plate)), weights)[0]
    wrong = HABITS.get(plate[place]) or draw.choice(CHARACTERS.replace(plate[place], ""))
    return plate[:place] + wrong + plate[place + 1 :]
