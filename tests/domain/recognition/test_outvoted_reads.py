"""A certain read of which the later looks say another text: when its pass ends it has that text, and their doubt."""

from dataclasses import replace

import pytest

from alpr_edge.domain.reads import ReadUpdate
from alpr_edge.domain.recognition.frames import Reading
from alpr_edge.domain.recognition.voting import vote
from tests.domain.readings import AMENDED, CLOSED, DECIDED, START, reading_of
from tests.domain.recognition.test_passes import passes_of, play

SHARP = [reading_of("7ABC123", ms, certainty=0.999) for ms in (0, 100)]


def events_of(looks: list[Reading]) -> list[ReadUpdate]:
    """The events of looks at one vehicle."""
    passes = passes_of()
    events = [event for _, event in play(passes, [(look.captured_at.ms_since(START), [look]) for look in looks])]
    return events + passes.close(START.shift(10_000))


@pytest.mark.parametrize(
    ("text", "certainty"), [("7ABC188", 0.8), ("7A8C123", 0.6)], ids=["hidden at first", "blurred later"]
)
def test_a_certain_read_has_the_text_of_all_looks_at_the_end_and_their_doubt(text: str, certainty: float) -> None:
    """An emblem hides two characters of the first looks; in the many after them they are seen, not clearly."""
    looks = [*SHARP, *(reading_of(text, ms, certainty=certainty) for ms in range(200, 3000, 100))]
    decided, amended, closed = events_of(looks)
    assert (decided.stage, decided.read.plate, decided.read.certain) == (DECIDED, "7ABC123", True)
    assert (amended.stage, amended.read.plate, amended.read.certain) == (AMENDED, text, False)
    whole = vote(looks)
    assert (closed.stage, closed.read.plate, closed.read.confidence) == (CLOSED, text, whole.confidence)
    assert closed.read.read_id == decided.read.read_id
    assert [one.plate for one in closed.read.earlier_texts] == ["7ABC123"]


def test_the_picture_of_a_decided_read_is_not_replaced_by_one_of_the_plate_beside_it() -> None:
    beside = [replace(reading_of("5XYZ987", ms, certainty=0.5, sharpness=300)) for ms in (200, 300)]
    decided, closed = events_of([*SHARP, *beside])
    assert closed.stage is CLOSED
    assert closed.read.read_id == decided.read.read_id
    assert closed.read.vote_count == len(SHARP) + len(beside)
    assert closed.evidence is None


def test_the_picture_of_a_decided_read_is_replaced_by_a_sharper_one_with_one_character_misread() -> None:
    _, closed = events_of([*SHARP, reading_of("7A8C123", 200, certainty=0.9, sharpness=300)])
    assert closed.stage is CLOSED
    assert closed.evidence is not None
