"""Draws the test card: a sheet of paper with a plate of known text, its scale and how to use it."""

from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from alpr_edge.domain.diagnostics.test_card import CARD_MM, CARD_SCALE, CARD_TEXT
from alpr_edge.domain.errors import SettingsError
from alpr_edge.simulation.plates.designs import WHITE, PlateDesign
from alpr_edge.simulation.plates.fonts import Mask, base_faces, line, paste
from alpr_edge.simulation.plates.renderer import render_plate

DPI = 300
PAPERS_MM = {"a4": (297.0, 210.0), "letter": (279.4, 215.9)}
"""Width and height of a sheet laid across."""
SUFFIXES = {".pdf": "PDF", ".png": "PNG"}
SEED = 11
_DESIGN = PlateDesign("TEST", "card", ("1AAA111",), (WHITE,), (28, 63, 148), (90, 90, 90), "TEST CARD", "NOT A PLATE")
_RULER_MM = 100.0
_INK = 30
_TEXT_MM = 3.2

Sheet = NDArray[np.uint8]
"""uint8 [H, W, 3] BGR."""


def draw_card(paper: str) -> Sheet:
    """The card on a sheet of ``paper`` (a key of :data:`PAPERS_MM`): uint8 [H, W, 3] BGR at :data:`DPI`."""
    width_mm, height_mm = PAPERS_MM[paper]
    sheet = np.full((_px(height_mm), _px(width_mm), 3), 255, np.uint8)
    height_px = _px(CARD_MM * _DESIGN.height_mm / _DESIGN.width_mm)
    plate = render_plate(CARD_TEXT, _DESIGN, np.random.default_rng(SEED), height_px, faces=base_faces()[1:2]).pixels
    left, top = (sheet.shape[1] - plate.shape[1]) // 2, _px(14)
    sheet[top : top + plate.shape[0], left : left + plate.shape[1]] = plate
    ink = np.zeros(sheet.shape[:2], np.uint8)
    _instructions(ink, left, top + plate.shape[0] + _px(10))
    shade = np.asarray(ink, np.float32)[:, :, np.newaxis] / 255
    return np.asarray(sheet * (1 - shade) + _INK * shade, np.uint8)


def write_card(path: Path, paper: str) -> None:
    """Write the card as PDF or PNG, by the name's ending; either prints in true size at 100 %.

    Raises:
        SettingsError: another ending, or the file cannot be written.
    """
    kind = SUFFIXES.get(path.suffix.lower())
    if kind is None:
        raise SettingsError([f"{path}: a card is written as .pdf or .png"])
    image = Image.fromarray(cv2.cvtColor(draw_card(paper), cv2.COLOR_BGR2RGB))
    try:
        if kind == "PDF":
            image.save(path, kind, resolution=float(DPI), quality=95, title="alpr-edge test card")
        else:
            image.save(path, kind, dpi=(DPI, DPI))
    except OSError as error:
        raise SettingsError([f"{path}: cannot be written: {error.strerror or error}"]) from None


def _instructions(ink: Mask, left: int, top: int) -> None:
    """Write how to print and use the card, and draw a ruler that shows whether it was printed in true size."""
    face = base_faces()[3]
    lines = (
        f"alpr-edge test card. Print at 100 % (no fit to page) on white, matt paper: the plate is {CARD_MM:g} mm wide.",
        f"A plate of a car is 304.8 mm wide: it looks like this card at {CARD_SCALE:.3f} times the card's distance.",
        f"Card at 3.00 m = plate at {3 * CARD_SCALE:.2f} m; at 5.00 m, {5 * CARD_SCALE:.2f} m; and so on.",
        "Hold it upright and still before the camera, then run: alpr-edge unit check",
    )
    for number, text in enumerate(lines):
        paste(ink, line(face, text, _px(_TEXT_MM)), left, top + round(number * _px(_TEXT_MM) * 2))
    y = top + round((len(lines) + 0.6) * _px(_TEXT_MM) * 2)
    cv2.line(ink, (left, y), (left + _px(_RULER_MM), y), 255, _px(0.3))
    for mark in range(0, int(_RULER_MM) + 1, 10):
        x = left + _px(mark)
        cv2.line(ink, (x, y), (x, y - _px(2.5)), 255, _px(0.3))
    paste(ink, line(face, f"this line is {_RULER_MM:g} mm long", _px(_TEXT_MM)), left + _px(_RULER_MM + 5), y - _px(3))


def _px(millimetres: float) -> int:
    return max(1, round(millimetres / 25.4 * DPI))
