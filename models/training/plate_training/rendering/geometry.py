"""Plates as a camera sees them: turned in space and projected."""

import numpy as np
from numpy.typing import NDArray

from plate_training.rendering.degrade import Rng

Points = NDArray[np.float32]

ROLL = 0.045
"""Standard deviation of a plate's angle in the picture, in radians."""


def turned_corners(width: float, height: float, rng: Rng, *, strength: float = 1.0, roll: float = ROLL) -> Points:
    """Corners float32 [4, 2] of a plate of that size, turned at random about its centre at the origin.

    Args:
        width: of the plate.
        height: of the plate.
        rng: where chance comes from.
        strength: how far it is turned; 1 is how far most are.
        roll: standard deviation of the angle by which it is turned in the picture, in radians, at a strength of 1.
    """
    yaw, pitch, roll = rng.normal(0, (0.3 * strength, 0.18 * strength, roll * strength))
    yaw, pitch, roll = np.clip((yaw, pitch, roll), -0.95, 0.95)
    half = np.array([[-1, -1], [1, -1], [1, 1], [-1, 1]], np.float64) * (width / 2, height / 2)
    spun = half @ np.array([[np.cos(roll), np.sin(roll)], [-np.sin(roll), np.cos(roll)]])
    x, y = spun[:, 0] * np.cos(yaw), spun[:, 1] * np.cos(pitch)
    depth = spun[:, 0] * np.sin(yaw) + spun[:, 1] * np.sin(pitch)
    away = width * rng.uniform(5, 30)
    shear = x * np.sin(yaw) * np.sin(pitch)
    scale = away / (away + depth)
    return np.stack([x * scale, (y + shear) * scale], axis=1).astype(np.float32)


def bounds(points: Points) -> Points:
    """The upright box (left, top, right, bottom) of points."""
    return np.concatenate([points.min(axis=0), points.max(axis=0)]).astype(np.float32)
