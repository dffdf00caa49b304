from pathlib import Path

import numpy as np
import pytest
from fast_alpr import ALPR
from hypothesis import given
from hypothesis import strategies as st

from alpr_edge.app.factories import open_models
from alpr_edge.domain.errors import ModelError
from alpr_edge.domain.recognition.boxes import Box
from alpr_edge.domain.recognition.frames import Detection
from alpr_edge.settings import VisionSettings
from alpr_edge.vision.detector import PADDING_GREY, letterbox, without_duplicates
from tests.vision.models import detector_model, reader_model, write_models

FRAME = np.zeros((720, 1280, 3), np.uint8)
ROWS = [[0, 100, 112, 150, 132, 0, 0.9], [0, 300, 200, 340, 220, 0, 0.5], [0, 10, 20, 30, 40, 0, 0.1]]


@pytest.fixture
def models(tmp_path: Path) -> VisionSettings:
    return VisionSettings(models_directory=write_models(tmp_path, detector_model(ROWS), reader_model("8ABC123")))


def test_boxes_come_back_in_frame_pixels_best_first_and_weak_ones_do_not(models: VisionSettings) -> None:
    detector, _ = open_models(models)
    found = detector.detect_pixels(FRAME)
    assert [round(item.confidence, 3) for item in found] == [0.9, 0.5]
    assert found[0].box == Box(200, 200, 300, 240)  # 640x360 inside 640x384, 12 px above


def test_fast_alpr_runs_with_our_adapters(models: VisionSettings) -> None:
    detector, reader = open_models(models)
    results = ALPR(detector=detector, ocr=reader).predict(FRAME)
    assert [result.ocr.text for result in results if result.ocr] == ["8ABC123", "8ABC123"]
    assert results[0].detection.bounding_box.xyxy == (200, 200, 300, 240)


@given(st.integers(1, 3000), st.integers(1, 3000), st.sampled_from([1, 3]))
def test_a_letterbox_maps_back_and_keeps_the_aspect(width: int, height: int, channels: int) -> None:
    pixels = np.full((height, width, 3), 7, np.uint8)
    canvas, fitted = letterbox(pixels, 640, 384, channels)
    assert canvas.shape == (384, 640, channels)
    box = fitted.to_frame(np.array([320, 192, 330, 200], np.float32))
    assert abs(box.centre_px[0] - width / 2 - 5 / fitted.scale) <= 1 / fitted.scale
    assert set(np.unique(canvas)) <= {7, PADDING_GREY}


def test_a_box_inside_another_is_the_same_plate() -> None:
    outer, inner = Detection(Box(0, 0, 100, 50), 0.6), Detection(Box(20, 10, 80, 40), 0.9)
    apart = Detection(Box(200, 0, 300, 50), 0.4)
    assert without_duplicates([outer, inner, apart]) == [inner, apart]


@pytest.mark.parametrize("shape", [(1, 384, 640, 2), (1, 384, 640)])
def test_an_input_that_is_no_picture_is_refused(tmp_path: Path, shape: tuple[int, ...]) -> None:
    folder = write_models(tmp_path, detector_model(ROWS, shape), reader_model("8ABC123"))
    with pytest.raises(ModelError, match="is not a static image"):
        open_models(VisionSettings(models_directory=folder))


def test_rows_of_another_width_are_refused(tmp_path: Path) -> None:
    folder = write_models(tmp_path, reader_model("8ABC123", shape=("N", 384, 640, 1)), reader_model("8ABC123"))
    detector, _ = open_models(VisionSettings(models_directory=folder))
    with pytest.raises(ModelError, match="not rows of 7"):
        detector.detect_pixels(FRAME)
