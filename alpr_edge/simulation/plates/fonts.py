"""The faces of rendered plates: characters as masks, every one of the same height, as dies make them."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib.resources import files
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from alpr_edge.domain.errors import ModelError

Mask = NDArray[np.uint8]
"""uint8 [H, W]: 0 outside the ink, 255 inside."""

MASTER_HEIGHT_PX = 96
"""Capital height at which characters are drawn before they are scaled."""
LINE_HEIGHT_PX = 20
"""The same for lines of small print."""
SERIF_THICKNESS = 0.8
"""Of a serif, in parts of the stem's."""


@dataclass(frozen=True, slots=True)
class Face:
    """One font file, and how its characters are drawn."""

    path: str
    weight: int | None = None
    has_serif_i: bool = False


@cache
def base_faces() -> tuple[Face, ...]:
    """The faces of the extra ``simulation`` (all OFL-1.1).

    Raises:
        ModelError: the extra is not installed.
    """
    condensed_faces = [
        _packaged_face("fontpkg_barlow_condensed", f"BarlowCondensed-{w}.ttf") for w in ("Medium", "SemiBold")
    ]
    plain = [_packaged_face("fontpkg_barlow", f"Barlow-{w}.ttf") for w in ("Regular", "Medium", "SemiBold")]
    overpass = [_packaged_face("fontpkg_overpass", "Overpass[wght].ttf", weight) for weight in (400, 550, 700)]
    return (*condensed_faces, *plain, *overpass)


def faces_in(folder: Path) -> tuple[Face, ...]:
    """Every font file under a folder, sorted by path."""
    paths = sorted(path for kind in ("*.ttf", "*.otf") for path in folder.rglob(kind))
    return tuple(Face(str(path)) for path in paths)


def _packaged_face(package: str, name: str, weight: int | None = None) -> Face:
    try:
        return Face(str(files(package) / "files" / name), weight)
    except ModuleNotFoundError:
        raise ModelError("rendered plates need fonts: pip install 'alpr-edge[simulation]'") from None


@lru_cache(maxsize=256)
def _font(face: Face, height_px: int) -> ImageFont.FreeTypeFont:
    """The face at the size where a capital is ``height_px`` high."""
    probe = ImageFont.truetype(face.path, 200)
    if face.weight is not None:
        probe.set_variation_by_axes([face.weight])
    _, top, _, bottom = probe.getbbox("H")
    font = ImageFont.truetype(face.path, max(4, round(200 * height_px / (bottom - top))))
    if face.weight is not None:
        font.set_variation_by_axes([face.weight])
    return font


@lru_cache(maxsize=4096)
def glyph(face: Face, character: str) -> Mask:
    """One character, cut to its ink, :data:`MASTER_HEIGHT_PX` high where it is a letter or a digit."""
    font = _font(face, MASTER_HEIGHT_PX)
    left, top, right, bottom = (round(edge) for edge in font.getbbox(character))
    image = Image.new("L", (max(1, right - left), max(1, bottom - top)))
    ImageDraw.Draw(image).text((-left, -top), character, font=font, fill=255)
    mask = np.asarray(image, np.uint8)
    if not character.isalnum():
        return mask
    if character == "I" and face.has_serif_i:
        mask = _with_serifs(mask)
    return cv2.resize(mask, (mask.shape[1], MASTER_HEIGHT_PX)).astype(np.uint8, copy=False)


def _with_serifs(stem: Mask) -> Mask:
    """A bar at the head and one at the foot of a stem, nearly as thick and three times as wide."""
    height, width = stem.shape
    bar = max(1, round(SERIF_THICKNESS * width))
    mask = np.pad(stem, ((0, 0), (width, width)))
    mask[:bar] = mask[height - bar :] = 255
    return mask


@lru_cache(maxsize=4096)
def line(face: Face, text: str, height_px: int) -> Mask:
    """A whole line of small print; capitals are ``height_px`` high."""
    master = _line_master(face, text)
    scale = height_px / LINE_HEIGHT_PX
    size = max(1, round(master.shape[1] * scale)), max(1, round(master.shape[0] * scale))
    return cv2.resize(master, size, interpolation=cv2.INTER_AREA).astype(np.uint8, copy=False)


@lru_cache(maxsize=4096)
def _line_master(face: Face, text: str) -> Mask:
    font = _font(face, LINE_HEIGHT_PX)
    left, top, right, bottom = (round(edge) for edge in font.getbbox(text))
    image = Image.new("L", (max(1, right - left), max(1, bottom - top)))
    ImageDraw.Draw(image).text((-left, -top), text, font=font, fill=255)
    return np.asarray(image, np.uint8)


def scale_mask(mask: Mask, width: int, height: int) -> Mask:
    """A mask at another size in pixels."""
    size = max(1, width), max(1, height)
    return cv2.resize(mask, size, interpolation=cv2.INTER_AREA).astype(np.uint8, copy=False)


def paste(canvas: Mask, mask: Mask, left: int, top: int) -> None:
    """Lay a mask on a canvas at a place that may lie partly outside."""
    x0, y0 = max(0, left), max(0, top)
    x1, y1 = min(canvas.shape[1], left + mask.shape[1]), min(canvas.shape[0], top + mask.shape[0])
    if x0 >= x1 or y0 >= y1:
        return
    part = canvas[y0:y1, x0:x1]
    np.maximum(part, mask[y0 - top : y1 - top, x0 - left : x1 - left], out=part)


def choose_face(faces: Sequence[Face], rng: np.random.Generator) -> Face:
    """One of the faces, all alike likely."""
    return faces[int(rng.integers(len(faces)))]
