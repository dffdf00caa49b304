"""What the exported models promise to their users: sizes, alphabet, preprocessing, version of ONNX."""

import numpy as np
from numpy.typing import NDArray

from alpr_edge.vision.picture_size import resize_quickly

ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ_"
EMPTY = len(ALPHABET) - 1
ZERO, LETTER_O = ALPHABET.index("0"), ALPHABET.index("O")
ZERO_OR_O = len(ALPHABET)
"""Slot index in a training target where a 0 may as well be an O: nobody told them apart."""
SLOTS = 9
READER_SIZE = (192, 64)
"""Width and height of a crop; at 128 px neighbouring narrow strokes of nine characters melt into one."""
DETECTOR_SIZE = (768, 448)
"""Width and height of a letterboxed frame."""
PADDING_GREY = 114
SCORE_FLOOR = 0.05
DETECTIONS_MAX = 100
OVERLAP_MAX = 0.45
OPSET = 17
"""Version of ONNX's operators that the models use."""

Picture = NDArray[np.uint8]


def plain(text: str) -> str:
    """Upper case letters and digits, everything else left out."""
    return "".join(c for c in text.upper() if c in ALPHABET[:EMPTY])


def canonical(text: str) -> str:
    """Upper case letters and digits, letter O as digit 0."""
    return plain(text).replace("O", "0")


def targets_of(text: str, *, zero_known: bool = True) -> NDArray[np.int64]:
    """Slot indices of a plain text, left-aligned, the rest empty.

    Args:
        text: upper case letters and digits.
        zero_known: whether its 0 and O are told apart; where not, either counts (:data:`ZERO_OR_O`).
    """
    slots = np.full(SLOTS, EMPTY, np.int64)
    slots[: len(text)] = [ALPHABET.index(character) for character in text]
    if not zero_known:
        slots[(slots == ZERO) | (slots == LETTER_O)] = ZERO_OR_O
    return slots


def text_of(slots: NDArray[np.int64]) -> str:
    """The text of slot indices."""
    return "".join(ALPHABET[int(i)] for i in slots if int(i) != EMPTY)


def letterbox(grey: Picture, size: tuple[int, int] = DETECTOR_SIZE) -> tuple[Picture, float, tuple[int, int]]:
    """A grey frame fitted into the detector's input; also its scale and its left and top offset."""
    width, height = size
    scale = min(width / grey.shape[1], height / grey.shape[0])
    fit = max(1, round(grey.shape[1] * scale)), max(1, round(grey.shape[0] * scale))
    picture = resize_quickly(grey, *fit)
    left, top = (width - fit[0]) // 2, (height - fit[1]) // 2
    canvas = np.full((height, width), PADDING_GREY, np.uint8)
    canvas[top : top + fit[1], left : left + fit[0]] = picture
    return canvas, scale, (left, top)
