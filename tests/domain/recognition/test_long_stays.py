"""Vehicles that stay in view for long: their reads are handed over while they are still there, once."""

from weakref import ref

from alpr_edge.domain.recognition.boxes import Box
from alpr_edge.domain.recognition.frames import Pixels, Reading
from alpr_edge.domain.recognition.passes import HELD_BACK_MS_MAX, Passes
from tests.domain.readings import CLOSED, DECIDED, START, frame_of, reading_of
from tests.domain.recognition.test_passes import passes_of, play

PLATE, NEIGHBOUR = "7ABC123", "4KLM567"
LONG_MS = HELD_BACK_MS_MAX


def look(at_ms: float, plate: str = PLATE, sharpness: float = 100.0) -> tuple[float, list[Reading]]:
    return at_ms, [reading_of(plate, at_ms, certainty=0.999, sharpness=sharpness)]


def looks_until(until_ms: float) -> list[tuple[float, list[Reading]]]:
    """The looks at a parked car up to then, one each half second."""
    return [look(ms) for ms in range(0, round(until_ms) + 1, 500)]


def after_hand_over() -> Passes:
    """A camera before whom a car has stood for so long that its read was handed over."""
    passes = passes_of()
    play(passes, looks_until(LONG_MS + 500))
    return passes


def test_the_read_of_a_vehicle_that_stays_is_handed_over_while_it_is_there() -> None:
    events = play(passes_of(), looks_until(LONG_MS + 60_000))
    assert [(at_ms, event.stage) for at_ms, event in events] == [(0, DECIDED), (LONG_MS + 500, CLOSED)]
    closed = events[1][1]
    assert closed.read.last_seen == START.shift(LONG_MS)


def test_it_is_handed_over_once() -> None:
    passes = after_hand_over()
    assert play(passes, [(LONG_MS + ms, []) for ms in (2000, 3000, 40_000)]) == []
    assert passes.close(START.shift(LONG_MS + 50_000)) == []


def test_a_stop_of_the_unit_does_not_hand_it_over_again() -> None:
    assert after_hand_over().close(START.shift(LONG_MS + 1000)) == []


def test_it_stays_the_same_read_when_its_vehicle_is_hidden_and_seen_again() -> None:
    passes = after_hand_over()
    play(passes, [(LONG_MS + ms, []) for ms in (2000, 3000)])
    assert play(passes, [look(LONG_MS + ms) for ms in range(10_000, 12_000, 500)]) == []
    assert passes.close(START.shift(LONG_MS + 20_000)) == []


def test_without_frames_it_is_handed_over_as_well() -> None:
    passes = passes_of()
    play(passes, looks_until(LONG_MS))
    over = passes.expire(START.shift(LONG_MS + 100), START.shift(LONG_MS + 100))
    assert [event.stage for event in over] == [CLOSED]


def test_the_next_vehicle_at_its_place_is_a_read_of_its_own() -> None:
    passes = after_hand_over()
    events = play(passes, [look(LONG_MS + 5000 + ms, NEIGHBOUR) for ms in range(0, 2000, 100)])
    assert [event.read.plate for _, event in events if event.stage is DECIDED] == [NEIGHBOUR]


def test_a_vehicle_that_comes_meanwhile_is_not_handed_over_with_it() -> None:
    passes, beside = passes_of(), Box(500, 100, 600, 150)
    play(passes, looks_until(LONG_MS - 500))
    both = [
        (at_ms, [*readings, reading_of(NEIGHBOUR, at_ms, beside, 0.999)])
        for at_ms, readings in (look(LONG_MS + ms) for ms in (0, 500, 1000))
    ]
    events = [event for _, event in play(passes, both)]
    assert [(event.stage, event.read.plate) for event in events] == [
        (DECIDED, NEIGHBOUR),
        (CLOSED, PLATE),
    ]


def test_its_frame_is_let_go_and_no_sharper_one_is_held() -> None:
    passes = passes_of()
    first = step(passes, *look(0, sharpness=200))
    play(passes, looks_until(LONG_MS)[1:])
    is_held_before = first() is not None
    play(passes, [look(LONG_MS + 500)])
    sharper = step(passes, *look(LONG_MS + 1000, sharpness=300))
    assert (is_held_before, first(), sharper()) == (True, None, None)


def step(passes: Passes, at_ms: float, readings: list[Reading]) -> ref[Pixels]:
    """Process a frame; returns a reference to its pixels that does not hold them."""
    frame = frame_of(readings, at_ms)
    passes.step(frame, readings)
    return ref(frame.pixels)
