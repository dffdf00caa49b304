"""How a plate looks to a camera: pixels across it and its motion blur, by focal length, distance, angle and shutter.

A pinhole camera. With the focal length f, the pitch p of a pixel of the picture (not of the sensor: a scaled or
binned picture has wider ones) and the distance Z, a length L across the view is f L / (Z p) pixels. A plate seen under
an angle is narrower by its cosine. A vehicle that passes at a speed v, its path under that angle to the view, moves
v t sin(angle) across it while the shutter is open for t.
"""

import math
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

US_PLATE_MM = 304.8
"""Twelve inches (SAE J686)."""
STROKE_MM = 7.6
"""Width of a character's stroke: 0.3 inches, in the middle of what AAMVA's License Plate Standard recommends."""
GOOD_PX, LEAST_PX = 80.0, 40.0
"""Pixels across a plate: from the first on most are read, below the second few (models/README.md, "Distant
plates")."""
BLUR_GOOD, BLUR_MOST = 0.5, 1.0
"""Motion in widths of a stroke: below the first it does not show, beyond the second strokes run into their gaps."""


class Verdict(StrEnum):
    """How well plates can be read with a setting."""

    GOOD = "good"
    FAIR = "fair"
    UNFIT = "unfit"


@dataclass(frozen=True, slots=True)
class Optics:
    """The focal length, sensor and picture of a camera."""

    focal_mm: float
    sensor_width_mm: float
    picture_width_px: int

    @property
    def view_degrees(self) -> float:
        """Horizontal angle of view."""
        return math.degrees(2 * math.atan(self.sensor_width_mm / (2 * self.focal_mm)))

    def pixels(self, length_mm: float, distance_m: float) -> float:
        """How many pixels wide a length is that lies across the view."""
        return self.focal_mm * length_mm * self.picture_width_px / (distance_m * 1000 * self.sensor_width_mm)


@dataclass(frozen=True, slots=True)
class Aim:
    """How a plate looks at one distance."""

    distance_m: float
    plate_px: float
    """Pixels across the plate."""
    blur_px: float
    """Pixels that the plate moves while the shutter is open."""
    blur_strokes: float
    """The same in widths of a character's stroke."""
    verdict: Verdict


def aim(optics: Optics, distance_m: float, angle_degrees: float, shutter_us: float, speed_kmh: float) -> Aim:
    """Compute how a plate at a distance looks.

    Args:
        angle_degrees: the angle between the view and the vehicle's path, 0 to below 90.
    """
    angle = math.radians(angle_degrees)
    plate_px = optics.pixels(US_PLATE_MM, distance_m) * math.cos(angle)
    moved_mm = speed_kmh / 3.6 * shutter_us / 1000 * math.sin(angle)
    blur_px = optics.pixels(moved_mm, distance_m)
    # A stroke is narrowed by the angle as its plate is.
    strokes = moved_mm / (STROKE_MM * math.cos(angle))
    return Aim(distance_m, plate_px, blur_px, strokes, _verdict(plate_px, strokes))


def reach(aims: Iterable[Aim]) -> tuple[float, float] | None:
    """Nearest and furthest distance at which a plate can be read at all; None when it cannot."""
    fit = [each.distance_m for each in aims if each.verdict is not Verdict.UNFIT]
    return (min(fit), max(fit)) if fit else None


def _verdict(plate_px: float, strokes: float) -> Verdict:
    if plate_px < LEAST_PX or strokes > BLUR_MOST:
        return Verdict.UNFIT
    return Verdict.GOOD if plate_px >= GOOD_PX and strokes <= BLUR_GOOD else Verdict.FAIR
