"""Measures how much a camera's picture shows, tile by tile, so that a blind, dirty or turned camera is found.

Only 54 rows of the green channel are looked at, with the rows one and eight pixels below them.
"""

import cv2
import numpy as np
from numpy.typing import NDArray

from alpr_edge.domain.diagnostics.camera_view import COLUMNS, ROWS, ViewSample
from alpr_edge.domain.recognition.frames import Pixels

LINES_A_TILE = 6
"""Rows of the picture that are looked at in a tile."""
APART_PX = 8
"""Distance of the pixels whose difference is the structure of a tile; that of neighbours is its sharpness."""
BURNT_LEVEL = 250

Grey = NDArray[np.uint8]


def measure_view(pixels: Pixels) -> ViewSample | None:
    """Measure a frame, uint8 [H, W, 3] BGR; None where it is too small for that.

    The largest difference in a tile is taken, not the mean one: noise is a few levels everywhere, edges are tens.
    """
    height, width = pixels.shape[0], pixels.shape[1] // COLUMNS * COLUMNS
    stride = (height - APART_PX) // (ROWS * LINES_A_TILE)
    if stride < 1 or width // COLUMNS <= APART_PX:
        return None
    here, next_row, far_row = (_rows(pixels, first, stride, width) for first in (0, 1, APART_PX))
    near = np.maximum(_largest(cv2.absdiff(here, next_row)), _largest(_across(here, 1)))
    far = np.maximum(_largest(cv2.absdiff(here, far_row)), _largest(_across(here, APART_PX)))
    grey = np.asarray(cv2.resize(here, (COLUMNS, ROWS), interpolation=cv2.INTER_AREA), np.uint8)
    return ViewSample(grey, near, far, float(np.count_nonzero(here >= BURNT_LEVEL) / here.size))


def _rows(pixels: Pixels, first: int, stride: int, width: int) -> Grey:
    """The rows that are looked at, or those so many pixels below them, as uint8 [54, width]."""
    return np.ascontiguousarray(pixels[first : first + ROWS * LINES_A_TILE * stride : stride, :width, 1])


def _across(rows: Grey, apart_px: int) -> Grey:
    """Differences of pixels so far apart in a row; the last columns have none."""
    changes = np.zeros_like(rows)
    changes[:, :-apart_px] = cv2.absdiff(rows[:, apart_px:], rows[:, :-apart_px])
    return changes


def _largest(changes: NDArray[np.generic]) -> Grey:
    """The largest value of each tile, uint8 [9, 16]."""
    bands = np.asarray(changes, np.uint8).reshape(ROWS, LINES_A_TILE, -1).max(axis=1)
    return np.asarray(bands.reshape(ROWS, COLUMNS, -1).max(axis=2), np.uint8)
