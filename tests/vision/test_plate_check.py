"""What decides whether a box of the detector is a plate: the check that comes with it, or two thresholds."""

from pathlib import Path

import numpy as np
import pytest

from alpr_edge.app.factories import open_vision_models
from alpr_edge.domain.errors import ModelError
from alpr_edge.domain.instants import Instant
from alpr_edge.domain.plates import ALPHABET
from alpr_edge.domain.recognition.boxes import Box
from alpr_edge.domain.recognition.frames import Detection, Frame, Pixels, Reading
from alpr_edge.settings import VisionSettings
from alpr_edge.vision.model_files.manifest import load_model
from alpr_edge.vision.plate_check import (
    FEATURES,
    LOOK_HEIGHT_PX,
    LOOK_WIDTH_PX,
    TEXT_FEATURES,
    LearnedCheck,
    ThresholdCheck,
    look_around,
    open_check,
    picture_features,
    text_features,
)
from tests.vision.models import SLOTS, check_model, detector_model, name_check, reader_model, write_models

SCORE = 8
"""The place of the detector's score among the numbers, as a logit."""
START = Instant("boot", 0)


def frame(pixels: Pixels | None = None) -> Frame:
    return Frame("front", 3, START, np.full((384, 640, 3), 90, np.uint8) if pixels is None else pixels)


def reading(box: Box, score: float = 0.5, text: str = "8ABC123", sharpness: float = 900.0) -> Reading:
    slots = np.full((SLOTS, len(ALPHABET)), 0.002, np.float32)
    for slot, character in enumerate(text.ljust(SLOTS, "_")):
        slots[slot, ALPHABET.index(character)] = 1 - 0.002 * (len(ALPHABET) - 1)
    return Reading(3, START, box, score, slots, sharpness)


@pytest.fixture
def models(tmp_path: Path) -> Path:
    """A detector with two doubtful boxes, and a check that goes by their scores alone, from 0.45 on."""
    rows = [[0, 10, 20, 50, 40, 0, 0.5], [0, 110, 20, 150, 40, 0, 0.4]]
    write_models(tmp_path, detector_model(rows), reader_model("8ABC123"))
    name_check(tmp_path, check_model(SCORE, threshold=float(np.log(0.45 / 0.55))))
    return tmp_path


def test_the_check_that_a_detector_names_decides_and_is_on_record(models: Path) -> None:
    opened = open_vision_models(VisionSettings(models_directory=models, plate_probability_min=0.5))
    looks = opened.recogniser.read_frame(frame())
    assert [(round(look.detection_confidence, 2), look.is_accepted) for look in looks] == [(0.5, True), (0.4, False)]
    assert any(name.startswith("plate-check:default:") for name in opened.model_ids)
    lenient = open_vision_models(VisionSettings(models_directory=models, plate_probability_min=0.0))
    assert len(lenient.recogniser.recognise(frame())) == 2


@pytest.mark.parametrize(("score_min", "scores"), [(0.0, [0.5, 0.4]), (0.45, [0.5]), (0.9, [])])
def test_a_box_that_looks_like_no_plate_is_not_read(models: Path, score_min: float, scores: list[float]) -> None:
    """The check takes whatever is read for a plate; what is read it decides by the detector's score."""
    log_odds = -100.0 if score_min == 0 else float(np.log(score_min / (1 - score_min)))
    name_check(models, check_model(SCORE, threshold=-100.0, unread=(SCORE, log_odds)))
    recogniser = open_vision_models(VisionSettings(models_directory=models)).recogniser
    looks = recogniser.read_frame(frame())
    assert [round(look.detection_confidence, 2) for look in looks] == scores
    assert all(look.is_accepted for look in looks)


