"""Windows of road photos mirrored, turned about their middle, slanted and darkened, with their boxes."""

import cv2
import numpy as np
from numpy.typing import NDArray

from plate_training.contract import PADDING_GREY, Picture
from plate_training.rendering.degrade import Rng
from plate_training.rendering.geometry import bounds

Boxes = NDArray[np.float32]

ROAD_MIRRORED, ROAD_TURNED, ROAD_DARK = 0.3, 0.3, 0.15
"""Shares of road windows that are mirrored, turned by some degrees and darkened."""
TURN_DEG = 9.0
"""Deviation of the angle by which road windows are turned."""
ROAD_SLANTED, SLANT, NARROWEST = 0.3, 0.3, 0.6
"""Share of road windows that show their plates from the side, the deviation of what level lines then rise by, and the
least part of its width that is left. Of 71 plates from 60 px in every third American road photo a detector that was
trained without finds 64 as they are, and 58, 54, 52 and 41 with slants of 0.25, 0.4, -0.4 and 0.6 and widths of 0.85,
0.75, 0.75 and 0.65.
"""


def turn_window(window: Picture, groups: tuple[list[Boxes], ...], rng: Rng) -> tuple[Picture, tuple[list[Boxes], ...]]:
    """Sometimes mirror a window, turn it about its middle, slant it or darken it, with all boxes."""
    across = -1.0 if rng.random() < ROAD_MIRRORED else 1.0
    angle = float(np.deg2rad(rng.normal(0, TURN_DEG))) if rng.random() < ROAD_TURNED else 0.0
    width, slant = (rng.uniform(NARROWEST, 1), rng.normal(0, SLANT)) if rng.random() < ROAD_SLANTED else (1.0, 0.0)
    if rng.random() < ROAD_DARK:
        window = (window * float(rng.uniform(0.12, 0.5))).astype(np.uint8)
    if across > 0 and not angle and not slant:
        return window, groups
    spin = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]]) * (across, 1.0)
    spin @= np.array([[width, 0], [slant, 1]])
    size = window.shape[1], window.shape[0]
    middle = (np.array(size) - 1) / 2
    move = np.concatenate([spin, (middle - spin @ middle)[:, np.newaxis]], axis=1)
    turned = np.asarray(cv2.warpAffine(window, move, size, borderValue=PADDING_GREY), np.uint8)
    return turned, tuple([_turned_bounds(box, spin, middle) for box in boxes] for boxes in groups)


def _turned_bounds(box: Boxes, spin: NDArray[np.floating], middle: NDArray[np.floating]) -> Boxes:
    """The upright box of a box that was turned about a middle."""
    corners = np.array([box[[0, 1]], box[[2, 1]], box[[2, 3]], box[[0, 3]]]) - middle
    return bounds((corners @ spin.T + middle).astype(np.float32))
