"""The places of reads and the areas of canvasses as an outline: an SVG inside the page, drawn without any map data."""

import math
from dataclasses import dataclass, field
from itertools import chain

from alpr_edge.domain.ground.areas import GroundArea, outline
from alpr_edge.evidence import layout
from alpr_edge.evidence.map_projection import MapProjection, length_words, round_length
from alpr_edge.evidence.pages.page_facts import ReadFacts

WIDTH, HEIGHT, MARGIN = 900, 560, 30
POINTS_MAX = 4000
"""Most points drawn. Reads closer together than a pixel or two are one point with their number."""
_CELL_PX = 4.0


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
    areas: tuple[str, ...]
    """The corners of each area as SVG has them."""
    points: tuple[MapPoint, ...]
    bar_px: float
    """How long the bar of length is; likewise the next."""
    bar_words: str
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

    areas: tuple[GroundArea, ...]
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
        outlines = [outline(area) for area in self.areas]
        places = [(lat / 1e5, lon / 1e5) for lat, lon in self._places]
        projection = MapProjection.around([*chain.from_iterable(outlines), *places], WIDTH, HEIGHT, MARGIN)
        if projection is None:
            return None
        cells: dict[tuple[int, int], _Place] = {}
        for point, place in zip(places, self._places.values(), strict=True):
            x, y = projection.to_px(point)
            cell = cells.setdefault((round(x / _CELL_PX), round(y / _CELL_PX)), _Place(place.number, place.time, 0))
            cell.count += place.count
        points = [_map_point(x, y, place) for (x, y), place in list(cells.items())[:POINTS_MAX]]
        areas = tuple(" ".join(f"{x:.1f},{y:.1f}" for x, y in map(projection.to_px, each)) for each in outlines)
        bar_m, left_out = round_length(WIDTH / 4 / projection.px_per_m), max(0, len(cells) - POINTS_MAX)
        bar_px = bar_m * projection.px_per_m
        return MapDrawing(WIDTH, HEIGHT, areas, tuple(points), bar_px, length_words(bar_m), left_out)


def _map_point(x: int, y: int, place: _Place) -> MapPoint:
    radius = min(12.0, 3.0 + math.log2(place.count))
    more = f", and {place.count - 1} more here" if place.count > 1 else ""
    href = f"{layout.page_path(place.number)}#{layout.read_anchor(place.number)}"
    return MapPoint(x * _CELL_PX, y * _CELL_PX, radius, href, f"read {place.number}, {place.time}{more}")
