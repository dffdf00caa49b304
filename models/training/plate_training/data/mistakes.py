"""What a detector takes for plates in photos without one; the next stretch of training looks there more often."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import onnxruntime
from rich.progress import track

from plate_training.contract import Picture, letterbox

SCORE_MIN = 0.12


@dataclass(frozen=True, slots=True)
class Mistake:
    """A box that a detector took for a plate in a photo without one.

    Args:
        photo: index of the photo.
        box: left, top, right and bottom in the photo's pixels.
        scale: the scale of the detector's input against the photo.
    """

    photo: int
    box: tuple[float, float, float, float]
    scale: float

    @property
    def middle(self) -> tuple[float, float]:
        """The middle of the box."""
        left, top, right, bottom = self.box
        return (left + right) / 2, (top + bottom) / 2


def mistakes_of(model: Path, photos: list[Picture]) -> list[Mistake]:
    """Every box found in the photos, each photo seen whole and in four quarters.

    Args:
        model: the exported detector.
        photos: grey, without a plate.
    """
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    session = onnxruntime.InferenceSession(model.read_bytes(), options, providers=["CPUExecutionProvider"])
    _, high, wide, _ = session.get_inputs()[0].shape
    mistakes: list[Mistake] = []
    for index, photo in enumerate(track(photos, "mistakes", transient=True)):
        for left, top, part in _parts(photo):
            canvas, scale, offset = letterbox(part, (wide, high))
            rows = session.run(None, {"frames": canvas[np.newaxis, ..., np.newaxis]})[0]
            boxes = (rows[rows[:, 6] >= SCORE_MIN, 1:5] - np.tile(offset, 2)) / scale + (left, top, left, top)
            mistakes += [Mistake(index, tuple(box), scale) for box in boxes.tolist()]
    return mistakes


def _parts(photo: Picture) -> list[tuple[int, int, Picture]]:
    """The photo whole and its quarters, with the left and top edge of each."""
    height, width = (side // 2 for side in photo.shape)
    quarters = [(x, y, photo[y : y + height, x : x + width]) for x in (0, width) for y in (0, height)]
    return [(0, 0, photo), *quarters]
