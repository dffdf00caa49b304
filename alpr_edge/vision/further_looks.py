"""Further looks at a plate whose text is in doubt: sharpened, with more around it, turned and slanted a little.

What a reader makes of a clear plate is the same in all of them. Where it is in doubt, a leaning plate is read once it
is upright, and what most looks read is right more often than what one of them is sure of (``models/README.md``).
"""

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from alpr_edge.domain.recognition.frames import Pixels, Probabilities
from alpr_edge.domain.recognition.slot_texts import text_of

SHARPENING, SHARPENING_PX = 2.0, 3.0
"""How many times the difference to the blurred crop is added to it, and by how many pixels that is blurred."""


@dataclass(frozen=True, slots=True)
class View:
    """How a crop is seen anew, about its centre."""

    turn_deg: float = 0.0
    slant: float = 0.0
    scale: tuple[float, float] = (1.0, 1.0)


VIEWS = (View(scale=(0.925, 0.86)), View(turn_deg=4), View(turn_deg=-4), View(slant=0.12), View(slant=-0.12))
WEIGHTS = 1.0, 4.0, *[1.0] * len(VIEWS)
"""Of the first look, the sharpened one and the views: on dashcams' video the sharpened one is right most often."""


def sharpen(picture: Pixels) -> Pixels:
    """The picture, uint8 [H, W, C], with what blurring takes from it added."""
    blurred = cv2.GaussianBlur(picture, (0, 0), SHARPENING_PX)
    sharp = cv2.addWeighted(picture.reshape(blurred.shape), 1 + SHARPENING, blurred, -SHARPENING, 0)
    return np.asarray(sharp, np.uint8).reshape(picture.shape)


def views_of(crop: Pixels) -> list[Pixels]:
    """A crop, uint8 [H, W, C], in each of :data:`VIEWS`; what comes in at its edges repeats them."""
    height, width = crop.shape[:2]
    return [
        np.asarray(
            cv2.warpAffine(
                crop, _matrix(view, width, height), (width, height), None, cv2.INTER_CUBIC, cv2.BORDER_REPLICATE
            ),
            np.uint8,
        )
        for view in VIEWS
    ]


def agreed_slots(looks: Sequence[Probabilities]) -> Probabilities:
    """What the looks at one plate come to: the mean of those that read the text with the most weight.

    Args:
        looks: float32 [slots, alphabet] of each, in the order of :data:`WEIGHTS`.

    A look counts by the square of its confidence, so that several in doubt do not outweigh one that is sure.
    """
    texts = [text_of(slots) for slots in looks]
    scores: dict[str, float] = {}
    for text, slots, weight in zip(texts, looks, WEIGHTS, strict=True):
        scores[text] = scores.get(text, 0.0) + weight * float(slots.max(axis=1).prod()) ** 2
    best = max(scores, key=lambda text: scores[text])
    agreeing = [slots for text, slots in zip(texts, looks, strict=True) if text == best]
    return np.asarray(np.mean(agreeing, axis=0), np.float32)


def _matrix(view: View, width: int, height: int) -> NDArray[np.float64]:
    """The map of a view from the crop's pixels to its own, float64 [2, 3]."""
    centre = np.array([(width - 1) / 2, (height - 1) / 2])
    turn = np.asarray(cv2.getRotationMatrix2D((0, 0), view.turn_deg, 1.0), np.float64)[:, :2]
    linear = np.diag(view.scale) @ turn @ np.array([[1.0, view.slant], [0.0, 1.0]])
    return np.column_stack([linear, centre - linear @ centre])
