"""The bands at the ends of European plates: ground, stars and the letters of the country, as new, faded or dirty.

The renderer paints a flat dark blue. On the road a band is often as pale as the plate, since its sheet fades and lamps
shine on it, and has shapes of its own; a reader that knows dark bands alone takes a first letter I for part of one.
"""

import cv2
import numpy as np

from alpr_edge.simulation.plates.fonts import base_faces, choose_face, line, paste
from plate_training.contract import Picture
from plate_training.rendering.degrade import Rng

COUNTRIES = (
    *("A", "B", "D", "E", "F", "H", "I", "L", "M", "P", "S", "V"),
    *("BG", "CY", "CZ", "DK", "EST", "FIN", "GB", "GR", "HR", "IRL", "LT", "LV", "NL", "N", "PL", "RO", "SK", "SLO"),
    *("CH", "UA", "UK", "SRB", "BIH", "MD", "TR"),
)
"""Distinguishing signs of states (Vienna Convention on Road Traffic, annex 3), as bands show them."""
WIDTH = 0.065, 0.105
"""Least and greatest width of a band, in widths of the plate."""
FADED_SHARE, DARK_SHARE, SECOND_SHARE = 0.4, 0.1, 0.1
"""Share of bands that are pale, and that are not blue; share of plates with a second band where there is room."""


def paint_bands(pixels: Picture, serial_px: tuple[int, int], rng: Rng) -> None:
    """Paint a band at the left end of a plate, over the renderer's, and seldom one at the right.

    Args:
        pixels: uint8 [H, W, 3] BGR, painted in place.
        serial_px: left and right end of the serial; no band covers it.
        rng: draws colour, width and shapes.
    """
    width = pixels.shape[1]
    ground = _ground(pixels, rng)
    wide = max(2, min(serial_px[0] - 1, round(width * float(rng.uniform(*WIDTH)))))
    _paint(pixels[:, : max(wide, round(width * 0.08))], ground, rng)
    room = width - serial_px[1] - 1
    if room > width * WIDTH[0] and rng.random() < SECOND_SHARE:
        _paint(pixels[:, -min(room, wide) :], ground, rng)


def _ground(pixels: Picture, rng: Rng) -> Picture:
    """The colour of a band: blue, something dark, or either faded towards the plate's."""
    colour = np.array([rng.uniform(110, 200), rng.uniform(30, 100), rng.uniform(0, 70)])
    if rng.random() < DARK_SHARE:
        colour = rng.uniform(0, 110, 3)
    if rng.random() < FADED_SHARE:
        plate = np.median(pixels.reshape(-1, 3), axis=0)
        colour += (plate - colour) * rng.uniform(0.2, 0.9)
    return np.asarray(np.clip(colour, 0, 255), np.uint8)


def _paint(band: Picture, ground: Picture, rng: Rng) -> None:
    """Ground, a ring of stars above or a flag, and the country's letters below."""
    height, width = band.shape[:2]
    band[:] = ground
    ink = np.array([rng.uniform(60, 255), 255, 255]) * rng.uniform(0.6, 1.0)
    mask = np.zeros((height, width), np.uint8)
    if rng.random() < 0.7:
        _ring(mask, rng)
    elif rng.random() < 0.5:
        top = round(height * float(rng.uniform(0.1, 0.3)))
        mask[top : top + round(height * 0.2), width // 6 : width - width // 6] = 255
    if rng.random() < 0.85:
        letters = line(
            choose_face(base_faces(), rng), str(rng.choice(COUNTRIES)), round(height * rng.uniform(0.16, 0.26))
        )
        if letters.shape[1] > width * 0.85:
            letters = cv2.resize(letters, (max(1, round(width * 0.85)), letters.shape[0])).astype(np.uint8, copy=False)
        paste(mask, letters, (width - letters.shape[1]) // 2, round(height * float(rng.uniform(0.62, 0.72))))
    band[:] = np.asarray(band + (ink - band) * (mask[..., np.newaxis] / 255.0), np.uint8)


def _ring(mask: Picture, rng: Rng) -> None:
    """Twelve stars in a ring, drawn as dots: no camera in a car tells them apart."""
    height, width = mask.shape
    reach = width * float(rng.uniform(0.25, 0.4))
    middle = np.array([width / 2, height * float(rng.uniform(0.22, 0.34))])
    for angle in np.linspace(0, 2 * np.pi, 12, endpoint=False):
        x, y = middle + reach * np.array([np.cos(angle), np.sin(angle)])
        cv2.circle(mask, (round(float(x)), round(float(y))), max(1, height // 40), 255, -1)
