"""The places of reads and the area of a canvass as an outline: an SVG inside the page, drawn without any map data."""

import math
from dataclasses import dataclass, field

from alpr_edge.domain.positioning import METRES_PER_DEGREE
from alpr_edge.evidence import layout
from alpr_edge.evidence.content import AreaOutline, OutlinePoint
from alpr_edge.evidence.pages.page_facts import ReadFacts

WIDTH, HEIGHT, MARGIN = 900, 560, 30
POINTS_MAX = 4000
"""Most points drawn. Reads closer together than a pixel or two are one point with their number."""
_CELL_PX = 4.0
_CIRCLE_CORNERS = 72


@dataclass(frozen=True, slots=True)
class MapPoint:
    """Reads at one place of the drawing."""

    x: float
    y: float
    radius: float
    href: str
    title: str


@dataclass(frozen=True, slots=True)
class MapDrawing:
    """What the template draws."""

    width: int
    height: int
    area: str
    """Corners of the area as SVG has them; empty: none."""
    points: tuple[MapPoint, ...]
    scale_px: float
    scale_m: int
    left_out: int
    """Places that are not drawn because there are too many."""


@dataclass(slots=True)
class _Place:
    number: int
    time: str
    count: int = 1


@dataclass(slots=True)
class MapOutline:
    """Collects the places of reads."""

    area: AreaOutline | None
    _places: dict[tuple[int, int], _Place] = field(default_factory=dict)
    """By hundred-thousandths of a degree, about a metre."""

    def add(self, read: ReadFacts) -> None:
        """Take a read; one without a place is left out."""
        position = read.record.position
        if position is None:
            return
        key = (round(position.lat_deg * 1e5), round(position.lon_deg * 1e5))
        if key in self._places:
            self._places[key].count += 1
        else:
            self._places[key] = _Place(read.number, read.first_seen.text)

    def drawing(self) -> MapDrawing | None:
        """The drawing; None where there is neither a place nor an area."""
        corners = [] if self.area is None else _corners(self.area)
        places = [OutlinePoint(lat / 1e5, lon / 1e5) for lat, lon in self._places]
        if not corners and not places:
            return None
        view = _View.of(corners + places)
        cells: dict[tuple[int, int], _Place] = {}
        for point, place in zip(places, self._places.values(), strict=True):
            x, y = view.pixel(point)
            cell = cells.setdefault((round(x / _CELL_PX), round(y / _CELL_PX)), _Place(place.number, place.time, 0))
            cell.count += place.count
        points = [_map_point(x, y, place) for (x, y), place in list(cells.items())[:POINTS_MAX]]
        area = " ".join("{:.1f},{:.1f}".format(*view.pixel(corner)) for corner in corners)
        scale_m = _round_length(view.metres(WIDTH / 4))
        left_out = max(0, len(cells) - POINTS_MAX)
        return MapDrawing(WIDTH, HEIGHT, area, tuple(points), scale_m / view.metres(1), scale_m, left_out)


@dataclass(frozen=True, slots=True)
class _View:
    """An equirectangular projection, good for the size of a town."""

    north: float
    west: float
    px_per_degree: float
    narrowing: float
    """How much shorter a degree of longitude is than one of latitude."""

    @classmethod
    def of(cls, points: list[OutlinePoint]) -> "_View":
        """The view that shows all points."""
        lats, lons = [p.lat_deg for p in points], [p.lon_deg for p in points]
        narrowing = max(0.01, math.cos(math.radians((min(lats) + max(lats)) / 2)))
        high, wide = max(lats) - min(lats), (max(lons) - min(lons)) * narrowing
        smallest = 100 / METRES_PER_DEGREE
        inner_width, inner_height = WIDTH - 2 * MARGIN, HEIGHT - 2 * MARGIN
        px_per_degree = min(inner_width / max(wide, smallest), inner_height / max(high, smallest))
        north = (min(lats) + max(lats)) / 2 + HEIGHT / 2 / px_per_degree
        west = (min(lons) + max(lons)) / 2 - WIDTH / 2 / px_per_degree / narrowing
        return cls(north, west, px_per_degree, narrowing)

    def pixel(self, point: OutlinePoint) -> tuple[float, float]:
        """Where a place is drawn."""
        x = (point.lon_deg - self.west) * self.narrowing * self.px_per_degree
        return x, (self.north - point.lat_deg) * self.px_per_degree

    def metres(self, pixels: float) -> float:
        """A length on the ground."""
        return pixels / self.px_per_degree * METRES_PER_DEGREE


def _map_point(x: int, y: int, place: _Place) -> MapPoint:
    radius = min(12.0, 3.0 + math.log2(place.count))
    more = f", and {place.count - 1} more here" if place.count > 1 else ""
    href = f"{layout.page_path(place.number)}#read-{place.number:05}"
    return MapPoint(x * _CELL_PX, y * _CELL_PX, radius, href, f"read {place.number}, {place.time}{more}")


def _corners(area: AreaOutline) -> list[OutlinePoint]:
    if area.radius_m is None:
        return list(area.corners)
    centre = area.corners[0]
    high = area.radius_m / METRES_PER_DEGREE
    wide = high / max(0.01, math.cos(math.radians(centre.lat_deg)))
    turns = [2 * math.pi * n / _CIRCLE_CORNERS for n in range(_CIRCLE_CORNERS)]
    return [OutlinePoint(centre.lat_deg + high * math.cos(t), centre.lon_deg + wide * math.sin(t)) for t in turns]


def _round_length(metres: float) -> int:
    """The largest of 1, 2, 5, 10, 20 ... that is not above a length; at least 1."""
    power = 10 ** max(0, math.floor(math.log10(max(metres, 1))))
    return int(next((factor * power for factor in (5, 2, 1) if factor * power <= metres), 1))
