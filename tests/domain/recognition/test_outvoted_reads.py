"""A certain read of which the later looks say another text: when its pass ends it gives way, or is certain no more."""

from dataclasses import replace

from alpr_edge.domain.plates import CERTAIN_MIN
from alpr_edge.domain.reads import ReadClosed, ReadDecided, ReadEvent
from alpr_edge.domain.recognition.frames import Reading
from alpr_edge.domain.recognition.voting import vote
from tests.domain.readings import START, reading_of
from tests.domain.recognition.test_passes import passes_of, play

SHARP = [reading_of("7ABC123", ms, certainty=0.999) for ms in (0, 100)]


def events_of(looks: list[Reading]) -> list[ReadEvent]:
    """The events of looks at one vehicle."""
    passes = passes_of()
    events = [event for _, event in play(passes, [(look.captured_at.ms_since(START), [look]) for look in looks])]
    return events + passes.close(START.shift(10_000))


def test_a_certain_read_gives_way_at_the_end_where_the_looks_can_hardly_be_of_its_text() -> None:
    """An emblem hides two characters of the first look; in the many after it they are seen, not clearly."""
    later = [reading_of("7ABC188", ms, certainty=0.8) for ms in range(200, 3000, 100)]
    first, closed, second, last = events_of([*SHARP, *later])
    assert (type(first), first.read.plate, first.read.certain) == (ReadDecided, "7ABC123", True)
    assert isinstance(second, ReadDecided)
    assert (second.read.plate, second.withdraws) == ("7ABC188", first.read.read_id)
    assert not closed.read.certain
    assert (last.read.read_id, last.read.certain) == (second.read.read_id, False)


def test_a_certain_read_that_later_looks_outvote_is_certain_no_more_and_names_their_text() -> None:
    later = [reading_of("7A8C123", ms, certainty=0.6) for ms in range(200, 3000, 100)]
    looks = [*SHARP, *later]
    decided, closed = events_of(looks)
    assert decided.read.certain
    assert isinstance(closed, ReadClosed)
    assert closed.read.plate == "7ABC123"
    assert closed.read.confidence < CERTAIN_MIN
    whole = vote(looks)
    assert (closed.read.alternatives[0].plate, closed.read.alternatives[0].confidence) == ("7A8C123", whole.confidence)
    assert "7ABC123" not in {other.plate for other in closed.read.alternatives}


def test_the_picture_of_a_decided_read_is_not_replaced_by_one_of_the_plate_beside_it() -> None:
    beside = [replace(reading_of("5XYZ987", ms, certainty=0.5, sharpness=300)) for ms in (200, 300)]
    decided, closed = events_of([*SHARP, *beside])
    assert isinstance(closed, ReadClosed)
    assert closed.read.read_id == decided.read.read_id
    assert closed.read.vote_count == len(SHARP) + len(beside)
    assert closed.evidence is None


def test_the_picture_of_a_decided_read_is_replaced_by_a_sharper_one_with_one_character_misread() -> None:
    _, closed = events_of([*SHARP, reading_of("7A8C123", 200, certainty=0.9, sharpness=300)])
    assert isinstance(closed, ReadClosed)
    assert closed.evidence is not None
