"""The limits of focus and exposure on real photos: sharp ones pass, blurred and burnt ones do not."""

import csv
from pathlib import Path

import cv2
import numpy as np
import pytest

from alpr_edge.capture.pictures import load_picture
from alpr_edge.domain.diagnostics.checks import Grade
from alpr_edge.domain.diagnostics.image_quality import FOCUS, plate_checks, scene_checks
from alpr_edge.domain.recognition.frames import Pixels
from alpr_edge.vision.picture_quality import measure_plate, measure_scene

Photo = tuple[Pixels, tuple[int, int, int, int]]


@pytest.fixture(scope="module")
def photos(shared_data: Path) -> list[Photo]:
    """The European benchmark: 61 photos with the box of one plate each (left, top, width, height)."""
    folder = shared_data / "benchmark" / "eu"
    with (folder / "truth.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    keys = ("left_px", "top_px", "width_px", "height_px")
    return [(load_picture(folder / row["image"]), tuple(round(float(row[key])) for key in keys)) for row in rows]  # type: ignore[misc]


def crop(photo: Photo, blur_share: float = 0.0) -> Pixels:
    """The plate, blurred by a share of its width."""
    pixels, (left, top, width, height) = photo
    part = pixels[max(0, top - height) : top + 2 * height, left : left + width]
    if blur_share:
        part = cv2.GaussianBlur(part, (0, 0), blur_share * width).astype(np.uint8)
    begin = min(height, top)
    return part[begin : begin + height]


def share(grades: list[Grade], grade: Grade) -> float:
    return grades.count(grade) / len(grades)


def test_sharp_plates_are_green_and_blurred_ones_red(photos: list[Photo]) -> None:
    sharp, soft, blurred_grades = (
        [FOCUS.grade(measure_plate(crop(photo, blur)).focus_percent) for photo in photos] for blur in (0, 0.01, 0.03)
    )
    assert share(sharp, Grade.GREEN) > 0.9
    assert share(sharp, Grade.RED) < 0.02
    # Blurred by 1 % of their width as many are read as before, by 3 % one of ten.
    assert share(soft, Grade.RED) < 0.1
    assert share(blurred_grades, Grade.RED) > 0.8
    assert share(blurred_grades, Grade.GREEN) == 0


def test_contrast_does_not_pass_for_focus(photos: list[Photo]) -> None:
    for photo in photos[:20]:
        plate = crop(photo)
        pale = (100 + plate.astype(np.float32) * 0.3).astype(np.uint8)
        assert measure_plate(pale).focus == pytest.approx(measure_plate(plate).focus, rel=0.3)


def test_plates_as_they_are_pass_and_burnt_or_dark_ones_do_not(photos: list[Photo]) -> None:
    def exposure_grades(gain: float) -> list[Grade]:
        plates = [measure_plate(np.clip(crop(photo) * np.float32(gain), 0, 255).astype(np.uint8)) for photo in photos]
        return [plate_checks("", plate)[-1].grade for plate in plates]

    assert share(exposure_grades(1), Grade.GREEN) > 0.95
    assert share(exposure_grades(6), Grade.RED) > 0.7
    assert share(exposure_grades(0.02), Grade.RED) > 0.8


def test_whole_pictures_tell_a_lost_focus_and_a_lens_cap(photos: list[Photo], shared_data: Path) -> None:
    grades = [FOCUS.grade(measure_scene(pixels).focus_percent or 0) for pixels, _ in photos[::3]]
    assert share(grades, Grade.GREEN) == 1
    lost_focus = [
        cv2.GaussianBlur(pixels, (0, 0), 0.02 * pixels.shape[1]).astype(np.uint8) for pixels, _ in photos[::6]
    ]
    assert all(FOCUS.grade(measure_scene(pixels).focus_percent or 0) is Grade.RED for pixels in lost_focus)
    rides = sorted((shared_data / "dashcam").rglob("*.jpg"))[::25]
    assert rides
    for path in rides:
        assert {check.grade for check in scene_checks("", measure_scene(load_picture(path)))} == {Grade.GREEN}, (
            path.name
        )
    cap = scene_checks("", measure_scene(np.full((720, 1280, 3), 2, np.uint8)))
    assert {check.grade for check in cap} == {Grade.RED}
    sun = scene_checks("", measure_scene(np.full((720, 1280, 3), 255, np.uint8)))
    assert sun[-1].grade is Grade.RED
