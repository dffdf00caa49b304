"""Measures pictures: focus and exposure of a plate, and of a whole frame. The domain says what is good enough."""

import math
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from alpr_edge.domain.diagnostics.image_quality import PlatePicture, ScenePicture
from alpr_edge.domain.recognition.frames import Pixels

LOOK_PX = 128, 64
"""Width and height at which plates are compared: those of the reader."""
SCENE_PX_MAX = 1280
TILE_PX = 64
TILES_PERCENTILE = 90.0
BURNT_LEVEL = 250
_FLAT = 1.0
"""Variance of a plate without anything on it: noise alone must not look sharp."""

Grey = NDArray[np.uint8]


def measure_plate(pixels: Pixels) -> PlatePicture:
    """Measure a crop that shows a plate alone, uint8 [H, W, 3] BGR."""
    grey = _grey(pixels)
    low, high = np.percentile(grey, (5, 95))
    plate = cv2.resize(grey, LOOK_PX).astype(np.float32)
    focus = float(cv2.Laplacian(plate, cv2.CV_32F).var() / max(float(plate.var()), _FLAT))
    return PlatePicture(focus, float((grey >= BURNT_LEVEL).mean()), float(high - low))


def measure_scene(pixels: Pixels, *, is_reduced: bool = False) -> ScenePicture:
    """Measure a frame, uint8 [H, W, 3] BGR."""
    grey = _grey(pixels)
    focus = None if is_reduced else _tiles_focus(grey)
    return ScenePicture(focus, float((grey >= BURNT_LEVEL).mean()), float(np.median(grey)))


def mean_and_deviation(*parts: NDArray[Any]) -> tuple[float, float]:
    """Mean and standard deviation of the pixels of some pictures, or parts of one; what lies in two parts counts twice.

    By OpenCV's own sums: NumPy turns bytes into floats first, at several times the cost.

    Args:
        parts: of one channel, uint8 or int16; at least one pixel in all.
    """
    count = sum(part.size for part in parts)
    mean = sum(cv2.sumElems(part)[0] for part in parts) / count
    squares = sum(cv2.norm(part, cv2.NORM_L2SQR) for part in parts) / count
    return mean, math.sqrt(max(0.0, squares - mean**2))


def _tiles_focus(grey: Grey) -> float:
    """Focus by the sharpest tenth of the tiles: the others may show sky or road, which are smooth in any focus."""
    height, width = grey.shape
    if width > SCENE_PX_MAX:
        size = SCENE_PX_MAX, max(1, round(height * SCENE_PX_MAX / width))
        grey = cv2.resize(grey, size, interpolation=cv2.INTER_AREA).astype(np.uint8, copy=False)
    edges = cv2.Laplacian(grey.astype(np.float32), cv2.CV_32F)
    rows, columns = (max(1, side // TILE_PX) for side in edges.shape)
    tiles = [part.var() for row in np.array_split(edges, rows) for part in np.array_split(row, columns, axis=1)]
    return float(np.percentile(tiles, TILES_PERCENTILE))


def _grey(pixels: Pixels) -> Grey:
    return cv2.cvtColor(pixels, cv2.COLOR_BGR2GRAY).astype(np.uint8, copy=False)