def test_a_check_that_says_nothing_of_unread_boxes_has_all_read(models: Path) -> None:
    check = open_check(VisionSettings(), [models], load_model(models, "detector", "default"))
    boxes = [Detection(Box(10, 20, 50, 40), score) for score in (0.99, 0.3)]
    for any_check in (check, ThresholdCheck(0.9)):
        assert all(one is not None for one in any_check.features_of(frame(), boxes, [900.0, 0.0]))
        assert any_check.features_of(frame(), [], []) == []


def test_a_detector_that_names_none_has_two_thresholds(tmp_path: Path) -> None:
    write_models(tmp_path, detector_model([]), reader_model(""))
    vision = VisionSettings(models_directory=tmp_path, detection_accept_min=0.6, text_confidence_min=0.3)
    assert open_check(vision, [tmp_path], load_model(tmp_path, "detector", "default")) == ThresholdCheck(0.6, 0.3)


@pytest.mark.parametrize("damage", ["changed", "missing", "other numbers"])
def test_a_check_that_cannot_be_used_is_never_left_out(models: Path, damage: str) -> None:
    file = models / "plate-check.onnx"
    if damage == "changed":
        file.write_bytes(file.read_bytes() + b" ")
    elif damage == "missing":
        file.unlink()
    else:
        name_check(models, check_model(0, features=FEATURES + 1))
    with pytest.raises(ModelError, match="plate-check"):
        open_vision_models(VisionSettings(models_directory=models))


def test_the_numbers_of_a_box_are_finite_wherever_it_lies_and_whatever_is_in_it() -> None:
    random = np.random.default_rng(1)
    pictures = [
        frame(),
        frame(random.integers(0, 256, (384, 640, 3), np.uint8)),
        frame(np.zeros((20, 30, 3), np.uint8)),
    ]
    boxes = [Box(0, 0, 40, 20), Box(620, 370, 640, 384), Box(-5, -5, 700, 400), Box(3, 3, 3.2, 7.5), Box(5, 5, 25, 15)]
    for picture in pictures:
        for box in boxes:
            for text, score in (("8ABC123", 1.0), ("", 0.0)):
                one = reading(box, score, text, sharpness=0.0)
                texts = text_features(one.slot_probabilities[np.newaxis])
                numbers = picture_features(picture, Detection(box, score), one.sharpness)
                assert (*texts.shape, *numbers.shape) == (1, TEXT_FEATURES, FEATURES - TEXT_FEATURES)
                assert np.isfinite(texts).all()
                assert np.isfinite(numbers).all()
                assert look_around(picture, box).shape == (LOOK_HEIGHT_PX, LOOK_WIDTH_PX)


def test_the_numbers_do_not_tell_where_in_the_frame_a_box_lies() -> None:
    random = np.random.default_rng(2)
    patch = random.integers(0, 256, (100, 200, 3), np.uint8)
    numbers = []
    for left, top in ((50, 40), (330, 230)):
        pixels = np.full((384, 640, 3), 90, np.uint8)
        pixels[top : top + 100, left : left + 200] = patch
        detection = Detection(Box(left + 70, top + 40, left + 130, top + 60), 0.5)
        numbers.append(picture_features(frame(pixels), detection, 900.0))
    first, second = numbers
    np.testing.assert_allclose(first, second, rtol=1e-5)


def test_the_released_check_knows_a_sharp_plate_from_a_bare_wall() -> None:
    vision = VisionSettings()
    check = open_check(vision, [Path("models")], load_model(Path("models"), "detector", "default"))
    assert isinstance(check, LearnedCheck)
    box = Box(280, 180, 360, 210)
    readings = [reading(box, score=0.9), reading(box, 0.3, "", 0.0)]
    pictures = [picture_features(frame(), Detection(box, score), sharp) for score, sharp in ((0.9, 900.0), (0.3, 0.0))]
    assert check.accept(readings, pictures) == [True, False]
    assert check.accept([], []) == []
    boxes = [Detection(box, 0.9), Detection(Box(10, 180, 400, 310), 0.3)]
    assert [one is None for one in check.features_of(frame(), boxes, [900.0, 0.0])] == [False, True]
