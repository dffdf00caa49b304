"""The place of a read whose picture is older than what is remembered of the car's way."""

from dataclasses import replace

from alpr_edge.domain.fixes import Position
from alpr_edge.domain.instants import Instant
from alpr_edge.domain.reads import ReadUpdate
from alpr_edge.domain.recognition.frames import Reading
from alpr_edge.domain.recognition.passes import Origin, Passes
from tests.domain.readings import AMENDED, CLOSED, DECIDED, START, frame_of, reading_of
from tests.domain.recognition.test_passes import RULE

REMEMBERED_MS = 120_000.0


class Way:
    """Knows where the car was in the last two minutes."""

    def __init__(self) -> None:
        self.now = START

    def locate(self, at: Instant) -> Position | None:
        if self.now.ms_since(at) > REMEMBERED_MS:
            return None
        return Position(37.6 + at.ms_since(START) * 1e-9, -121.0, 10, 0.9, "log:test")


def events_of(looks: list[Reading], way: Way) -> list[ReadUpdate]:
    """All events of a camera that gives these looks, a frame each, and ends with the last."""
    passes, events = Passes(Origin("u", "front", ()), RULE, 1000, way.locate, lambda: f"read-{len(events)}"), []
    for look in looks:
        way.now = look.captured_at
        events += passes.step(frame_of([look], way.now.ms_since(START)), [look])
    return events + passes.close(way.now)


def in_view_without_text(from_ms: int, to_ms: int) -> list[Reading]:
    """Looks at a plate that keep its pass going and say nothing of its text."""
    return [replace(reading_of("", ms), is_accepted=False) for ms in range(from_ms, to_ms, 900)]


def test_an_amended_read_whose_picture_is_older_than_the_way_known_keeps_its_place() -> None:
    first = [reading_of("8ABC12", ms, certainty=0.95, sharpness=400) for ms in (0, 700)]
    whole = [reading_of("8ABC123", ms, certainty=0.999, sharpness=100) for ms in range(131_000, 132_000, 100)]
    events = events_of([*first, *in_view_without_text(800, 131_000), *whole], way := Way())
    assert [event.stage for event in events] == [DECIDED, AMENDED, CLOSED]
    assert [event.read.plate for event in events] == ["8ABC12", "8ABC123", "8ABC123"]
    way.now = START
    assert [event.read.position for event in events] == [way.locate(START)] * 3


def test_a_first_read_whose_picture_is_older_than_the_way_known_has_the_place_of_the_last_look() -> None:
    dim = reading_of("8ABC123", 0, certainty=0.3, sharpness=400)
    whole = [reading_of("8ABC123", ms, certainty=0.999, sharpness=100) for ms in range(131_000, 132_000, 100)]
    events = events_of([dim, *in_view_without_text(900, 131_000), *whole], way := Way())
    assert [event.stage for event in events] == [DECIDED, AMENDED, CLOSED]
    assert {event.read.plate for event in events} == {"8ABC123"}
    assert events[0].read.position == way.locate(events[0].read.last_seen) is not None
    assert events[1].read.position == events[2].read.position == events[0].read.position
