"""A decided read that was not certain is told of once more when the vote for its text is settled."""

from dataclasses import replace

import pytest

from alpr_edge.domain.reads import ReadUpdate
from alpr_edge.domain.recognition.decision_rule import SETTLED_MIN
from tests.domain.readings import AMENDED, CLOSED, DECIDED, START, reading_of
from tests.domain.recognition.test_passes import passes_of, play
from tests.domain.recognition.test_same_vehicle import pass_of
from tests.store.records import plate_read

TEXT = "8ABC123"


def events_of(*runs: tuple[str, float, int]) -> list[ReadUpdate]:
    """The events of looks at one vehicle, a tenth of a second apart: runs of a text, a certainty and a count."""
    looks = [(text, certainty) for text, certainty, count in runs for _ in range(count)]
    passes = passes_of()
    frames = [(n * 100.0, [reading_of(text, n * 100, certainty=sure)]) for n, (text, sure) in enumerate(looks)]
    return [event for _, event in play(passes, frames)] + passes.close(START.shift(100.0 * len(looks)))


def test_a_read_that_becomes_certain_is_told_of_once_under_its_id_and_text() -> None:
    decided, settled, closed = events_of((TEXT, 0.9, 5), (TEXT, 0.999, 60))
    assert (decided.stage, settled.stage, closed.stage) == (DECIDED, AMENDED, CLOSED)
    assert not decided.read.certain
    assert settled.read.certain
    assert settled.read.confidence >= SETTLED_MIN
    before = decided.read
    unsettled = replace(settled.read, confidence=before.confidence, alternatives=before.alternatives)
    assert replace(unsettled, slot_votes=before.slot_votes) == before
    assert closed.read.confidence >= settled.read.confidence


@pytest.mark.parametrize(
    "runs",
    [[(TEXT, 0.999, 60)], [(TEXT, 0.9, 5), ("", 0.9, 20)]],
    ids=["certain from the first look", "never certain"],
)
def test_a_read_that_is_certain_at_once_or_never_is_told_of_once(runs: list[tuple[str, float, int]]) -> None:
    assert [event.stage for event in events_of(*runs)] == [DECIDED, CLOSED]


def test_a_read_that_became_certain_takes_another_certain_text_as_any_does() -> None:
    events = events_of((TEXT, 0.9, 5), (TEXT, 0.999, 5), ("3ABC123", 0.9999, 40))
    assert [event.stage for event in events] == [DECIDED, AMENDED, AMENDED, CLOSED]
    assert [event.read.plate for event in events] == [TEXT] * 2 + ["3ABC123"] * 2


def test_a_vehicle_that_comes_back_and_is_read_clearly_then_makes_its_read_certain() -> None:
    passes = passes_of()
    frames = [(ms * 1.0, [reading_of(TEXT, ms, certainty=0.9)]) for ms in range(0, 500, 100)]
    frames += [(1600.0, []), *((ms * 1.0, [reading_of(TEXT, ms, certainty=0.9999)]) for ms in range(3000, 4000, 100))]
    decided, settled = (event for _, event in play(passes, frames))
    assert settled.stage is AMENDED
    assert settled.read.read_id == decided.read.read_id
    assert settled.at.ms_since(START) >= 3000


@pytest.mark.parametrize(
    ("text", "is_settled", "confidence", "is_confirmed"),
    [(TEXT, True, 0.99, True), ("3ABC123", True, 0.99, False), (TEXT, False, 0.99, False), (TEXT, True, 0.8, False)],
    ids=["the same again", "another text", "no longer settled", "not certain yet"],
)
def test_no_vote_is_due_where_a_settled_plate_is_read_as_before(
    text: str, confidence: float, *, is_settled: bool, is_confirmed: bool
) -> None:
    one = pass_of(reading_of(TEXT), reading_of(text, 100))
    one.read, one.is_settled = replace(plate_read(plate=TEXT), confidence=confidence), is_settled
    assert one.is_confirmed == is_confirmed
    one.read = None
    assert not one.is_confirmed
