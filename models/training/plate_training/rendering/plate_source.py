"""Plates to look at: rendered ones of every design, or real crops, on the holder they are mounted in."""

from dataclasses import dataclass, replace
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from alpr_edge.simulation.plates.designs import BLACK, DIGITS, LETTERS, WHITE, Rgb
from alpr_edge.simulation.plates.fonts import Face, base_faces, faces_in, line, paste
from alpr_edge.simulation.plates.renderer import BUILT_IN_DESIGNS, PlateDesign, random_serial, render_plate
from plate_training.contract import Picture
from plate_training.rendering.country_bands import paint_bands
from plate_training.rendering.degrade import Rng

BRITISH_FORMS = ("AA11 AAA",) * 6 + (
    "A111 AAA",
    "A11 AAA",
    "A1 AAA",
    "AAA 111A",
    "AAA 11A",
    "AAA 1A",
    "111 AAA",
    "AAA 111",
)
NATIONAL_FORMS = (
    *("A 111 AAA", "A 11 AAA", "AA 11 AAA", "AA-111-AA", "AA 111 AA", "AA 1111 AA", "1111 AAA", "AAA-111", "AAA 1111"),
    *("AA 11111", "AA 111A", "1AA 111", "AA{seals}A 111", "AAA{seals}A 11", "A{seals}AA 1111", "AA 11 111", "111-A-11"),
    *("AA 11 AAA", "AA 11 AAA", "1AAA111", "AA-11-AA", "11-AA-11", "11-AAA-1", "A-111-AA", "AAA 111", "11 111 AA"),
    "AA A111",
)
"""Serials of Britain and of the continent; a template that stands twice is twice as likely."""


def _abroad(region: str, name: str, forms: tuple[str, ...], ground: Rgb, band: str = "left") -> PlateDesign:
    return PlateDesign(region, name, forms, (ground,), BLACK, (150, 60, 60), width_mm=520, height_mm=111, band=band)


PROPORTIONAL = tuple(
    replace(design, spacing="proportional")
    for design in (
        _abroad("GB", "front", BRITISH_FORMS, WHITE),
        _abroad("GB", "rear", BRITISH_FORMS, (250, 200, 40)),
        _abroad("GB", "rear without a band", BRITISH_FORMS, (250, 200, 40), band=""),
        _abroad("EU", "white", NATIONAL_FORMS, WHITE),
        _abroad("EU", "white", NATIONAL_FORMS, WHITE),
        _abroad("EU", "yellow", NATIONAL_FORMS, (235, 190, 40)),
        _abroad("EU", "white without a band", NATIONAL_FORMS, WHITE, band=""),
    )
)
"""Plates with narrow strokes as they stand on the road: a 1 or an I beside its neighbours with no more than a gap."""
EUROPEAN, BRAZILIAN = ([d for d in BUILT_IN_DESIGNS if d.region == region] for region in ("EU", "BR"))
ABROAD_SHARE = 0.42
PROPORTIONAL_SHARE = 0.25
"""Share of other plates whose characters have their own width."""
NARROW_SHARE, NARROW_END_SHARE = 0.35, 0.4
"""Share of plates of which some letters are made I and some digits 1: rare in serials, and first to be dropped; share
of these of which the first or the last is, where it is taken for the plate's edge."""
MARGIN = 0.4
"""Surroundings drawn on each side of a plate, in plate heights."""


@dataclass(frozen=True, slots=True)
class MountedPicture:
    """A plate on its holder: picture uint8 [H, W, 3], and the plate's corners float32 [4, 2] in it."""

    picture: Picture
    corners: NDArray[np.float32]


def draw_text_and_design(designs: tuple[PlateDesign, ...], rng: Rng) -> tuple[str, PlateDesign]:
    """Mostly a serial of its design; some vanity texts, and some that follow no pattern at all."""
    text, design = _serial_and_design(designs, rng)
    if design.spacing == "uniform" and rng.random() < PROPORTIONAL_SHARE:
        design = replace(design, spacing="proportional")
    return _with_narrow(text, rng) if rng.random() < NARROW_SHARE else text, design


def _serial_and_design(designs: tuple[PlateDesign, ...], rng: Rng) -> tuple[str, PlateDesign]:
    home = designs[int(rng.integers(len(designs)))]
    kind = rng.random()
    if kind < ABROAD_SHARE:
        share = rng.random()
        pool = PROPORTIONAL if share < 0.6 else EUROPEAN if share < 0.75 else BRAZILIAN
        abroad = pool[int(rng.integers(len(pool)))]
        return random_serial(abroad, rng), abroad
    if kind < 0.49:
        return _free_text(rng, LETTERS if rng.random() < 0.6 else LETTERS + DIGITS), home
    if kind < 0.56:
        return _free_text(rng, LETTERS + DIGITS * 2), home
    if kind < 0.6:
        home = replace(home, stacked_letters="".join(LETTERS[int(i)] for i in rng.integers(26, size=2)))
    return random_serial(home, rng), home


def _with_narrow(text: str, rng: Rng) -> str:
    """Some characters of a serial made narrow, letters I and digits 1, or wide, letters M and W."""
    shares = np.full(len(text), rng.uniform(0.0, 0.6))
    if rng.random() < NARROW_END_SHARE:
        shares[int(rng.integers(2)) * -1] = 1.0
    replacements = ("1" if c in DIGITS else str(rng.choice(list("IIIMW"))) for c in text)
    return "".join(
        new if rng.random() < share else old for old, new, share in zip(text, replacements, shares, strict=True)
    )


def _free_text(rng: Rng, pool: str) -> str:
    length = int(rng.choice([2, 3, 4, 5, 6, 7, 8], p=[0.03, 0.07, 0.12, 0.18, 0.27, 0.27, 0.06]))
    return "".join(pool[int(i)] for i in rng.integers(len(pool), size=length))


