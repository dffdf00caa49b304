"""The ground in cells of 1/200 degree, by whose numbers places are looked up on any database.

A cell is 556 m from south to north and, at 37 degrees of latitude, 444 m from west to east. Cells are numbered row by
row from the south pole, and in a row from 180 degrees west; the last meridian is the first.
"""

import math
from collections.abc import Iterator

from alpr_edge.domain.ground.areas import EDGE_M, GroundArea
from alpr_edge.domain.positioning import METRES_PER_DEGREE
from alpr_edge.domain.restrictions import Area

CELLS_A_DEGREE = 200
ROW_CELLS = 360 * CELLS_A_DEGREE
ROWS = 180 * CELLS_A_DEGREE
_SLACK = 1.01
"""Distances on the sphere and in plain degrees differ by less."""

Box = tuple[float, float, float, float]
"""South, west, north and east in degrees; west of -180 or east of 180 where it lies over the date line."""


def cell_of(lat_deg: float, lon_deg: float) -> int:
    """The number of the cell that a place lies in.

    Args:
        lat_deg: latitude, -90 to 90.
        lon_deg: longitude, -180 to 180.
    """
    row = min(ROWS - 1, math.floor((lat_deg + 90) * CELLS_A_DEGREE))
    return row * ROW_CELLS + _column(lon_deg) % ROW_CELLS


def cells_of(area: GroundArea, count_max: int) -> list[int]:
    """The numbers of all cells that an area may have a place in, ascending.

    Args:
        count_max: how many cells at most.

    Raises:
        ValueError: there are more.
    """
    south, west, north, east = _box(area)
    rows = range(_row(south), _row(north) + 1)
    columns = range(_column(west), min(_column(east), _column(west) + ROW_CELLS - 1) + 1)
    if len(rows) * len(columns) > count_max:
        raise ValueError(f"the area lies in more than {count_max} cells")
    return sorted({row * ROW_CELLS + column % ROW_CELLS for row in rows for column in columns})


def _row(lat_deg: float) -> int:
    return max(0, min(ROWS - 1, math.floor((lat_deg + 90) * CELLS_A_DEGREE)))


def _column(lon_deg: float) -> int:
    return math.floor((lon_deg + 180) * CELLS_A_DEGREE)


def _box(area: GroundArea) -> Box:
    """A box of degrees around an area."""
    if isinstance(area, Area):
        return _box_around((area.lat_deg, area.lon_deg, area.lat_deg, area.lon_deg), area.radius_m * _SLACK + EDGE_M)
    lats = [lat_deg for lat_deg, _ in area.corners]
    lons = list(_shorter_way(area.corners[0][1], [lon_deg for _, lon_deg in area.corners]))
    return _box_around((min(lats), min(lons), max(lats), max(lons)), 2 * EDGE_M)


def _box_around(box: Box, by_m: float) -> Box:
    """A box with so many metres more on each side; around a pole it goes all the way around."""
    high = by_m / METRES_PER_DEGREE
    south, north = box[0] - high, box[2] + high
    furthest = max(abs(south), abs(north))
    if furthest >= 90:
        return south, -180.0, north, 180.0
    wide = min(180.0, high / math.cos(math.radians(furthest)) * _SLACK)
    return south, box[1] - wide, north, box[3] + wide


def _shorter_way(first: float, lons: list[float]) -> Iterator[float]:
    """Longitudes by the shorter way from the first."""
    for lon_deg in lons:
        yield first + (lon_deg - first + 180) % 360 - 180
