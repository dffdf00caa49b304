from pathlib import Path

import cv2
import numpy as np
import pytest

from alpr_edge.simulation.plates.designs import BUILT_IN_DESIGNS
from alpr_edge.vision.detector import OnnxDetector
from alpr_edge.vision.model_files.manifest import load_model
from alpr_edge.vision.plate_check import FEATURES
from alpr_edge.vision.reader import OnnxReader
from alpr_edge.vision.recogniser import Recogniser
from plate_training.data.pictures import TRAINING_RIDE, VALIDATION_FRAMES, ride_frames
from plate_training.plate_check.figures import PROBABILITIES, check_figures, unread_shares
from plate_training.plate_check.samples import LEAST_SCORE, PhotoBoxes, _render, plate_check_samples
from tests.scripts.benchmarks.benchmark_data import (
    OTHER_ROW,
    PLATE_ROW,
    SIDES,
    TEXT,
    write_data,
    write_photo,
    write_rows,
)
from tests.vision.models import detector_model, reader_model, write_models


@pytest.fixture(scope="module")
def photos(tmp_path_factory: pytest.TempPathFactory) -> list[PhotoBoxes]:
    """The boxes of every picture: in each the plate's, and another that lies on an ignored place in one alone."""
    folder = tmp_path_factory.mktemp("samples")
    return plate_check_samples(recogniser_in(folder / "models"), write_data(folder / "data"), rendered=0)


def recogniser_in(folder: Path) -> Recogniser:
    models = write_models(folder, detector_model([PLATE_ROW, OTHER_ROW]), reader_model(TEXT))
    detector = OnnxDetector(load_model(models, "detector", "default"), LEAST_SCORE, 1)
    return Recogniser(detector, OnnxReader(load_model(models, "reader", "default"), 1))


def test_each_box_is_a_plate_or_none_or_on_a_place_that_nobody_labelled(photos: list[PhotoBoxes]) -> None:
    american = [photo for photo in photos if photo.is_american]
    assert [(list(photo.labels), photo.found_by, photo.is_kept) for photo in american] == [
        ([1, -1], (0, None, None), True),
        ([1, 0], (0,), False),
    ]
    assert all(photo.features.shape == (2, FEATURES) for photo in photos)
    assert any(not photo.is_american and list(photo.labels) == [0, 0] for photo in photos)


def test_the_check_leaves_out_the_frames_of_the_ride_that_the_detector_leaves_out(tmp_path: Path) -> None:
    """Each frame has a plate of its own width; the frames are listed from the last to the first."""
    data, widths = write_data(tmp_path / "data"), range(50, 53 + VALIDATION_FRAMES)
    images = [f"{TRAINING_RIDE}-{width:05}.jpg" for width in widths]
    rows = [[image, TRAINING_RIDE, 1, 100, 100, 100 + w, 130] for image, w in zip(images, widths, strict=True)]
    write_rows(data / "dashcam" / "boxes.csv", [["image", "ride", "second", *SIDES], *rows[::-1]])
    for image in images:
        write_photo(data / "dashcam" / image, (960, 540))
    samples = plate_check_samples(recogniser_in(tmp_path / "models"), data, rendered=0)
    of_ride = [(photo.widths_px[0], photo.is_kept) for photo in samples if len(photo.widths_px) == 1][-len(images) :]
    for is_kept in (False, True):
        learnt = [frame.boxes[0] for frame in ride_frames(data, validation=is_kept)]
        assert sorted(w for w, kept in of_ride if kept == is_kept) == [right - left for left, _, right, _ in learnt]
    assert [kept for _, kept in sorted(of_ride)] == [False] * 3 + [True] * VALIDATION_FRAMES


def test_rendered_plates_lie_on_photos_at_every_width_half_of_them_with_letters_alone(tmp_path: Path) -> None:
    cv2.imwrite(str(photo := tmp_path / "street.jpg"), np.full((480, 640, 3), 90, np.uint8))
    scenes = [_render(photo, BUILT_IN_DESIGNS, index) for index in range(40)]
    widths = [truth.box.width_px for scene in scenes for truth in scene.truths]
    assert len(widths) == len(scenes)
    assert min(widths) < 120
    assert max(widths) > 200
    assert all(scene.frame.pixels.std() > 1 for scene in scenes)


def test_a_higher_probability_finds_fewer_plates_at_fewer_false_boxes(photos: list[PhotoBoxes]) -> None:
    judged = [np.array([0.62, 0.42], np.float32)] * len(photos)
    rows = list(check_figures(photos, judged))
    assert tuple(row.probability_min for row in rows) == PROBABILITIES
    found = {row.probability_min: (round(row.found_40px, 3), row.found_under_40px, row.false_a_photo) for row in rows}
    assert found[0.4] == (0.667, 0.0, 0.5)
    assert found[0.6] == (0.667, 0.0, 0.0)
    assert found[0.65] == (0.0, 0.0, 0.0)


def test_boxes_that_are_not_read_are_counted_apart_by_what_they_lie_on(photos: list[PhotoBoxes]) -> None:
    rows = np.stack([photo.labels for photo in photos])
    assert {tuple(row) for row in rows.tolist()} == {(1, -1), (1, 0), (0, 0)}
    others_second, others = int((rows[:, 1] == 0).sum()), int((rows == 0).sum())
    assert unread_shares(photos, [np.array([0.6, 0.0], np.float32)] * len(photos)) == (others_second / others, 0.0)
    assert unread_shares(photos, [np.array([0.0, 0.1], np.float32)] * len(photos))[1] == 1.0
