"""What of a frame the reader gets to see of a box."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from alpr_edge.domain.instants import Instant
from alpr_edge.domain.recognition.boxes import Box
from alpr_edge.domain.recognition.frames import Crop, Detection, Frame, Pixels, Probabilities, Reading
from alpr_edge.domain.recognition.known_plates import KnownPlates, SettledPlate
from alpr_edge.vision.detector import OnnxDetector
from alpr_edge.vision.model_files.manifest import load_model
from alpr_edge.vision.plate_check import ThresholdCheck
from alpr_edge.vision.recogniser import PLATES_MAX, Recogniser
from tests.vision.models import detector_model, reader_model, write_models


class Boxes:
    """Finds some boxes, and notes the crops that are read."""

    def __init__(self, *found: Detection) -> None:
        self.found = list(found)
        self.crops: list[Crop] = []

    def detect(self, _frame: Frame) -> list[Detection]:
        return self.found

    def read(self, crops: Sequence[Crop]) -> Probabilities:
        self.crops.extend(crops)
        return np.full((len(crops), 9, 37), 1 / 37, np.float32)


@pytest.mark.parametrize(
    ("box", "seen"),
    [
        (Box(200, 200, 300, 250), Box(197, 197, 303, 253)),
        (Box(200, 200, 400, 300), Box(194, 194, 406, 300)),
    ],
    ids=["small", "large: nothing is added below"],
)
def test_a_box_is_read_with_a_margin(box: Box, seen: Box) -> None:
    rows, columns = np.mgrid[0:480, 0:640].astype(np.uint16)
    pixels = np.stack([rows % 256, columns % 256, rows // 256 + 16 * (columns // 256)], axis=2).astype(np.uint8)
    look = Boxes(Detection(box, 0.9))
    Recogniser(look, look).recognise(Frame("front", 0, Instant("boot", 0), pixels))
    left, top, right, bottom = seen.within(640, 480)
    assert np.array_equal(look.crops[0].pixels, pixels[top:bottom, left:right])


@pytest.mark.parametrize(("left", "is_cut"), [(1, True), (2, False)])
def test_a_plate_within_a_pixel_of_the_detectors_input_from_the_edge_may_be_cut(
    tmp_path: Path, left: int, *, is_cut: bool
) -> None:
    rows = [[0, left, 100, 40, 120, 0, 0.9]]
    write_models(tmp_path, detector_model(rows, (1, 360, 640, 1)), reader_model("8ABC123"))
    detector = OnnxDetector(load_model(tmp_path, "detector", "default"), 0.3, 1)
    frame = Frame("front", 0, Instant("boot", 0), np.zeros((2160, 3840, 3), np.uint8))
    (reading,) = Recogniser(detector, Boxes()).recognise(frame)
    assert (reading.box.left_px, reading.is_cut) == (6.0 * left, is_cut)


NEAR, COVERED = Detection(Box(100, 100, 500, 300), 0.6), Detection(Box(150, 150, 250, 200), 0.9)
"""A near box, and a surer one inside that is less than half as wide."""
APART = Detection(Box(10, 10, 60, 30), 0.7)
IS_PLATE, IS_NONE = ThresholdCheck(accept_min=0.6), ThresholdCheck(accept_min=0.65)
"""By the first the near box is a plate; by the second it is none, and both others are."""


def frame_of(pixels: Pixels, number: int = 0) -> Frame:
    return Frame("front", number, Instant("boot", number), pixels)


def noise() -> Pixels:
    return np.random.default_rng(1).integers(0, 256, (480, 640, 3), dtype=np.uint8)


def looks_at(readings: Sequence[Reading]) -> list[tuple[Box, bool]]:
    """The boxes, and whether each is taken for a plate."""
    return [(reading.box, reading.is_accepted) for reading in readings]


def test_what_the_box_of_a_plate_covers_leaves_no_reading() -> None:
    look = Boxes(COVERED, APART, NEAR)
    readings = Recogniser(look, look, IS_PLATE).read_frame(frame_of(noise()))
    assert looks_at(readings) == [(APART.box, True), (NEAR.box, True)]


def test_what_a_box_covers_that_is_no_plate_is_read() -> None:
    look = Boxes(COVERED, APART, NEAR)
    recogniser = Recogniser(look, look, IS_NONE)
    expected = [(COVERED.box, True), (APART.box, True), (NEAR.box, False)]
    assert looks_at(recogniser.read_frame(frame_of(noise()))) == expected
    assert looks_at(recogniser.read_frame(frame_of(noise()), known=KnownPlates())) == expected
    assert [reading.box for reading in recogniser.recognise(frame_of(noise()))] == [COVERED.box, APART.box]


def test_what_a_box_covers_that_is_ignored_is_read() -> None:
    look = Boxes(COVERED, NEAR)
    around_the_centre_of_the_near_box = ((0.43, 0.36), (0.51, 0.36), (0.51, 0.48), (0.43, 0.48))
    readings = Recogniser(look, look).read_frame(frame_of(noise()), [around_the_centre_of_the_near_box])
    assert looks_at(readings) == [(COVERED.box, True)]


@pytest.mark.parametrize("known", [None, KnownPlates()], ids=["all", "sparing"])
def test_covered_boxes_take_the_place_of_no_other(known: KnownPlates | None) -> None:
    others = [Detection(Box(10 * n, 400, 10 * n + 9, 406), 0.7) for n in range(PLATES_MAX - 1)]
    look = Boxes(COVERED, *others, NEAR)
    readings = Recogniser(look, look, IS_NONE).read_frame(frame_of(noise()), known=known)
    assert [reading.box for reading in readings] == [item.box for item in (*others, NEAR)]
    assert len(look.crops) == PLATES_MAX


def settle(recogniser: Recogniser, box: Box) -> KnownPlates:
    """What is known once the plate of one box of the frame is settled."""
    readings = recogniser.read_frame(frame_of(noise()), known=KnownPlates())
    (reading,) = (reading for reading in readings if reading.box == box)
    return KnownPlates(settled=(SettledPlate(reading, box),))


def test_what_a_settled_plate_covers_is_not_even_read() -> None:
    look = Boxes(COVERED, APART, NEAR)
    recogniser = Recogniser(look, look, IS_PLATE)
    known = settle(recogniser, NEAR.box)
    look.crops.clear()
    readings = recogniser.read_frame(frame_of(noise(), 1), known=known)
    assert [(reading.box, reading.is_spared) for reading in readings] == [(APART.box, False), (NEAR.box, True)]
    assert len(look.crops) == 1


@pytest.mark.parametrize(
    ("check", "expected"),
    [(IS_NONE, [(COVERED.box, True), (NEAR.box, False)]), (IS_PLATE, [(NEAR.box, False)])],
    ids=["the near box is none", "the near box is a plate"],
)
def test_a_settled_plate_that_is_covered_stands_unless_the_near_box_is_a_plate(
    check: ThresholdCheck, expected: list[tuple[Box, bool]]
) -> None:
    look = Boxes(COVERED, NEAR)
    known = settle(Recogniser(look, look, IS_NONE), COVERED.box)
    readings = Recogniser(look, look, check).read_frame(frame_of(noise(), 1), known=known)
    assert [(reading.box, reading.is_spared) for reading in readings] == expected
