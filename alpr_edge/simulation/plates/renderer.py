"""The one plate renderer: training data and simulated drives come from it.

The picture is the metal from edge to edge; frames, holders and recesses belong to what the plate is mounted on.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from alpr_edge.simulation.plates.designs import (
    BUILT_IN_DESIGNS,
    LETTERS,
    PlateDesign,
    Rgb,
    designs_from_facts,
    layout,
    random_serial,
)
from alpr_edge.simulation.plates.fonts import Face, Mask, base_faces, choose_face, glyph, line, paste, scale_mask

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


__all__ = [
    "BUILT_IN_DESIGNS",
    "PlateDesign",
    "RenderedPlate",
    "designs_from_facts",
    "random_serial",
    "render_plate",
]

Paint = NDArray[np.float32]
"""float32 [H, W, 3] BGR, 0-255."""

HEIGHT_PX = 96


@dataclass(frozen=True, slots=True)
class RenderedPlate:
    """A plate seen straight on.

    Args:
        pixels: uint8 [H, W, 3] BGR.
        outline: uint8 [H, W], 255 inside the metal (corners are rounded).
    """

    text: str
    pixels: NDArray[np.uint8]
    outline: Mask
    corners_px: tuple[tuple[int, int], ...]
    serial_box_px: tuple[int, int, int, int]


def render_plate(
    text: str,
    design: PlateDesign,
    rng: np.random.Generator,
    height_px: int = HEIGHT_PX,
    faces: Sequence[Face] = (),
) -> RenderedPlate:
    """Render one plate; the same arguments and generator state give the same pixels."""
    width_px = round(height_px * design.width_mm / design.height_mm)
    face = choose_face(faces or base_faces(), rng)
    paint = _background(design, width_px, height_px, rng)
    _legends(paint, design, rng)
    serial = print_serial(layout(text, design, rng), design, face, (width_px, height_px), rng)
    _ink(paint, serial.emblems, _jitter(design.legend_rgb, rng), 0.9)
    if design.is_embossed:
        _emboss(paint, serial.mask, rng)
    _ink(paint, serial.mask, _jitter(design.serial_rgb, rng), float(rng.uniform(0.85, 1.0)))
    _fittings(paint, design, rng)
    outline = _outline(width_px, height_px, max(1, round(height_px * (0.08 if not design.band else 0.05))))
    corners = ((0, 0), (width_px, 0), (width_px, height_px), (0, height_px))
    return RenderedPlate(text, np.clip(paint, 0, 255).astype(np.uint8), outline, corners, serial.box_px)


def _bgr(rgb: Rgb) -> NDArray[np.float32]:
    return np.array(rgb[::-1], np.float32)


def _jitter(rgb: Rgb, rng: np.random.Generator) -> Rgb:
    """The colour as another batch of ink has it."""
    red, green, blue = (int(np.clip(value + rng.normal(0, 8), 0, 255)) for value in rgb)
    return red, green, blue


def _background(design: PlateDesign, width: int, height: int, rng: np.random.Generator) -> Paint:
    colours = np.array([_bgr(_jitter(rgb, rng)) for rgb in design.background_rgb], np.float32)
    if design.background == "picture":
        return _picture(colours, width, height, rng)
    if design.background == "gradient" and len(colours) > 1:
        column = cv2.resize(colours[:, np.newaxis], (1, height), interpolation=cv2.INTER_LINEAR)
        return np.repeat(column.reshape(height, 1, 3), width, axis=1).astype(np.float32)
    return np.tile(colours[0], (height, width, 1))


def _picture(colours: Paint, width: int, height: int, rng: np.random.Generator) -> Paint:
    """Washes of the design's colours: a stand-in for scenery, pale where the serial stands."""
    coarse = colours[rng.integers(len(colours), size=(int(rng.integers(2, 6)), int(rng.integers(2, 8))))]
    scenery = cv2.resize(coarse, (width, height), interpolation=cv2.INTER_CUBIC)
    paper = colours[colours.sum(axis=1).argmax()]
    rows = np.abs(np.linspace(-1, 1, height, dtype=np.float32))[:, np.newaxis, np.newaxis]
    strength = np.float32(rng.uniform(0.15, 0.6)) + np.float32(0.35) * rows**2
    return np.asarray(paper + (scenery - paper) * np.minimum(strength, 0.95), np.float32)


