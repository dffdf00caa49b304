import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from alpr_edge.vision.picture_size import resize_quickly

NOISE = np.random.default_rng(3).integers(0, 256, (96, 160, 3), dtype=np.uint8)


@pytest.mark.parametrize("times", [1, 2, 4])
def test_halves_are_the_means_of_squares_whose_whole_is_no_other_than_that_of_the_area(times: int) -> None:
    size = 160 // times, 96 // times
    quick, area = resize_quickly(NOISE, *size), cv2.resize(NOISE, size, interpolation=cv2.INTER_AREA)
    assert np.abs(quick.astype(int) - area).max() <= times // 4, "each halving rounds by itself"


@given(st.integers(1, 200), st.integers(1, 200), st.sampled_from([1, 3]))
@settings(max_examples=25)
def test_any_size_is_made_of_any_picture(width: int, height: int, channels: int) -> None:
    source = NOISE if channels == 3 else NOISE[:, :, 0].copy()
    small = resize_quickly(source, width, height)
    assert small.dtype == np.uint8
    assert small.shape == ((height, width, 3) if channels == 3 else (height, width))
    assert np.unique(resize_quickly(np.full_like(source, 114), width, height)).tolist() == [114]


def test_a_line_of_one_pixel_is_never_passed_over() -> None:
    """As plain interpolation does where it shrinks to less than a half."""
    for column in range(100, 140):
        picture = np.zeros((72, 256), np.uint8)
        picture[:, column] = 255
        assert resize_quickly(picture, 90, 25).max() > 20
    assert min(_plain(column) for column in range(100, 140)) == 0


def _plain(column: int) -> int:
    picture = np.zeros((72, 256), np.uint8)
    picture[:, column] = 255
    return int(cv2.resize(picture, (90, 25), interpolation=cv2.INTER_LINEAR).max())
