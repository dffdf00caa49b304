"""Plates in colour as a unit sees them: framed, turned, small, blurred, dark, without colours by infrared light."""

import cv2
import numpy as np
from numpy.typing import NDArray

from alpr_edge.vision.state_reader import fit_plate, pad_plate
from plate_training.contract import Picture
from plate_training.rendering.degrade import Rng

WIDTH_PX, HEIGHT_PX = 128, 64
"""The network's input."""
EDGE_SHIFT, CORNER_SHIFT = 0.055, 0.05
"""How far edges and corners of a box may be off, in parts of the plate's sides; edges above and below by half more."""
FRAME_SHARE, FRAME_HIGH = 0.45, 0.2
"""Share of plates in a dealer's frame, and the greatest part of the plate that it covers above or below."""
SMALL_SHARE, SMALLEST = 0.6, 4.5
"""Share of plates that are made smaller first, and by how much at most."""
ASIDE_SHARE, NARROWEST = 0.4, 0.6
"""Share of plates that are seen from aside, and the least part of their width that is left."""
GREY_SHARE, PALE_SHARE = 0.15, 0.2
"""Shares of plates without colours, as by infrared light, and with paler ones."""
CAST_SHARE, DARK_SHARE = 0.3, 0.15
"""Shares of plates under a strong cast, as of a camera without a filter against infrared light, and in the dark."""

Floats = NDArray[np.float64]


def plain(picture: Picture) -> Picture:
    """A plate in the network's size, as it is."""
    return fit_plate(picture, (WIDTH_PX, HEIGHT_PX))


def vary(picture: Picture, rng: Rng) -> Picture:
    """A plate in the network's size, as one of many looks at it."""
    framed = _in_a_frame(picture, rng) if rng.random() < FRAME_SHARE else picture
    look = _compressed(_lit(_softened(_boxed(framed, rng), rng), rng), rng)
    return pad_plate(look, HEIGHT_PX)


def _in_a_frame(picture: Picture, rng: Rng) -> Picture:
    """Bars of one colour over the edges: they hide legends and stickers."""
    high, wide = picture.shape[:2]
    framed = picture.copy()
    colour = rng.integers(0, 256, 3) if rng.random() < 0.5 else np.full(3, rng.integers(0, 120))
    above, below = (int(high * rng.uniform(0, FRAME_HIGH)) for _ in range(2))
    beside = int(wide * rng.uniform(0, 0.05))
    if rng.random() < 0.7:
        framed[:above] = colour
    if rng.random() < 0.7:
        framed[high - below :] = colour
    if beside and rng.random() < 0.5:
        framed[:, :beside] = framed[:, wide - beside :] = colour
    return framed


def _boxed(picture: Picture, rng: Rng) -> Picture:
    """Cut out by a box that is somewhat off, seen from somewhat aside."""
    high, wide = picture.shape[:2]
    corners = np.array([[0, 0], [wide, 0], [wide, high], [0, high]], np.float32)
    off = rng.uniform(-CORNER_SHIFT, CORNER_SHIFT, (4, 2))
    left, right, top, bottom = rng.uniform(-EDGE_SHIFT, EDGE_SHIFT, 4)
    off += np.array([[left, 1.5 * top], [-right, 1.5 * top], [-right, -1.5 * bottom], [left, -1.5 * bottom]])
    aside = rng.uniform(NARROWEST, 1) if rng.random() < ASIDE_SHARE else 1.0
    shape = aside * wide * (1 - left - right) / (high * (1 - 1.5 * (top + bottom)))
    rows = min(HEIGHT_PX, round(WIDTH_PX / shape))
    target = np.array([[0, 0], [WIDTH_PX, 0], [WIDTH_PX, rows], [0, rows]], np.float32)
    turn = cv2.getPerspectiveTransform((corners + off * [wide, high]).astype(np.float32), target)
    soft = max(1, int(min(wide / WIDTH_PX, high / rows)))
    source = cv2.blur(picture, (soft, soft)) if soft > 1 else picture
    return np.asarray(cv2.warpPerspective(source, turn, (WIDTH_PX, rows), borderMode=cv2.BORDER_REPLICATE), np.uint8)


def _softened(picture: Picture, rng: Rng) -> Picture:
    """Small, out of focus, or moved."""
    if rng.random() < SMALL_SHARE:
        by, rows = rng.uniform(1, SMALLEST), picture.shape[0]
        small = cv2.resize(picture, (int(WIDTH_PX / by), max(1, int(rows / by))), interpolation=cv2.INTER_AREA)
        picture = np.asarray(cv2.resize(small, (WIDTH_PX, rows), interpolation=cv2.INTER_CUBIC), np.uint8)
    if rng.random() < 0.3:
        picture = np.asarray(cv2.GaussianBlur(picture, (0, 0), rng.uniform(0.4, 1.6)), np.uint8)
    if rng.random() < 0.3:
        length = int(rng.integers(2, 6))
        picture = np.asarray(cv2.blur(picture, (length, 1)), np.uint8)
    return picture


def _lit(picture: Picture, rng: Rng) -> Picture:
    """Another exposure, white balance, shade and noise."""
    light: Floats = picture.astype(np.float64)
    kind = rng.random()
    if kind < GREY_SHARE + PALE_SHARE:
        colour = 0.0 if kind < GREY_SHARE else rng.uniform(0, 1)
        light = colour * light + (1 - colour) * light.mean(axis=2, keepdims=True)
    if rng.random() < 0.3:
        light = 255 * (light / 255) ** rng.uniform(0.5, 1.8)
    cast = rng.uniform(0.35, 1.5, 3) if rng.random() < CAST_SHARE else rng.uniform(0.85, 1.15, 3)
    exposure = rng.uniform(0.1, 0.45) if rng.random() < DARK_SHARE else rng.uniform(0.45, 1.45)
    light = (light * exposure + rng.uniform(-30, 30)) * cast
    if rng.random() < 0.3:
        light = light * np.linspace(rng.uniform(0.5, 1), rng.uniform(0.8, 1.3), WIDTH_PX)[None, :, None]
    if rng.random() < 0.5:
        light = light + rng.normal(0, rng.uniform(2, 12), light.shape)
    return np.clip(light, 0, 255).astype(np.uint8)


def _compressed(picture: Picture, rng: Rng) -> Picture:
    if rng.random() < 0.5:
        return picture
    _, jpeg = cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, int(rng.integers(40, 95))])
    return np.asarray(cv2.imdecode(jpeg, cv2.IMREAD_COLOR), np.uint8)
