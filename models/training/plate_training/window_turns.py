"""Windows of road photos mirrored, turned about their middle and darkened, with their boxes."""

import cv2
import numpy as np
from numpy.typing import NDArray

from plate_training.contract import PADDING_GREY, Picture
from plate_training.degrade import Rng
from plate_training.geometry import bounds

Boxes = NDArray[np.float32]

ROAD_MIRRORED, ROAD_TURNED, ROAD_DARK = 0.3, 0.3, 0.15
"""Shares of road windows that are mirrored, turned by some degrees and darkened."""
TURN_DEG = 9.0
"""Deviation of the angle by which road windows are turned."""


def turn_window(window: Picture, groups: tuple[list[Boxes], ...], rng: Rng) -> tuple[Picture, tuple[list[Boxes], ...]]:
    """Sometimes mirror a window, turn it about its middle or darken it, with all boxes."""
    across = -1.0 if rng.random() < ROAD_MIRRORED else 1.0
    angle = float(np.deg2rad(rng.normal(0, TURN_DEG))) if rng.random() < ROAD_TURNED else 0.0
    if rng.random() < ROAD_DARK:
        window = (window * float(rng.uniform(0.12, 0.5))).astype(np.uint8)
    if across > 0 and not angle:
        return window, groups
    spin = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]]) * (across, 1.0)
    size = window.shape[1], window.shape[0]
    middle = (np.array(size) - 1) / 2
    move = np.concatenate([spin, (middle - spin @ middle)[:, np.newaxis]], axis=1)
    turned = np.asarray(cv2.warpAffine(window, move, size, borderValue=PADDING_GREY), np.uint8)
    return turned, tuple([_turned_bounds(box, spin, middle) for box in boxes] for boxes in groups)


def _turned_bounds(box: Boxes, spin: NDArray[np.floating], middle: NDArray[np.floating]) -> Boxes:
    """The upright box of a box that was turned about a middle."""
    corners = np.array([box[[0, 1]], box[[2, 1]], box[[2, 3]], box[[0, 3]]]) - middle
    return bounds((corners @ spin.T + middle).astype(np.float32))
