"""The serial of a rendered plate: which character stands where, how wide and how high."""

from dataclasses import dataclass

import cv2
import numpy as np

from alpr_edge.simulation.plates.designs import PlateDesign
from alpr_edge.simulation.plates.fonts import Face, Mask, glyph, paste, scale_mask

AMERICAN_WIDTH_MM = 350
"""Plates narrower than this have American proportions."""
NARROW = "I1"
"""Characters that keep their own width where all others fill their cell."""


@dataclass(frozen=True, slots=True)
class PrintedSerial:
    """What a serial puts on a plate.

    Args:
        mask: uint8 [H, W], characters and separators.
        emblems: uint8 [H, W], emblems between groups.
    """

    mask: Mask
    emblems: Mask
    box_px: tuple[int, int, int, int]


@dataclass(frozen=True, slots=True)
class _Cell:
    """Room of one mark along the line, and the width of its ink, in pixels."""

    advance_px: float
    ink_px: float


def print_serial(
    marks: list[str], design: PlateDesign, face: Face, size: tuple[int, int], rng: np.random.Generator
) -> PrintedSerial:
    """Print the marks of a serial in a line about the middle of a plate of ``size`` (width, height) pixels."""
    width, height = size
    tall = height * float(rng.uniform(0.66, 0.76) if design.band == "left" else rng.uniform(0.4, 0.52))
    room = width * float(rng.uniform(0.82, 0.95)) - (width * 0.09 if design.band == "left" else 0)
    place_marks = _proportional if design.spacing == "proportional" else _uniform
    cells = place_marks(marks, design, face, (room, tall), rng)
    american = design.width_mm < AMERICAN_WIDTH_MM
    centre = {"top": 0.62, "left": 0.5}.get(design.band, 0.5 if american else 0.58)
    top = height * (centre + float(rng.normal(0, 0.015))) - tall / 2
    x = (width - sum(cell.advance_px for cell in cells)) / 2 + (width * 0.045 if design.band == "left" else 0)
    inks = np.zeros((height, width), np.uint8), np.zeros((height, width), np.uint8)
    ends = []
    for mark, cell in zip(marks, cells, strict=True):
        ink = _mark(mark, face, (cell.ink_px, tall), rng)
        place = round(x + (cell.advance_px - ink.shape[1]) / 2), round(top + (tall - ink.shape[0]) / 2)
        paste(inks[0] if mark.isalnum() else inks[1 if mark.startswith("{") else 0], ink, *place)
        if mark.isalnum():
            ends += [place[0], place[0] + ink.shape[1]]
        x += cell.advance_px
    box = max(0, min(ends)), max(0, round(top)), min(width, max(ends)), min(height, round(top + tall))
    return PrintedSerial(inks[0], inks[1], box)


def _uniform(
    marks: list[str], design: PlateDesign, _face: Face, room: tuple[float, float], rng: np.random.Generator
) -> list[_Cell]:
    """Cells of one width, as on most American dies."""
    american = design.width_mm < AMERICAN_WIDTH_MM
    shares = [_cell_share(mark) for mark in marks]
    pitch = min(room[0] / max(1.0, sum(shares)), room[1] * float(rng.uniform(0.56, 0.78 if american else 0.95)))
    fill = float(rng.uniform(0.72, 0.92))
    return [
        _Cell(pitch * share, pitch * share * (fill if len(mark) == 1 else 0.85))
        for mark, share in zip(marks, shares, strict=True)
    ]


def _proportional(
    marks: list[str], _design: PlateDesign, face: Face, room: tuple[float, float], rng: np.random.Generator
) -> list[_Cell]:
    """Every character as wide as its face draws it, a fixed gap between: a 1 takes a third of the room of an 8.

    British plates have 14 mm for a 1 or an I and 50 mm for all else, 11 mm between (SI 2001/561, schedule 3); most
    plates of the continent and some American dies are alike.
    """
    tall = room[1]
    gap = tall * float(rng.uniform(0.09, 0.22))
    stretch = float(rng.uniform(0.75, 1.2))
    inks = [_own_width(mark, face) * tall * (stretch if mark.isalnum() else 1.0) for mark in marks]
    squeeze = min(1.0, room[0] / max(1.0, sum(inks) + gap * len(inks)))
    return [_Cell((ink + gap) * squeeze, ink * squeeze) for ink in inks]


def _own_width(mark: str, face: Face) -> float:
    """Width of a mark's ink by its height."""
    if len(mark) > 1:
        return 0.6 if mark.startswith("{") else 0.45
    if mark == " ":
        return 0.3
    master = glyph(face, mark)
    return master.shape[1] / master.shape[0] if mark.isalnum() else 0.25


def _cell_share(mark: str) -> float:
    """Room of a mark by that of a character."""
    if mark.startswith("{"):
        return 0.9
    if mark.startswith("/"):
        return 0.75
    return 1.0 if mark.isalnum() else 0.6


def _mark(mark: str, face: Face, cell: tuple[float, float], rng: np.random.Generator) -> Mask:
    width, tall = max(1, round(cell[0])), max(2, round(cell[1]))
    if mark == " ":
        return np.zeros((1, 1), np.uint8)
    if mark.startswith("{"):
        return _emblem(width, round(tall * float(rng.uniform(0.5, 0.9))), rng)
    if mark.startswith("/"):
        return np.vstack([scale_mask(glyph(face, small), width, tall // len(mark[1:]) - 1) for small in mark[1:]])
    master = glyph(face, mark)
    if not mark.isalnum():
        return scale_mask(master, min(width, max(2, round(tall * 0.3))), max(2, round(tall * 0.12)))
    natural = tall * master.shape[1] / master.shape[0]
    return scale_mask(master, round(min(width, natural)) if mark in NARROW else width, tall)


def _emblem(width: int, height: int, rng: np.random.Generator) -> Mask:
    """A blob with a few corners: an outline of a state, a tree, a shield."""
    mask = np.zeros((max(2, height), max(2, width)), np.uint8)
    angles = np.sort(rng.uniform(0, 2 * np.pi, int(rng.integers(5, 11))))
    reach = rng.uniform(0.45, 1.0, len(angles))
    xs = mask.shape[1] / 2 * (1 + reach * np.cos(angles))
    ys = mask.shape[0] / 2 * (1 + reach * np.sin(angles))
    points = np.stack([xs, ys], axis=1).astype(np.int32)
    cv2.fillPoly(mask, [points], 255)
    return mask
