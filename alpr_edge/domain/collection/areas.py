"""Areas on the ground in which nothing is collected: schools, clinics, places of worship, courts, food banks.

Washington asks for it (L.2026 c.239, by summary, not verified); other departments do by policy. The car's position is
not exact, so an area counts as entered as soon as the car may be in it.
"""

import math
from dataclasses import dataclass
from itertools import pairwise

from alpr_edge.domain.fixes import Position
from alpr_edge.domain.positioning import METRES_PER_DEGREE, SPEED_MPS_MAX

Corner = tuple[float, float]
"""Latitude and longitude in degrees of WGS 84."""
RANGE_M = 5.0
"""Error of a receiver's range, which its HDOP multiplies: the five metres that GPS promises 95 % of the time are for
an HDOP of about one (GPS SPS Performance Standard 2020, by memory, not verified)."""
UNKNOWN_HDOP = 5.0
"""HDOP that is assumed where the receiver tells none."""


@dataclass(frozen=True, slots=True)
class NoCollectionArea:
    """A circle or a polygon."""

    name: str
    corners: tuple[Corner, ...]
    """In order around the polygon, the last joined to the first; of a circle its centre alone."""
    radius_m: float = 0.0
    """Of a circle."""

    def may_hold(self, position: Position) -> bool:
        """Whether the car may be in it, by all that is known of its position."""
        places = [_metres(corner, position) for corner in self.corners]
        if len(places) > 1 and _surrounds(places):
            return True
        return _nearest_m(places) <= self.radius_m + uncertainty_m(position)


def uncertainty_m(position: Position) -> float:
    """How far the car may be from a position: the receiver's error, and the way it may have gone since the fix."""
    hdop = UNKNOWN_HDOP if position.hdop is None else position.hdop
    speed_mps = SPEED_MPS_MAX if position.speed_mps is None else position.speed_mps
    return RANGE_M * hdop + speed_mps * position.age_ms / 1000.0


def area_of(areas: tuple[NoCollectionArea, ...], position: Position | None) -> NoCollectionArea | None:
    """The first of some areas that the car may be in; None: none, or its position is not known."""
    if position is None:
        return None
    return next((area for area in areas if area.may_hold(position)), None)


def _metres(corner: Corner, position: Position) -> tuple[float, float]:
    """A corner in metres east and north of the car, on the plane that touches the ground there."""
    lat_deg, lon_deg = corner
    east_deg = (lon_deg - position.lon_deg + 180) % 360 - 180
    east_m = east_deg * METRES_PER_DEGREE * math.cos(math.radians(position.lat_deg))
    return east_m, (lat_deg - position.lat_deg) * METRES_PER_DEGREE


def _surrounds(places: list[tuple[float, float]]) -> bool:
    """Whether a polygon has the origin inside."""
    is_inside = False
    for (x1, y1), (x2, y2) in pairwise([*places, places[0]]):
        # An edge that a ray to the east crosses changes the side.
        if (y1 > 0) != (y2 > 0) and x1 - y1 * (x2 - x1) / (y2 - y1) > 0:
            is_inside = not is_inside
    return is_inside


def _nearest_m(places: list[tuple[float, float]]) -> float:
    """Metres from the origin to the nearest edge, or to the one place."""
    return min(_edge_m(start, end) for start, end in pairwise([*places, places[0]]))


def _edge_m(start: tuple[float, float], end: tuple[float, float]) -> float:
    (x1, y1), (x2, y2) = start, end
    along_x, along_y = x2 - x1, y2 - y1
    length2 = along_x * along_x + along_y * along_y
    share = 0.0 if not length2 else min(1.0, max(0.0, -(x1 * along_x + y1 * along_y) / length2))
    return math.hypot(x1 + share * along_x, y1 + share * along_y)
