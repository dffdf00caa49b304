"""Rendered plates next to other lettering, read by the released models: the reader gets the plate alone."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import pytest

from alpr_edge.app.factories import VisionModels, open_vision_models
from alpr_edge.domain.instants import Instant
from alpr_edge.domain.plates import ALPHABET, EMPTY, canonical
from alpr_edge.domain.recognition.boxes import Box
from alpr_edge.domain.recognition.frames import Crop, Detection, Frame, Pixels, Probabilities, Reading
from alpr_edge.settings import VisionSettings
from alpr_edge.simulation.plates.renderer import BUILT_IN_DESIGNS, random_serial, render_plate
from alpr_edge.vision.close_look import CloseLook
from alpr_edge.vision.detector import OnnxDetector
from alpr_edge.vision.model_files.manifest import load_model
from alpr_edge.vision.recogniser import Recogniser
from tests.vision.models import detector_model, reader_model, write_models

LOOKS = range(20)
WORDS = "GB", "D", "USA", "4X4", "V8", "F"


@dataclass(frozen=True)
class Surroundings:
    """What stands next to a plate, and where its middle is: in plate widths and heights from the plate's middle."""

    name: str
    is_plate: bool
    right: float
    down: float
    exact_min: int
    """Scenes of twenty in which the plate in the middle must be read exactly."""


BESIDE = (
    Surroundings("a plate on the right", is_plate=True, right=1.06, down=0.1, exact_min=18),
    Surroundings("a plate on the left", is_plate=True, right=-1.06, down=0.1, exact_min=18),
    Surroundings("letters on the right", is_plate=False, right=0.72, down=0.0, exact_min=14),
    Surroundings("letters on the left", is_plate=False, right=-0.72, down=0.0, exact_min=14),
    Surroundings("a plate above", is_plate=True, right=0.1, down=-1.15, exact_min=15),
    Surroundings("a plate below", is_plate=True, right=-0.1, down=1.15, exact_min=15),
    Surroundings("writing on the frame above", is_plate=False, right=0.0, down=-0.8, exact_min=19),
    Surroundings("writing on the frame below", is_plate=False, right=0.0, down=0.8, exact_min=19),
)


def sign(word: str, height: int) -> Pixels:
    """Letters on a light ground."""
    (width, high), base = cv2.getTextSize(word, cv2.FONT_HERSHEY_DUPLEX, 2.0, 5)
    picture = np.full((high + base + 20, width + 20, 3), 235, np.uint8)
    cv2.putText(picture, word, (10, high + 8), cv2.FONT_HERSHEY_DUPLEX, 2.0, (25, 25, 25), 5, cv2.LINE_AA)
    size = max(8, round(height * picture.shape[1] / picture.shape[0])), height
    return np.asarray(cv2.resize(picture, size, interpolation=cv2.INTER_AREA), np.uint8)


def plate_of(width: int, rng: np.random.Generator) -> tuple[str, Pixels]:
    """A rendered plate with its text."""
    design = BUILT_IN_DESIGNS[int(rng.integers(len(BUILT_IN_DESIGNS)))]
    text = random_serial(design, rng)
    pixels = render_plate(text, design, rng).pixels
    size = width, round(width * pixels.shape[0] / pixels.shape[1])
    return text, np.asarray(cv2.resize(pixels, size, interpolation=cv2.INTER_AREA), np.uint8)


def put(pixels: Pixels, picture: Pixels, x: float, y: float) -> None:
    """Draw a picture with its middle at a point."""
    height, width = picture.shape[:2]
    left, top = round(x - width / 2), round(y - height / 2)
    pixels[top : top + height, left : left + width] = picture


def scene_of(beside: Surroundings | None, seed: int) -> tuple[str, Frame]:
    """A car's tail with a plate in its middle, and what is next to it."""
    rng = np.random.default_rng((45, seed))
    width = int(rng.integers(90, 180))
    text, plate = plate_of(width, rng)
    pixels = np.full((720, 1280, 3), (70, 60, 55), np.uint8)
    cv2.rectangle(pixels, (300, 150), (980, 660), (45, 40, 120), -1)
    put(pixels, plate, 640, 440)
    if beside is not None:
        other = sign(WORDS[seed % len(WORDS)], round(plate.shape[0] * (0.7 if beside.down == 0 else 0.35)))
        if beside.is_plate:
            _, other = plate_of(width, rng)
        put(pixels, other, 640 + beside.right * width, 440 + beside.down * plate.shape[0])
    soft = cv2.GaussianBlur(pixels, (0, 0), 0.8) + rng.normal(0, 4, pixels.shape)
    frame = Frame("front", seed, Instant("boot", seed), np.clip(soft, 0, 255).astype(np.uint8))
    return canonical(text), frame


def reading_in_the_middle(recogniser: Recogniser, frame: Frame) -> Reading | None:
    """The reading of the plate in the middle of a scene."""
    found = [one for one in recogniser.recognise(frame) if abs(one.box.centre_px[1] - 440) < one.box.height_px / 2]
    return min(found, key=lambda one: abs(one.box.centre_px[0] - 640), default=None)