def _ink(paint: Paint, mask: Mask, rgb: Rgb, opacity: float) -> None:
    ys, xs = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    if len(ys) == 0:
        return
    area = np.s_[ys[0] : ys[-1] + 1, xs[0] : xs[-1] + 1]
    alpha = mask[area].astype(np.float32)[..., np.newaxis] * np.float32(opacity / 255)
    paint[area] += (_bgr(rgb) - paint[area]) * alpha


def _emboss(paint: Paint, mask: Mask, rng: np.random.Generator) -> None:
    """Bright and dark edges of raised characters, after a lamp above."""
    depth = max(1, round(mask.shape[0] * 0.012))
    step = np.roll(mask, (-depth, int(rng.integers(-depth, depth + 1))), axis=(0, 1)).astype(np.float32)
    away = np.roll(mask, (depth, 0), axis=(0, 1)).astype(np.float32)
    paint += ((step - away) * np.float32(rng.uniform(0.05, 0.3)))[..., np.newaxis]


def _legends(paint: Paint, design: PlateDesign, rng: np.random.Generator) -> None:
    height, width = paint.shape[:2]
    if design.band:
        _band(paint, design)
    face = choose_face(base_faces(), rng)
    for text, centre in ((design.legend_top, 0.13), (design.legend_bottom, 0.89)):
        if not text or (centre > 0.5 and rng.random() < 0.15):
            continue
        tall = max(4, round(height * float(rng.uniform(0.08, 0.15) if centre < 0.5 else rng.uniform(0.05, 0.1))))
        small = line(face, text, tall)
        if small.shape[1] > width * 0.7:
            small = scale_mask(small, round(width * 0.7), small.shape[0])
        mask = np.zeros((height, width), np.uint8)
        at = height * (0.09 if design.band == "top" else centre)
        paste(mask, small, (width - small.shape[1]) // 2, round(at - small.shape[0] / 2))
        _ink(paint, mask, _jitter(design.legend_rgb, rng), 0.95)


def _band(paint: Paint, design: PlateDesign) -> None:
    height, width = paint.shape[:2]
    if design.band == "top":
        paint[: round(height * 0.2)] = (140, 60, 20)
    else:
        paint[:, : round(width * 0.08)] = (150, 60, 10)


def _fittings(paint: Paint, design: PlateDesign, rng: np.random.Generator) -> None:
    """Rim, holes or screws, and stickers in the upper corners of an American plate."""
    height, width = paint.shape[:2]
    edge = max(1, height // 60)
    tone = float(rng.uniform(0.55, 1.05))
    for strip in (np.s_[:edge], np.s_[-edge:], np.s_[:, :edge], np.s_[:, -edge:]):
        paint[strip] *= tone
    if design.band:
        return
    for x in (0.21, 0.79):
        for y in (0.11, 0.89):
            if rng.random() < 0.7:
                shade = float(rng.choice([20, 60, 140, 220]))
                spot = round(width * x), round(height * y)
                cv2.circle(paint, spot, max(1, round(height * 0.03)), (shade, shade, shade), -1)
    for x in (0.03, 0.85) if design.width_mm < AMERICAN_WIDTH_MM else ():
        if rng.random() < 0.45:
            _sticker(paint, (round(width * x), round(height * float(rng.choice([0.05, 0.05, 0.76])))), rng)


def _sticker(paint: Paint, place: tuple[int, int], rng: np.random.Generator) -> None:
    height, width = paint.shape[:2]
    wide, tall = round(width * 0.12), round(height * 0.17)
    colour = rng.uniform(40, 250, 3).astype(np.float32)
    paint[place[1] : place[1] + tall, place[0] : place[0] + wide] = colour
    month = "".join(LETTERS[int(i)] for i in rng.integers(26, size=3))
    text = month if rng.random() < 0.5 else f"{rng.integers(10, 30)}"
    small = line(choose_face(base_faces(), rng), text, max(4, round(tall * 0.55)))
    mask = np.zeros((height, width), np.uint8)
    paste(mask, small, place[0] + (wide - small.shape[1]) // 2, place[1] + (tall - small.shape[0]) // 2)
    _ink(paint, mask, (20, 20, 20) if colour.mean() > 110 else (240, 240, 240), 0.9)


def _outline(width: int, height: int, radius: int) -> Mask:
    mask = np.zeros((height, width), np.uint8)
    cv2.rectangle(mask, (radius, 0), (width - 1 - radius, height - 1), 255, -1)
    cv2.rectangle(mask, (0, radius), (width - 1, height - 1 - radius), 255, -1)
    for x in (radius, width - 1 - radius):
        for y in (radius, height - 1 - radius):
            cv2.circle(mask, (x, y), radius, 255, -1)
    return mask
