"""The simulated camera: a pinhole behind the windscreen, looking straight ahead over a level road.

Metres: x to the right, y up from the road, z ahead of the camera. Pixels as in a frame.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

Point = tuple[float, float, float]
Corners = NDArray[np.float32]
"""float32 [N, 2]: x, y in pixels."""


@dataclass(frozen=True, slots=True)
class Pinhole:
    """Focal length and place of a camera; a plate 305 mm wide is 25 px at 23 m and 160 px at 3.6 m."""

    width_px: int = 1280
    height_px: int = 720
    focal_px: float = 1900.0
    vanishing_x_px: float = 600.0
    horizon_px: float = 290.0
    above_road_m: float = 1.35
    exposure_s: float = 1 / 300

    def zoom(self, left_px: float, top_px: float, scale: float) -> "Pinhole":
        """The camera that sees ``scale`` times as large, its top left corner at a place of this one's frame."""
        return replace(
            self,
            focal_px=self.focal_px * scale,
            vanishing_x_px=(self.vanishing_x_px - left_px) * scale,
            horizon_px=(self.horizon_px - top_px) * scale,
        )

    def project(self, points: Sequence[Point]) -> Corners:
        """Where points ahead of the camera (z > 0) appear."""
        x, y, z = np.asarray(points, np.float64).T
        u = self.vanishing_x_px + self.focal_px * x / z
        v = self.horizon_px + self.focal_px * (self.above_road_m - y) / z
        return np.stack([u, v], axis=1).astype(np.float32)