@pytest.fixture(scope="module")
def models() -> VisionModels:
    return open_vision_models(VisionSettings())


@pytest.mark.parametrize("beside", BESIDE, ids=[each.name for each in BESIDE])
def test_a_plate_is_read_without_what_is_next_to_it(models: VisionModels, beside: Surroundings) -> None:
    """Without a close look ten of the twenty plates next to letters are read exactly."""
    exact = 0
    for seed in LOOKS:
        text, frame = scene_of(beside, seed)
        reading = reading_in_the_middle(models.recogniser, frame)
        exact += reading is not None and reading.text == text
    assert exact >= beside.exact_min


WIDE, ALONE = Box(200, 200, 400, 260), Box(240, 200, 400, 260)
"""A box that reaches over a plate on its left, and that of the plate."""
WINDOW = Box(150, 140, 450, 320)
"""What a close look at the wide box sees."""


def close_look_that_finds(folder: Path, *boxes: Box) -> CloseLook:
    """A close look whose network finds boxes, given in the frame's pixels."""
    scale = 320 / WINDOW.width_px
    in_window = [box.shift(-WINDOW.left_px, -WINDOW.top_px) for box in boxes]
    rows = [
        [0, *(scale * side for side in (box.left_px, box.top_px, box.right_px, box.bottom_px)), 0, 0.9]
        for box in in_window
    ]
    write_models(folder, detector_model(rows, (1, 192, 320, 1)), reader_model("7ABC123"))
    model = load_model(folder, "detector", "default")
    close_look = CloseLook.of(OnnxDetector(model, 0.3, 1, near=model))
    assert close_look is not None
    return close_look


def empty_frame() -> Frame:
    return Frame("front", 0, Instant("boot", 0), np.zeros((480, 640, 3), np.uint8))


@pytest.mark.parametrize(
    ("found", "expected"),
    [(ALONE, ALONE), (Box(215, 200, 400, 260), None), (Box(190, 195, 410, 265), None), (Box(200, 160, 240, 170), None)],
    ids=["narrower", "a little off", "wider", "another plate"],
)
def test_a_box_is_narrowed_only_where_it_reaches_over_the_plate(
    tmp_path: Path, found: Box, expected: Box | None
) -> None:
    box = close_look_that_finds(tmp_path, found).narrower_box(empty_frame(), WIDE)
    assert (box is None) == (expected is None)
    if box is not None and expected is not None:
        assert box.iou(expected) > 0.99


def test_a_detector_without_a_network_for_near_plates_has_no_close_look(tmp_path: Path) -> None:
    write_models(tmp_path, detector_model([[0, 1, 1, 9, 9, 0, 0.9]]), reader_model("7ABC123"))
    assert CloseLook.of(OnnxDetector(load_model(tmp_path, "detector", "default"), 0.3, 1)) is None


class WideAndAlone:
    """Finds the wide box, and reads one text in it and another in what is narrower."""

    def __init__(self, wide: tuple[str, float], alone: tuple[str, float]) -> None:
        self._texts = wide, alone

    def detect(self, _frame: Frame) -> list[Detection]:
        return [Detection(WIDE, 0.9)]

    def read(self, crops: Sequence[Crop]) -> Probabilities:
        return np.stack([slots_of(*self._texts[crop.pixels.shape[1] < WIDE.width_px]) for crop in crops])


def slots_of(text: str, share: float) -> Probabilities:
    """Slots that show a text, each character with a probability."""
    slots = np.full((9, len(ALPHABET)), (1 - share) / (len(ALPHABET) - 1), np.float32)
    for slot, character in enumerate(text.ljust(9, EMPTY)):
        slots[slot, ALPHABET.index(character)] = share
    return slots


@pytest.mark.parametrize(
    ("wide", "alone", "read"),
    [
        (("BP445JRV", 0.97), ("P445JRV", 0.99), ("P445JRV", True)),
        (("BP445JRV", 0.97), ("P445JRV", 0.95), ("BP445JRV", False)),
        (("P445JRV", 0.97), ("P445JRVI", 0.99), ("P445JRV", False)),
        (("BP445JRV", 0.999), ("P445JRV", 0.9999), ("BP445JRV", False)),
    ],
    ids=["surer", "less sure", "longer", "not in doubt"],
)
def test_the_plate_alone_counts_where_it_is_read_surer_and_no_longer(
    tmp_path: Path, wide: tuple[str, float], alone: tuple[str, float], read: tuple[str, bool]
) -> None:
    models = WideAndAlone(wide, alone)
    recogniser = Recogniser(models, models, close_look=close_look_that_finds(tmp_path, ALONE))
    (reading,) = recogniser.recognise(empty_frame())
    assert (reading.text, reading.box.iou(ALONE) > 0.99) == read