def faces_with(fonts: Path | None) -> tuple[Face, ...]:
    """The faces that plates are rendered in: the base ones and those of a folder of more, where one is given.

    Every second one is there with serifs at its I as well.
    """
    faces = base_faces() + (faces_in(fonts) if fonts else ())
    return faces + tuple(replace(face, has_serif_i=True) for face in faces[::2])


def render_random_plate(
    designs: tuple[PlateDesign, ...], faces: tuple[Face, ...], rng: Rng, height_px: int
) -> tuple[str, Picture, Picture]:
    """Text as printed, pixels and outline of a rendered plate."""
    text, design = draw_text_and_design(designs, rng)
    plate = render_plate(text, design, rng, height_px, faces)
    if design.band == "left":
        paint_bands(plate.pixels, (plate.serial_box_px[0], plate.serial_box_px[2]), rng)
    return text, _add_dirt(plate.pixels, rng), plate.outline


def _add_dirt(pixels: Picture, rng: Rng) -> Picture:
    """Dirt and scratches on some plates."""
    if rng.random() > 0.25:
        return pixels
    height, width = pixels.shape[:2]
    coarse = rng.random((int(rng.integers(4, 12)), int(rng.integers(8, 24)))).astype(np.float32)
    cover = cv2.resize(coarse, (width, height), interpolation=cv2.INTER_CUBIC)
    cover = np.clip((cover - rng.uniform(0.55, 0.9)) * 4, 0, 0.8)[..., np.newaxis]
    dirt = rng.uniform(30, 190, 3)
    return np.asarray(pixels + (dirt - pixels) * cover, np.uint8)


def mount(pixels: Picture, outline: Picture | None, rng: Rng, margin: float = MARGIN) -> MountedPicture:
    """Put a plate on a piece of car, perhaps in a recess, perhaps under a frame that hides its edges."""
    height, width = pixels.shape[:2]
    pad = round(height * margin)
    canvas = _bodywork(width + 2 * pad, height + 2 * pad, rng)
    inner = canvas[pad : pad + height, pad : pad + width]
    if rng.random() < 0.5:
        _recess(canvas, (pad, pad, pad + width, pad + height), rng)
    if outline is None:
        inner[:] = pixels
    else:
        np.copyto(inner, pixels, where=outline[..., np.newaxis] > 127)
    if rng.random() < 0.35:
        _frame(canvas, (pad, pad, pad + width, pad + height), rng)
    corners = np.array([[0, 0], [width, 0], [width, height], [0, height]], np.float32) + np.float32(pad)
    return MountedPicture(canvas, corners)


def _bodywork(width: int, height: int, rng: Rng) -> Picture:
    base = rng.uniform(5, 245, 3) if rng.random() < 0.4 else np.full(3, rng.uniform(5, 245))
    coarse = base + rng.normal(0, rng.uniform(2, 35), (int(rng.integers(2, 5)), int(rng.integers(2, 5)), 1))
    surface = cv2.resize(coarse.astype(np.float32), (width, height), interpolation=cv2.INTER_LINEAR)
    return np.clip(surface, 0, 255).astype(np.uint8)


def _recess(canvas: Picture, box: tuple[int, int, int, int], rng: Rng) -> None:
    """The pocket or holder around a plate: wider than the plate by an uneven border."""
    left, top, right, bottom = box
    reach = (bottom - top) * 0.3
    edges = (rng.uniform(0.03, 1, 4) * reach).astype(int)
    shade = float(rng.uniform(0, 120) if rng.random() < 0.7 else rng.uniform(0, 255))
    corner_a, corner_b = (left - int(edges[0]), top - int(edges[1])), (right + int(edges[2]), bottom + int(edges[3]))
    cv2.rectangle(canvas, corner_a, corner_b, (shade, shade, shade), -1 if rng.random() < 0.7 else 2)


def _frame(canvas: Picture, box: tuple[int, int, int, int], rng: Rng) -> None:
    """A dealer's frame: covers a little of the plate's edges, reaches a little beyond, with print on it."""
    left, top, right, bottom = box
    height = bottom - top
    shade = float(rng.choice([15, 30, 60, 130, 190, 230]))
    beyond, over = rng.uniform(0.02, 0.1, 4) * height, rng.uniform(0.0, 0.1, 4) * height
    strips = (
        (left - beyond[0], top - beyond[1], left + over[0] * 0.7, bottom + beyond[3]),
        (right - over[2] * 0.7, top - beyond[1], right + beyond[2], bottom + beyond[3]),
        (left - beyond[0], top - beyond[1], right + beyond[2], top + over[1]),
        (left - beyond[0], bottom - over[3], right + beyond[2], bottom + beyond[3]),
    )
    for x0, y0, x1, y1 in strips:
        cv2.rectangle(canvas, (round(x0), round(y0)), (round(x1), round(y1)), (shade, shade, shade), -1)
    for _, y0, _, y1 in strips[2:]:
        if rng.random() < 0.5 and y1 - y0 > 7:
            _print(canvas, ((left + right) // 2, round((y0 + y1) / 2)), round((y1 - y0) * 0.6), 255 - shade, rng)


def _print(canvas: Picture, centre: tuple[int, int], tall: int, shade: float, rng: Rng) -> None:
    faces = base_faces()
    text = _free_text(rng, LETTERS) + " " + _free_text(rng, LETTERS)
    small = line(faces[int(rng.integers(len(faces)))], text, max(4, tall))
    mask = np.zeros(canvas.shape[:2], np.uint8)
    paste(mask, small, centre[0] - small.shape[1] // 2, centre[1] - small.shape[0] // 2)
    canvas[mask > 127] = shade
