"""What is measured of a picture: edges, not noise; the rest follows."""

import cv2
import numpy as np
import pytest

from alpr_edge.domain.diagnostics.camera_view import COLUMNS, ROWS
from alpr_edge.domain.recognition.frames import Pixels
from alpr_edge.vision.view_measure import measure_view


def chessboard(width: int = 640, height: int = 360, side: int = 20) -> Pixels:
    across, down = np.arange(width) // side, np.arange(height) // side
    grey = np.where((across[None] + down[:, None]) % 2, 200, 40).astype(np.uint8)
    return np.repeat(grey[..., None], 3, axis=2)


@pytest.mark.parametrize("size", [(100, 100), (640, 40), (8, 8), (1, 1)])
def test_a_picture_that_is_too_small_is_not_measured(size: tuple[int, int]) -> None:
    assert measure_view(chessboard(*size)) is None


@pytest.mark.parametrize("size", [(160, 90), (641, 361), (1280, 720), (2304, 1296)])
def test_pictures_of_any_size_have_the_same_tiles(size: tuple[int, int]) -> None:
    sample = measure_view(chessboard(*size, side=size[0] // 32))
    assert sample is not None
    assert sample.grey.shape == sample.near.shape == sample.far.shape == (ROWS, COLUMNS)
    assert np.median(sample.far) == np.median(sample.near) == 160


def test_a_blurred_edge_is_far_and_not_near() -> None:
    sample = measure_view(np.asarray(cv2.GaussianBlur(chessboard(), (0, 0), 4), np.uint8))
    assert sample is not None
    assert np.median(sample.far) > 3 * np.median(sample.near)


def test_noise_is_no_structure() -> None:
    grey = np.random.default_rng(0).normal(60, 2, (360, 640)).round().astype(np.uint8)
    sample = measure_view(np.repeat(grey[..., None], 3, axis=2))
    assert sample is not None
    assert 55 < sample.grey.min() <= sample.grey.max() < 65
    assert sample.far.max() < 20


def test_burnt_out_pixels_are_counted() -> None:
    picture = chessboard()
    picture[:, :320] = 255
    sample = measure_view(picture)
    assert sample is not None
    assert sample.burnt_share == pytest.approx(0.5)
