"""How many whole frames the plates in view hold, and that a read which still needs a picture of the street has one."""

import itertools
from collections.abc import Sequence
from dataclasses import replace
from weakref import ref

import numpy as np
import pytest

from alpr_edge.domain.reads import ReadUpdate
from alpr_edge.domain.recognition.boxes import Box
from alpr_edge.domain.recognition.decision_rule import DecisionRule
from alpr_edge.domain.recognition.frames import Frame, Pixels, Reading
from alpr_edge.domain.recognition.passes import OPEN_FRAMES_MAX, Origin, Passes, PassParts
from tests.domain.readings import AMENDED, CLOSED, DECIDED, START, reading_of

COUNT = 14
PLATES = [f"{n % 8 + 2}ABC{100 + n * 37 % 899}" for n in range(COUNT)]
SCENE = (72, 128, 3)


class Street:
    """A camera before a row of plates, whose frames are counted as long as somebody holds them."""

    def __init__(
        self,
        plates: Sequence[str] = PLATES,
        rule: DecisionRule | None = None,
        parts: PassParts | None = None,
    ) -> None:
        self.plates = list(plates)
        self.certainty = 0.999
        self.not_accepted: list[int] = []
        """The plates that are taken for none at the next looks."""
        self.spared: list[int] = []
        """The plates that are found at the next looks and not read again."""
        ids = itertools.count(1)
        rule = rule or DecisionRule(readings_max=5, age_ms_max=700, confidence_min=0.2, characters_min=3)
        origin = Origin("unit-1", "front", ())
        self.passes = Passes(origin, rule, 1000, lambda _: None, lambda: f"read-{next(ids)}", parts)
        self.frame = 0
        self._pixels: list[ref[Pixels]] = []

    def look(self, sharp: Sequence[int] = (), plates: Sequence[int] | None = None) -> list[ReadUpdate]:
        """The next frame, sharper than all before for some of its plates.

        Args:
            sharp: the plates that it shows sharper.
            plates: the plates that are in it; None: all.
        """
        at_ms = self.frame * 33.0
        frame = Frame("front", self.frame, START.shift(at_ms), np.full(SCENE, self.frame, np.uint8))
        seen = range(len(self.plates)) if plates is None else plates
        readings = [self._reading(n, at_ms, 100.0 + (self.frame if n in sharp else 0)) for n in seen]
        self.frame += 1
        self._pixels.append(ref(frame.pixels))
        return self.passes.step(frame, readings)

    def frames_held(self) -> int:
        """How many of its frames somebody holds."""
        return sum(pixels() is not None for pixels in self._pixels)

    def _reading(self, plate: int, at_ms: float, sharpness: float) -> Reading:
        box = Box(plate * 5.0, 10 + plate * 2.0, plate * 5.0 + 4, 12 + plate * 2.0)
        reading = reading_of(self.plates[plate], at_ms, box, self.certainty, sharpness)
        is_spared = plate in self.spared
        is_accepted = not is_spared and plate not in self.not_accepted
        return replace(reading, frame_number=self.frame, is_accepted=is_accepted, is_spared=is_spared)


def colour_of(picture: Pixels) -> int:
    """The number of the frame that a picture is of."""
    (colour,) = np.unique(picture).tolist()
    return int(colour)


