"""Flat pictures of cars: polygons in metres with vertical shading, and how they are drawn into a frame."""

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from alpr_edge.simulation.camera import Corners

Bgr = tuple[float, float, float]
Picture = NDArray[np.uint8]
"""uint8 [H, W, 3] BGR or, of a sprite, [H, W, 4] with premultiplied alpha."""
Outline = Sequence[tuple[float, float]]
"""Corners in metres: x to the right from the left edge, y up from the ground."""

_OVERSAMPLING = 2
_LEVELS = 6


class Canvas:
    """Paints polygons; see-through where nothing was painted."""

    def __init__(self, width_m: float, height_m: float, px_per_m: int) -> None:
        self._scale = px_per_m * _OVERSAMPLING
        self._height_m = height_m
        height, width = round(height_m * self._scale), round(width_m * self._scale)
        self._colour = np.zeros((height, width, 3), np.uint8)
        self._alpha = np.zeros((height, width), np.uint8)

    def fill(self, outline: Outline, top: Bgr, bottom: Bgr | None = None, *, rounding: int = 0) -> None:
        """Paint a polygon, shaded from ``top`` to ``bottom``; corners are cut ``rounding`` times."""
        points = _round_corners(np.array(outline, np.float64), rounding)
        pixels = np.stack([points[:, 0] * self._scale, (self._height_m - points[:, 1]) * self._scale], axis=1)
        left, upper = np.clip(np.floor(pixels.min(axis=0)).astype(int), 0, None)
        right, lower = np.ceil(pixels.max(axis=0)).astype(int) + 1
        area = np.s_[upper:lower, left:right]
        mask = np.zeros(self._alpha[area].shape, np.uint8)
        cv2.fillPoly(mask, [np.round(pixels - (left, upper)).astype(np.int32)], 255)
        shades = np.clip(np.linspace(top, bottom or top, len(mask)), 0, 255).astype(np.uint8)
        np.copyto(self._colour[area], shades[:, np.newaxis, :], where=mask[:, :, np.newaxis] > 0)
        np.maximum(self._alpha[area], mask, out=self._alpha[area])

    def fill_mirrored(
        self, outline: Outline, width_m: float, top: Bgr, bottom: Bgr | None = None, *, rounding: int = 0
    ) -> None:
        """Paint a polygon and its mirror image in a picture ``width_m`` wide."""
        self.fill(outline, top, bottom, rounding=rounding)
        self.fill([(width_m - x, y) for x, y in outline], top, bottom, rounding=rounding)

    def disc(self, centre: tuple[float, float], radius_m: float, top: Bgr, bottom: Bgr | None = None) -> None:
        """Paint a disc."""
        angles = np.linspace(0, 2 * np.pi, 48, endpoint=False)
        self.fill(
            [(centre[0] + radius_m * float(np.cos(a)), centre[1] + radius_m * float(np.sin(a))) for a in angles],
            top,
            bottom,
        )

    def picture(self) -> Picture:
        """What was painted, with smooth edges: uint8 [H, W, 4] with premultiplied alpha."""
        size = self._alpha.shape[1] // _OVERSAMPLING, self._alpha.shape[0] // _OVERSAMPLING
        whole = np.dstack([self._colour, self._alpha])
        return cv2.resize(whole, size, interpolation=cv2.INTER_AREA).astype(np.uint8, copy=False)


@dataclass(frozen=True, slots=True, eq=False)
class Sprite:
    """A picture at several sizes, each half of the one before, so that far things do not flicker."""

    levels: tuple[Picture, ...]

    @classmethod
    def of(cls, picture: Picture) -> "Sprite":
        """From a picture with premultiplied alpha: a see-through pixel is black."""
        levels = [np.ascontiguousarray(picture)]
        while len(levels) < _LEVELS and min(levels[-1].shape[:2]) > 8:
            half = levels[-1].shape[1] // 2, levels[-1].shape[0] // 2
            levels.append(cv2.resize(levels[-1], half, interpolation=cv2.INTER_AREA).astype(np.uint8, copy=False))
        return cls(tuple(levels))

    def draw(self, frame: Picture, corners: Corners, brightness: float = 1.0, streak_px: float = 0.0) -> None:
        """Draw the picture into a frame.

        Args:
            frame: uint8 [H, W, 3], changed in place.
            corners: where its corners go, clockwise from the top left; they may lie outside the frame.
        """
        left, top = np.maximum(np.floor(corners.min(axis=0)).astype(int) - 1, 0)
        right, bottom = np.minimum(np.ceil(corners.max(axis=0)).astype(int) + 2, frame.shape[1::-1])
        if left >= right or top >= bottom:
            return
        level = self._level(corners)
        height, width = level.shape[:2]
        source = np.array([(0, 0), (width, 0), (width, height), (0, height)], np.float32)
        target = (corners - (left, top)).astype(np.float32)
        warp = cv2.getPerspectiveTransform(source, target)
        patch = cv2.warpPerspective(level, warp, (int(right - left), int(bottom - top)), flags=cv2.INTER_LINEAR)
        if streak_px > 1:
            patch = cv2.blur(patch, (round(streak_px) | 1, 1))
        _blend(frame[top:bottom, left:right], patch.astype(np.uint8, copy=False), brightness)

    def _level(self, corners: Corners) -> Picture:
        """The smallest level that is still at least as large as it will be drawn."""
        wide = max(np.linalg.norm(corners[1] - corners[0]), np.linalg.norm(corners[2] - corners[3]))
        tall = max(np.linalg.norm(corners[3] - corners[0]), np.linalg.norm(corners[2] - corners[1]))
        shrink = min(self.levels[0].shape[1] / max(wide, 1e-3), self.levels[0].shape[0] / max(tall, 1e-3))
        return self.levels[int(np.clip(np.floor(np.log2(max(shrink, 1.0))), 0, len(self.levels) - 1))]


def _blend(part: Picture, patch: Picture, brightness: float) -> None:
    """Blend a picture with premultiplied alpha onto a part of a frame."""
    inverse_alpha = cv2.bitwise_not(np.ascontiguousarray(patch[:, :, 3]))
    transparency = cv2.merge([inverse_alpha, inverse_alpha, inverse_alpha])
    under = cv2.multiply(part, transparency, scale=1 / 255)
    part[:] = cv2.addWeighted(under, 1.0, np.ascontiguousarray(patch[:, :, :3]), brightness, 0)


def _round_corners(points: NDArray[np.float64], times: int) -> NDArray[np.float64]:
    """Chaikin's corner cutting: every corner becomes two."""
    for _ in range(times):
        following = np.roll(points, -1, axis=0)
        points = np.stack([0.8 * points + 0.2 * following, 0.2 * points + 0.8 * following], axis=1).reshape(-1, 2)
    return points


def tint(colour: Sequence[float], factor: float) -> Bgr:
    """The colour, ``factor`` times as light."""
    blue, green, red = (min(255.0, value * factor) for value in colour)
    return blue, green, red
