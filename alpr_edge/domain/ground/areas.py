"""An area on the ground: a circle or a polygon, each with a text form that databases and messages carry.

Degrees are those of WGS 84, north and east positive.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Self

from alpr_edge.domain.fixes import Position
from alpr_edge.domain.positioning import METRES_PER_DEGREE
from alpr_edge.domain.recognition.ignore_areas import contains, is_simple
from alpr_edge.domain.restrictions import Area

CORNERS_MIN, CORNERS_MAX = 3, 32
"""Each read is compared with every edge, so there are not arbitrarily many."""
SPAN_DEG_MAX = 2.0
"""Widest polygon: its edges are straight in degrees, which over some 200 km leaves the line of sight by metres."""
EDGE_M = 1.0
"""A place this near to an edge lies inside: a receiver is not as exact, and a read is rather kept."""
CIRCLE_CORNERS = 64
"""Corners by which a circle is drawn."""
_DECIMALS = 6
_TOO_WIDE = f"the corners of an area lie within {SPAN_DEG_MAX:g} degrees of each other"
_FORM = "a polygon is 3 to 32 corners with blanks between them, such as 37.63,-121.00 37.64,-121.00 37.64,-120.99"

GroundPoint = tuple[float, float]
"""Latitude and longitude."""


@dataclass(frozen=True, slots=True)
class GroundPolygon:
    """A polygon on the ground; the last corner is joined to the first."""

    corners: tuple[GroundPoint, ...]

    @classmethod
    def parse(cls, text: str) -> Self:
        """Parse ``latitude,longitude`` of each corner, with blanks between the corners.

        Raises:
            ValueError: the text has another form, the edges cross, or the corners lie too far apart.
        """
        corners = tuple(_corner(part) for part in text.split())
        if not CORNERS_MIN <= len(corners) <= CORNERS_MAX:
            raise ValueError(_FORM)
        polygon = cls(corners)
        offsets = [polygon._offset(*corner) for corner in corners]
        if any(max(axis) - min(axis) > SPAN_DEG_MAX for axis in zip(*offsets, strict=True)):
            raise ValueError(_TOO_WIDE)
        if not is_simple(tuple(offsets)):
            raise ValueError("the edges of the polygon cross or touch; give its corners in order around it")
        return polygon

    def __str__(self) -> str:
        return " ".join(f"{lat_deg!r},{lon_deg!r}" for lat_deg, lon_deg in self.corners)

    def contains(self, position: Position) -> bool:
        """Whether a position lies in the polygon, or on its edge."""
        return self.distance_m(position) <= EDGE_M

    def distance_m(self, position: Position) -> float:
        """Metres from a position to the nearest edge; 0 within."""
        place = self._offset(position.lat_deg, position.lon_deg)
        offsets = tuple(self._offset(*corner) for corner in self.corners)
        if contains(offsets, place):
            return 0.0
        scale = (METRES_PER_DEGREE * math.cos(math.radians(position.lat_deg)), METRES_PER_DEGREE)
        metres = [((x - place[0]) * scale[0], (y - place[1]) * scale[1]) for x, y in offsets]
        return min(_edge_distance_m(start, end) for start, end in pairwise([*metres, metres[0]]))

    def _offset(self, lat_deg: float, lon_deg: float) -> tuple[float, float]:
        """Degrees east and north of the first corner, by the shorter way across the date line."""
        first_lat, first_lon = self.corners[0]
        return (lon_deg - first_lon + 180) % 360 - 180, lat_deg - first_lat


GroundArea = Area | GroundPolygon


def parse_ground_area(text: str) -> GroundArea:
    """Parse a circle (``latitude,longitude,radius in metres``) or the corners of a polygon.

    Raises:
        ValueError: the text is neither.
    """
    text = text.strip()
    return GroundPolygon.parse(text) if len(text.split()) > 1 else Area.parse(text)


def area_words(area: GroundArea) -> str:
    """An area in the words of a note: a circle as its text, of a polygon how many corners it has."""
    return f"around {area}" if isinstance(area, Area) else f"within {len(area.corners)} corners"


def corners_text(area: GroundArea | None) -> str:
    """The corners of a polygon as records have them, to a tenth of a metre; empty for a circle, and for no area."""
    if not isinstance(area, GroundPolygon):
        return ""
    corners = ((round(lat_deg, _DECIMALS), round(lon_deg, _DECIMALS)) for lat_deg, lon_deg in area.corners)
    return str(GroundPolygon(tuple(corners)))


def outline(area: GroundArea) -> tuple[GroundPoint, ...]:
    """The corners by which an area is drawn, in order around it."""
    return tuple(_circle_corners(area)) if isinstance(area, Area) else area.corners


def _circle_corners(circle: Area) -> Iterator[GroundPoint]:
    north_deg = circle.radius_m / METRES_PER_DEGREE
    east_deg = north_deg / max(1e-6, math.cos(math.radians(circle.lat_deg)))
    for number in range(CIRCLE_CORNERS):
        turn = 2 * math.pi * number / CIRCLE_CORNERS
        yield circle.lat_deg + north_deg * math.cos(turn), circle.lon_deg + east_deg * math.sin(turn)


def _corner(text: str) -> GroundPoint:
    try:
        lat_deg, lon_deg = (float(part) for part in text.split(","))
    except ValueError:
        raise ValueError(_FORM) from None
    if not (abs(lat_deg) <= 90 and abs(lon_deg) <= 180):
        raise ValueError("a corner is latitude (-90 to 90) and longitude (-180 to 180) in degrees")
    return lat_deg, lon_deg


def _edge_distance_m(start: tuple[float, float], end: tuple[float, float]) -> float:
    """Distance from (0, 0) to a line between two places, in metres."""
    along = end[0] - start[0], end[1] - start[1]
    length = along[0] ** 2 + along[1] ** 2
    share = 0.0 if length == 0 else -(start[0] * along[0] + start[1] * along[1]) / length
    share = min(1.0, max(0.0, share))
    return math.hypot(start[0] + share * along[0], start[1] + share * along[1])
