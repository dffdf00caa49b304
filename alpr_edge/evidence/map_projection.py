"""From degrees to the pixels of a map and back: north is up, and a metre is as long east as north.

The map is an equirectangular projection around its middle: over the few kilometres of a scene it is off by less than a
line is wide. Longitudes go by the shorter way across the date line.
"""

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Self

from alpr_edge.domain.ground.areas import GroundPoint
from alpr_edge.domain.positioning import METRES_PER_DEGREE

SPAN_M_MIN = 200.0
"""Least width and height of a map: around one place alone the street still shows."""


@dataclass(frozen=True, slots=True)
class MapProjection:
    """A map of a part of the ground."""

    middle: GroundPoint
    px_per_m: float
    width_px: int
    height_px: int

    @classmethod
    def around(cls, points: Iterable[GroundPoint], width_px: int, height_px: int, margin_px: int) -> Self | None:
        """The map on which all points lie within the margin; None where there is no point."""
        known = list(points)
        if not known:
            return None
        origin = known[0]
        easts, norths = zip(*(_degrees_from(origin, point) for point in known), strict=True)
        middle = (
            origin[0] + (min(norths) + max(norths)) / 2,
            (origin[1] + (min(easts) + max(easts)) / 2 + 180) % 360 - 180,
        )
        width_m = max(SPAN_M_MIN, (max(easts) - min(easts)) * METRES_PER_DEGREE * _shrink(middle[0]))
        height_m = max(SPAN_M_MIN, (max(norths) - min(norths)) * METRES_PER_DEGREE)
        scale = min((width_px - 2 * margin_px) / width_m, (height_px - 2 * margin_px) / height_m)
        return cls(middle, scale, width_px, height_px)

    def to_px(self, point: GroundPoint) -> tuple[float, float]:
        """Where a place lies on the map, from its left and from its top."""
        east_deg, north_deg = _degrees_from(self.middle, point)
        scale = self.px_per_m * METRES_PER_DEGREE
        return self.width_px / 2 + east_deg * scale * _shrink(self.middle[0]), self.height_px / 2 - north_deg * scale

    def to_ground(self, x_px: float, y_px: float) -> GroundPoint:
        """Which place lies at a pixel, to a millionth of a degree (0.1 m)."""
        scale = self.px_per_m * METRES_PER_DEGREE
        lat_deg = self.middle[0] + (self.height_px / 2 - y_px) / scale
        lon_deg = self.middle[1] + (x_px - self.width_px / 2) / (scale * _shrink(self.middle[0]))
        return round(max(-90.0, min(90.0, lat_deg)), 6), round((lon_deg + 180) % 360 - 180, 6)


def round_length(metres: float) -> float:
    """The largest of 1, 2, 5, 10, 20 and so on that is not longer."""
    power = 10.0 ** math.floor(math.log10(metres))
    return next(step * power for step in (5.0, 2.0, 1.0) if step * power <= metres)


def length_words(metres: float) -> str:
    """A length in words, as the bar of a map has it."""
    return f"{metres:g} m" if metres < 1000 else f"{metres / 1000:g} km"


def _degrees_from(origin: GroundPoint, point: GroundPoint) -> tuple[float, float]:
    """Degrees east and north of an origin."""
    return (point[1] - origin[1] + 180) % 360 - 180, point[0] - origin[0]


def _shrink(lat_deg: float) -> float:
    """How much shorter a degree of longitude is than one of latitude."""
    return max(0.01, math.cos(math.radians(lat_deg)))
