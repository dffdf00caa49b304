"""When the state of a read is read: of the picture that is shown, at each decision."""

import itertools
from dataclasses import replace

import numpy as np

from alpr_edge.domain.reads import ReadUpdate
from alpr_edge.domain.recognition.boxes import Box
from alpr_edge.domain.recognition.decision_rule import DecisionRule
from alpr_edge.domain.recognition.frames import Frame, Pixels, Reading
from alpr_edge.domain.recognition.passes import Origin, Passes, PassParts
from tests.domain.readings import AMENDED, CLOSED, DECIDED, START, frame_of, reading_of

RULE = DecisionRule(readings_max=2, age_ms_max=700, confidence_min=0.2, characters_min=3)
BOX = Box(100, 100, 180, 140)


class Eye:
    """Gives one answer after the other, and keeps what it was shown."""

    def __init__(self, *answers: str | None) -> None:
        self.answers, self.seen = list(answers), list[Pixels]()

    def state_of(self, plate: Pixels) -> str | None:
        self.seen.append(plate)
        return self.answers.pop(0)


def passes_of(eye: Eye) -> Passes:
    ids = itertools.count(1)
    parts = PassParts(state_of=eye.state_of)
    return Passes(Origin("u", "front", ()), RULE, 1000, lambda _: None, lambda: f"r-{next(ids)}", parts)


def frame_with_plate(look: Reading, at_ms: float, grey: int) -> Frame:
    """A frame that is of one grey inside the box of the look, and black around it."""
    frame = frame_of([look], at_ms)
    left, top, right, bottom = look.box.within(frame.width_px, frame.height_px)
    frame.pixels[top:bottom, left:right] = grey
    return frame


def step(passes: Passes, look: Reading, ms: float) -> list[ReadUpdate]:
    return passes.step(frame_of([look], ms), [look])


def states_of(events: list[ReadUpdate]) -> list[str | None]:
    return [event.read.state for event in events]


def test_the_state_is_read_once_of_the_sharpest_picture_of_the_plate_alone() -> None:
    eye = Eye("CO")
    passes = passes_of(eye)
    looks = [reading_of("8ABC123", ms, BOX, 0.9, sharpness) for ms, sharpness in ((0, 400.0), (100, 50.0))]
    events = passes.step(frame_with_plate(looks[0], 0, 77), looks[:1])
    assert eye.seen == []
    events += passes.step(frame_with_plate(looks[1], 100, 99), looks[1:])
    events += passes.close(START.shift(200))
    assert [event.stage for event in events] == [DECIDED, CLOSED]
    assert states_of(events) == ["CO", "CO"]
    (picture,) = eye.seen
    assert picture.shape == (40, 80, 3)
    assert np.unique(picture).tolist() == [77]


def test_a_state_that_is_not_known_is_none_and_a_unit_without_such_a_reader_names_none() -> None:
    look = reading_of("8ABC123", certainty=0.999)
    assert states_of(step(passes_of(Eye(None)), look, 0)) == [None]
    alone = Passes(Origin("u", "front", ()), RULE, 1000, lambda _: None, lambda: "r")
    assert states_of(step(alone, look, 0)) == [None]


def test_an_amended_read_has_the_state_of_the_look_that_it_shows() -> None:
    eye = Eye("CO", None)
    passes = passes_of(eye)
    texts = {0.0: "8ABC12", 100.0: "8ABC12", 200.0: "8ABC123", 300.0: "8ABC123"}
    events = list[ReadUpdate]()
    for ms, text in texts.items():
        look = reading_of(text, ms, BOX, 0.95 if ms < 200 else 0.999, 100 + ms)
        events += passes.step(frame_with_plate(look, ms, 10 + round(ms / 100)), [look])
    events += passes.close(START.shift(400))
    assert [event.stage for event in events] == [DECIDED, AMENDED, CLOSED]
    assert [event.read.plate for event in events] == ["8ABC12", "8ABC123", "8ABC123"]
    assert states_of(events) == ["CO", None, None]
    assert [np.unique(picture).tolist() for picture in eye.seen] == [[11], [events[1].read.last_frame + 10]]


def test_a_sharper_picture_after_the_decision_leaves_the_state() -> None:
    eye = Eye("CO")
    passes = passes_of(eye)
    events = list[ReadUpdate]()
    for ms, sharpness in ((0, 50.0), (100, 400.0)):
        look = reading_of("8ABC123", ms, BOX, 0.999, sharpness)
        events += passes.step(frame_with_plate(look, ms, 77), [look])
    *_, closed = events + passes.close(START.shift(200))
    assert closed.stage is CLOSED
    assert closed.evidence is not None
    assert closed.read.state == "CO"


def test_of_a_part_of_a_plate_no_state_is_read() -> None:
    eye = Eye("CO")
    passes = passes_of(eye)
    looks = [reading_of("8ABC123", 0, BOX, 0.9, 50.0), replace(reading_of("BC123", 100, BOX, 0.9, 400.0), is_cut=True)]
    events = [event for look, ms in zip(looks, (0.0, 100.0), strict=True) for event in step(passes, look, ms)]
    events += passes.close(START.shift(200))
    assert states_of(events) == [None, None]
    assert eye.seen == []