@pytest.mark.parametrize(
    "rule",
    [None, DecisionRule(readings_max=1000, age_ms_max=1e9, confidence_min=1.1, characters_min=3)],
    ids=["decided", "not readable"],
)
def test_plates_in_view_hold_few_frames_however_many_they_are(rule: DecisionRule | None) -> None:
    street = Street(rule=rule)
    for number in range(2 * COUNT):
        street.look(sharp=[number // 2])
        assert street.frames_held() <= OPEN_FRAMES_MAX + 1


def test_parked_plates_of_which_few_are_read_again_at_a_time_hold_few_frames() -> None:
    street = Street()
    street.look()
    for number in range(4 * COUNT):
        due = number % COUNT
        street.spared = [plate for plate in range(COUNT) if plate != due]
        street.look(sharp=[due])
        assert street.frames_held() <= OPEN_FRAMES_MAX + 1


def test_a_pass_beyond_the_bound_ends_with_its_sharpest_crop_and_the_scene_of_its_decision() -> None:
    street = Street()
    decided = {event.read.plate: event for event in street.look()}
    for number in range(COUNT):
        street.look(sharp=[number])
    closed = {event.read.plate: event for event in street.passes.close(START.shift(1e6))}
    first, last = closed[PLATES[0]], closed[PLATES[-1]]
    assert first.stage is CLOSED
    assert last.stage is CLOSED
    assert first.evidence is not None
    assert last.evidence is not None
    assert (first.evidence.scene.size, colour_of(first.evidence.crop)) == (0, 1)
    assert (last.evidence.scene.shape, colour_of(last.evidence.crop)) == (SCENE, COUNT)
    assert first.evidence.crop.base is None, "it holds its frame"
    assert first.read.box == decided[PLATES[0]].read.box


@pytest.mark.parametrize("sharp_first", [True, False])
def test_a_read_that_is_corrected_beyond_the_bound_has_a_whole_frame(*, sharp_first: bool) -> None:
    street = Street()
    street.look()
    for number in range(COUNT):
        street.look(sharp=[number] if sharp_first or number else [])
    street.plates[0], street.certainty = "7ABC100", 0.99999
    events = [event for _ in range(60) for event in street.look()]
    amended = next(event for event in events if event.stage is AMENDED and event.read.earlier_texts)
    assert amended.read.plate == "7ABC100"
    assert amended.evidence is not None
    assert amended.evidence.scene.shape == SCENE
    assert colour_of(amended.evidence.crop) == colour_of(amended.evidence.scene)


def test_a_plate_decided_beyond_the_bound_has_a_whole_frame() -> None:
    street = Street()
    street.certainty = 0.3
    for number in range(COUNT):
        assert not street.look(sharp=[number])
    street.certainty = 0.99999
    events = [event for _ in range(60) for event in street.look()]
    decided = [event for event in events if event.stage is DECIDED]
    assert {event.read.plate for event in decided} == set(PLATES)
    assert [event.evidence.scene.shape for event in decided if event.evidence is not None] == [SCENE] * len(PLATES)


def test_a_plate_decided_beyond_the_bound_shows_an_accepted_look_and_is_read_at_its_sharpest() -> None:
    plates_read: list[tuple[int, tuple[int, ...]]] = []

    def state_of(plate: Pixels) -> None:
        plates_read.append((colour_of(plate), plate.shape))

    never = DecisionRule(readings_max=1000, age_ms_max=1e9, confidence_min=0, characters_min=3)
    street = Street(PLATES[:10], never, PassParts(state_of=state_of))
    street.certainty = 0.3
    for number in range(10):
        street.look(sharp=[number])
    street.look()
    accepted = street.frame - 1
    street.not_accepted = [0]
    assert not street.look()
    events = street.passes.close(START.shift(1e6))
    (first,) = (event for event in events if event.stage is DECIDED and event.read.plate == PLATES[0])
    assert first.evidence is not None
    assert (colour_of(first.evidence.scene), colour_of(first.evidence.crop)) == (accepted, 0)
    assert (0, (2, 4, 3)) in plates_read


def test_a_vehicle_that_comes_back_keeps_the_crop_of_a_frame_that_was_given_up() -> None:
    street = Street()
    street.look()
    for number in range(COUNT):
        street.look(sharp=[number])
    for _ in range(40):
        street.look(plates=range(1, COUNT))
    street.look()
    (first,) = [event for event in street.passes.close(START.shift(1e6)) if event.read.plate == PLATES[0]]
    assert first.stage is CLOSED
    assert first.evidence is not None
    assert (first.evidence.scene.size, colour_of(first.evidence.crop)) == (0, 1)
    assert first.read.last_frame == street.frame - 1
