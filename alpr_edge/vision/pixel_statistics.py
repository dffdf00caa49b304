"""Mean and spread of pixels, by OpenCV's own sums: NumPy turns bytes into floats first, at several times the cost."""

import math
from typing import Any

import cv2
from numpy.typing import NDArray


def mean_and_deviation(*parts: NDArray[Any]) -> tuple[float, float]:
    """Mean and standard deviation of the pixels of some pictures, or parts of one; what lies in two parts counts twice.

    Args:
        parts: of one channel, uint8 or int16; at least one pixel in all.
    """
    count = sum(part.size for part in parts)
    mean = sum(cv2.sumElems(part)[0] for part in parts) / count
    squares = sum(cv2.norm(part, cv2.NORM_L2SQR) for part in parts) / count
    return mean, math.sqrt(max(0.0, squares - mean**2))
