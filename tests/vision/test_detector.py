from pathlib import Path

import numpy as np
import pytest
from fast_alpr import ALPR
from hypothesis import given
from hypothesis import strategies as st

from alpr_edge.app.factories import open_models
from alpr_edge.domain.errors import ModelError
from alpr_edge.domain.instants import Instant
from alpr_edge.domain.recognition.boxes import Box
from alpr_edge.domain.recognition.frames import Detection, Frame
from alpr_edge.settings import VisionSettings
from alpr_edge.vision.detector import (
    PADDING_GREY,
    OnnxDetector,
    Picture,
    join_looks,
    letterbox,
    without_covered,
    without_duplicates,
)
from alpr_edge.vision.model_files.manifest import load_model
from tests.vision.models import detector_model, reader_model, write_models, write_near

FRAME = np.zeros((720, 1280, 3), np.uint8)
ROWS = [[0, 100, 112, 150, 132, 0, 0.9], [0, 300, 200, 340, 220, 0, 0.5], [0, 10, 20, 30, 40, 0, 0.1]]


@pytest.fixture
def models(tmp_path: Path) -> VisionSettings:
    return VisionSettings(models_directory=write_models(tmp_path, detector_model(ROWS), reader_model("8ABC123")))


def test_boxes_come_back_in_frame_pixels_best_first_and_weak_ones_do_not(models: VisionSettings) -> None:
    detector, _ = open_models(models)
    detections = detector.detect_pixels(FRAME)
    assert [round(item.confidence, 3) for item in detections] == [0.9, 0.5]
    assert detections[0].box == Box(200, 200, 300, 240)  # 640x360 inside 640x384, 12 px above


def test_fast_alpr_runs_with_our_adapters(models: VisionSettings) -> None:
    detector, reader = open_models(models)
    results = ALPR(detector=detector, ocr=reader).predict(FRAME)
    assert [result.ocr.text for result in results if result.ocr] == ["8ABC123", "8ABC123"]
    assert results[0].detection.bounding_box.xyxy == (200, 200, 300, 240)


def test_rows_that_are_no_numbers_are_no_boxes(tmp_path: Path) -> None:
    bad = [[0, np.nan, 10, 50, 40, 0, 0.9], [0, 10, 10, np.inf, 40, 0, 0.9], [0, 10, 10, 50, 40, 0, np.nan]]
    write_models(tmp_path, detector_model([*bad, [0, 100, 60, 140, 80, 0, 0.9]]), reader_model("8ABC123"))
    detector = OnnxDetector(load_model(tmp_path, "detector", "default"), 0.3, 1)
    (found,) = detector.detect_pixels(np.zeros((384, 640, 3), np.uint8))
    assert found.box == Box(100, 60, 140, 80)


@given(st.integers(1, 3000), st.integers(1, 3000), st.sampled_from([1, 3]))
def test_a_letterbox_maps_back_and_keeps_the_aspect(width: int, height: int, channels: int) -> None:
    shape = (height, width) if channels == 1 else (height, width, channels)
    canvas, mapping = letterbox(np.full(shape, 7, np.uint8), 640, 384)
    assert canvas.shape == (384, 640, channels)
    box = mapping.to_frame(np.array([320, 192, 330, 200], np.float32))
    assert abs(box.centre_px[0] - width / 2 - 5 / mapping.scale) <= 1 / mapping.scale
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


NEAR_ROWS = [[0, 20, 21, 140, 81, 0, 0.7], [0, 200, 50, 220, 60, 0, 0.9], [0, 0, 90, 160, 170, 0, 0.2]]
"""In 160x96 pixels, 3 px of grey above: a wide box, a narrow one, and one that is hardly seen."""


def test_a_near_plate_is_found_by_the_second_look_and_replaces_the_boxes_on_its_parts(tmp_path: Path) -> None:
    rows = [[0, 100, 112, 200, 152, 0, 0.95], [0, 580, 200, 620, 220, 0, 0.5]]
    folder = write_models(tmp_path, detector_model(rows), reader_model("8ABC123"))
    write_near(folder, detector_model(NEAR_ROWS, (1, 96, 160, 1)))
    detector, _ = open_models(VisionSettings(models_directory=folder))
    detections = detector.detect_pixels(FRAME)
    assert [round(item.confidence, 3) for item in detections] == [0.7, 0.5]
    assert detections[0].box == Box(160, 144, 1120, 624)
    assert [item.input_pixel_px for item in detections] == [1280 / 160, 1280 / 640]
    assert [model_id.split(":")[1] for model_id in detector.model_ids] == ["default", "near"]


