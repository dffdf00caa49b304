"""What the exported models promise to their users: sizes, alphabet, preprocessing."""

import cv2
import numpy as np
from numpy.typing import NDArray

ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ_"
EMPTY = len(ALPHABET) - 1
SLOTS = 9
READER_SIZE = (128, 64)
"""Width and height of a crop."""
DETECTOR_SIZE = (768, 448)
"""Width and height of a letterboxed frame."""
PADDING_GREY = 114
SCORE_FLOOR = 0.05
DETECTIONS_MAX = 100
OVERLAP_MAX = 0.45

Picture = NDArray[np.uint8]


def canonical(text: str) -> str:
    """Upper case letters and digits, letter O as digit 0."""
    return "".join(c for c in text.upper() if c in ALPHABET[:EMPTY]).replace("O", "0")


def targets_of(text: str) -> NDArray[np.int64]:
    """Slot indices of a canonical text, left-aligned, the rest empty."""
    slots = np.full(SLOTS, EMPTY, np.int64)
    slots[: len(text)] = [ALPHABET.index(character) for character in text]
    return slots


def text_of(slots: NDArray[np.int64]) -> str:
    """The text of slot indices."""
    return "".join(ALPHABET[int(i)] for i in slots if int(i) != EMPTY)


def letterbox(grey: Picture, size: tuple[int, int] = DETECTOR_SIZE) -> tuple[Picture, float, tuple[int, int]]:
    """A grey frame fitted into the detector's input; also its scale and its left and top offset."""
    width, height = size
    scale = min(width / grey.shape[1], height / grey.shape[0])
    fit = max(1, round(grey.shape[1] * scale)), max(1, round(grey.shape[0] * scale))
    fitted = cv2.resize(grey, fit, interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR)
    left, top = (width - fit[0]) // 2, (height - fit[1]) // 2
    canvas = np.full((height, width), PADDING_GREY, np.uint8)
    canvas[top : top + fit[1], left : left + fit[0]] = fitted
    return canvas, scale, (left, top)
