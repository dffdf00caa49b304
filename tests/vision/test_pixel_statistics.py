"""Mean and spread of pixels, held against NumPy's."""

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from alpr_edge.vision.picture_quality import mean_and_deviation

pictures = arrays(np.uint8, st.tuples(st.integers(1, 30), st.integers(1, 40)))


@given(pictures, st.lists(pictures, max_size=3))
def test_they_are_those_of_all_pixels_together(picture: np.ndarray, others: list[np.ndarray]) -> None:
    together = np.concatenate([part.ravel() for part in (picture, *others)]).astype(np.float64)
    mean, deviation = mean_and_deviation(picture, *others)
    assert mean == pytest.approx(together.mean())
    assert deviation == pytest.approx(together.std(), abs=1e-5)


def test_signed_numbers_and_parts_of_a_picture_count_as_they_are() -> None:
    slopes = cv2.Laplacian(np.random.default_rng(3).integers(0, 256, (64, 128), np.uint8), cv2.CV_16S)
    assert slopes.min() < 0
    assert mean_and_deviation(slopes) == pytest.approx((slopes.mean(), slopes.std()))
    part = slopes[3:20, 5:50]
    assert mean_and_deviation(part) == pytest.approx((part.mean(), part.std()))
