"""What of a frame the reader gets to see of a box."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from alpr_edge.domain.instants import Instant
from alpr_edge.domain.recognition.boxes import Box
from alpr_edge.domain.recognition.frames import Crop, Detection, Frame, Probabilities
from alpr_edge.vision.detector import OnnxDetector
from alpr_edge.vision.model_files.manifest import load_model
from alpr_edge.vision.recogniser import Recogniser
from tests.vision.models import detector_model, reader_model, write_models


class OneBox:
    """Finds one box, and notes the crops that are read."""

    def __init__(self, box: Box) -> None:
        self.box = box
        self.crops: list[Crop] = []

    def detect(self, _frame: Frame) -> list[Detection]:
        return [Detection(self.box, 0.9)]

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
    look = OneBox(box)
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
    (reading,) = Recogniser(detector, OneBox(Box(0, 0, 1, 1))).recognise(frame)
    assert (reading.box.left_px, reading.is_cut) == (6.0 * left, is_cut)
