"""Pictures for a model that sees nothing under AGPL-3.0: plates and backgrounds of the MIT ride, and drawn surfaces."""

import cv2
import numpy as np

from plate_training.contract import Picture
from plate_training.data.pictures import LabelledFrame
from plate_training.rendering.degrade import Rng

SEED = 5
SURFACES = 200
SURFACE_PX = 640, 480
AROUND = 0.25
"""Part of a plate's height by which its surroundings are painted over as well."""
PLATE_PX_MIN = 12
"""Plates less high are too coarse to be pasted."""


def plates_of(frames: list[LabelledFrame]) -> list[Picture]:
    """The plates of the ride, cut out, in BGR."""
    boxes = [(frame, box.round().astype(int)) for frame in frames for box in frame.boxes]
    parts = [frame.grey[max(0, top) : bottom, max(0, left) : right] for frame, (left, top, right, bottom) in boxes]
    return [_in_bgr(part) for part in parts if part.shape[0] >= PLATE_PX_MIN]


def backgrounds(frames: list[LabelledFrame]) -> list[Picture]:
    """The ride's frames with every plate painted over, and surfaces of lines, blocks and shades, in grey."""
    rng = np.random.default_rng(SEED)
    return [_without_plates(frame, rng) for frame in frames] + [_surface(rng) for _ in range(SURFACES)]


def _in_bgr(grey: Picture) -> Picture:
    return cv2.cvtColor(grey, cv2.COLOR_GRAY2BGR).astype(np.uint8, copy=False)


def _without_plates(frame: LabelledFrame, rng: Rng) -> Picture:
    """Each plate becomes a shade between what is above and what is below it."""
    grey = frame.grey.copy()
    height, width = grey.shape
    for left, top, right, bottom in frame.boxes:
        grow = (bottom - top) * AROUND
        y0, y1 = max(0, int(top - grow)), min(height, int(bottom + grow) + 1)
        x0, x1 = max(0, int(left - grow)), min(width, int(right + grow) + 1)
        above, below = grey[max(0, y0 - 3) : y0 + 1, x0:x1].mean(), grey[y1 - 1 : y1 + 3, x0:x1].mean()
        ramp = np.linspace(above, below, y1 - y0)[:, np.newaxis]
        grey[y0:y1, x0:x1] = np.clip(ramp + rng.normal(0, 2, (y1 - y0, x1 - x0)), 0, 255).astype(np.uint8)
    return grey


def _surface(rng: Rng) -> Picture:
    """Soft shades with blocks and lines on them, as walls, roads and bodywork have."""
    width, height = SURFACE_PX
    coarse = rng.uniform(0, 255, (int(rng.integers(2, 9)), int(rng.integers(2, 9)))).astype(np.float32)
    canvas = np.asarray(cv2.resize(coarse, SURFACE_PX, interpolation=cv2.INTER_CUBIC), np.float32)
    for _ in range(int(rng.integers(3, 40))):
        start = rng.uniform((0, 0), (width, height)).astype(int)
        end = (start + rng.normal(0, 90, 2)).astype(int)
        shade, thick = float(rng.uniform(0, 255)), int(rng.integers(1, 8))
        corners = tuple(start.tolist()), tuple(end.tolist())
        if rng.random() < 0.5:
            cv2.rectangle(canvas, *corners, shade, -1 if rng.random() < 0.5 else thick)
        else:
            cv2.line(canvas, *corners, shade, thick)
    canvas += rng.normal(0, rng.uniform(1, 9), canvas.shape)
    return np.clip(cv2.GaussianBlur(canvas, (0, 0), float(rng.uniform(0.4, 2.0))), 0, 255).astype(np.uint8)