def test_a_narrow_box_of_the_near_look_does_not_count_and_what_it_misses_stays() -> None:
    wide, narrow = Detection(Box(0, 0, 400, 100), 0.5), Detection(Box(600, 0, 699, 30), 0.9)
    whole = [Detection(Box(600, 0, 690, 30), 0.6), Detection(Box(20, 10, 120, 40), 0.9)]
    assert without_covered(join_looks(whole, [wide, narrow], 100)) == [whole[0], wide]
    assert join_looks(whole, [], 100) == whole[::-1]
    assert join_looks([], [narrow], 99) == [narrow]


def test_a_part_of_a_near_plate_does_not_take_its_place_by_a_better_score() -> None:
    wide, part = Detection(Box(0, 0, 400, 100), 0.5), Detection(Box(20, 10, 90, 40), 0.9)
    assert join_looks([], [part, wide], 100) == [wide]


def test_what_a_near_box_covers_is_left_to_the_check_and_for_all_others_there_is_one_box_a_plate(
    tmp_path: Path,
) -> None:
    rows = [[0, 100, 112, 200, 152, 0, 0.95], [0, 580, 200, 620, 220, 0, 0.5]]
    folder = write_models(tmp_path, detector_model(rows), reader_model("8ABC123"))
    write_near(folder, detector_model(NEAR_ROWS, (1, 96, 160, 1)))
    detector, _ = open_models(VisionSettings(models_directory=folder))
    frame = Frame("front", 0, Instant("boot", 0), FRAME)
    assert [round(item.confidence, 3) for item in detector.detect(frame)] == [0.95, 0.7, 0.5]
    assert [round(item.confidence, 3) for item in detector.detect_pixels(FRAME)] == [0.7, 0.5]
    assert [round(result.confidence, 3) for result in detector.predict(FRAME)] == [0.7, 0.5]


def test_only_a_surer_box_less_than_half_as_wide_is_covered() -> None:
    near = Detection(Box(0, 0, 400, 100), 0.5)
    small, weak, broad = (
        Detection(Box(20, 10, 219, 60), 0.6),
        Detection(Box(20, 10, 219, 60), 0.5),
        Detection(Box(20, 10, 220, 60), 0.6),
    )
    assert join_looks([small], [near], 100) == [small, near]
    assert join_looks([weak], [near], 100) == join_looks([broad], [near], 100) == [near]
    apart = Detection(Box(100, 120, 300, 160), 0.55)
    assert without_covered(join_looks([small, apart], [near], 100)) == [apart, near]


def test_a_box_inside_two_near_ones_stays_only_if_both_cover_it() -> None:
    low, high = Detection(Box(0, 0, 400, 100), 0.5), Detection(Box(0, 40, 400, 240), 0.8)
    middle = Box(20, 50, 120, 90)
    assert join_looks([Detection(middle, 0.7)], [low, high], 100) == [high, low]
    assert join_looks([Detection(middle, 0.9)], [low, high], 100) == [Detection(middle, 0.9), high, low]


@pytest.mark.parametrize(
    ("near", "message"),
    [('"other"', r"names \[detector\.other\]"), ('"default"', "another detector"), ("7", "name of a detector")],
)
def test_a_near_detector_that_is_none_is_refused(tmp_path: Path, near: str, message: str) -> None:
    folder = write_models(tmp_path, detector_model(ROWS), reader_model("8ABC123"))
    manifest = folder / "manifest.toml"
    text = manifest.read_text(encoding="utf-8").replace("sha256", f"near = {near}\nsha256", 1)
    manifest.write_text(text, encoding="utf-8")
    with pytest.raises(ModelError, match=message):
        open_models(VisionSettings(models_directory=folder))


def test_looks_that_share_the_grey_form_find_the_same_to_the_bit() -> None:
    """Beside two detectors that each make their own, on noise, by the released networks."""
    pixels = np.random.default_rng(1).integers(0, 256, (720, 1280, 3), dtype=np.uint8)
    detector, _ = open_models(VisionSettings())
    shared = Picture(pixels)
    for network in detector.networks:
        alone, mapping = network.prepare(Picture(pixels))
        together, same_mapping = network.prepare(shared)
        assert mapping == same_mapping
        assert np.array_equal(alone, together)
        assert np.array_equal(network.infer(alone), network.infer(together))
    assert np.array_equal(pixels, shared.pixels)
