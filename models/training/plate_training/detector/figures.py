"""What a detector finds, in figures: recall, false boxes, sizes of boxes."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

SCORE_MIN = 0.45
"""Boxes that score less are not counted in the log of a run; where the unit draws the line is chosen afterwards."""
CLAIMED = 0.1
"""IoU from which up a box is on a plate, however badly."""


@dataclass(frozen=True, slots=True)
class FoundBoxes:
    """One picture's true boxes [N, 4] and what was found: boxes [M, 4] with scores [M], best first."""

    truth: NDArray[np.float32]
    boxes: NDArray[np.float32]
    scores: NDArray[np.float32]


def overlaps(one: NDArray[np.float32], many: NDArray[np.float32]) -> NDArray[np.float32]:
    """Intersection over union of one box with each of many."""
    size = np.minimum(one[2:], many[:, 2:]) - np.maximum(one[:2], many[:, :2])
    intersection = np.clip(size, 0, None).prod(axis=1)
    areas = (many[:, 2:] - many[:, :2]).prod(axis=1) + (one[2:] - one[:2]).prod()
    return np.asarray(intersection / np.maximum(areas - intersection, 1e-6), np.float32)


def false_boxes(picture: FoundBoxes, score_min: float) -> int:
    """Boxes of a picture that are on no plate."""
    boxes = picture.boxes[picture.scores >= score_min]
    is_claimed = np.zeros(len(boxes), bool)
    for true in picture.truth:
        is_claimed |= overlaps(true, boxes) > CLAIMED
    return int((~is_claimed).sum())


def figures_of(pictures: Sequence[FoundBoxes], score_min: float = SCORE_MIN) -> dict[str, float]:
    """Recall at two overlaps, false boxes a picture, and found over true width and height."""
    best, ratios = [], []
    for picture in pictures:
        boxes = picture.boxes[picture.scores >= score_min]
        for true in picture.truth:
            shares = overlaps(true, boxes)
            best.append(float(shares.max()) if len(shares) else 0.0)
            if len(shares) and shares.max() > CLAIMED:
                box = boxes[int(shares.argmax())]
                ratios.append((box[2:] - box[:2]) / (true[2:] - true[:2]))
    wide, tall = np.median(ratios, axis=0) if ratios else (0.0, 0.0)
    best_overlaps = np.array(best)
    return {
        "recall_50": float((best_overlaps >= 0.5).mean()) if best else 0.0,
        "recall_30": float((best_overlaps >= 0.3).mean()) if best else 0.0,
        "false_a_picture": sum(false_boxes(picture, score_min) for picture in pictures) / max(1, len(pictures)),
        "width_ratio": float(wide),
        "height_ratio": float(tall),
    }
