"""What the maps of a site are made of, opened once by the settings."""

import json
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from itertools import chain, pairwise
from pathlib import Path
from typing import Any

from alpr_edge.department.settings import load_department_file
from alpr_edge.domain.errors import DepartmentError, SettingsError
from alpr_edge.domain.ground.areas import outline
from alpr_edge.domain.restrictions import Area
from alpr_edge.web.maps.street_tiles import Box, StreetTiles

# Reads the department's own outlines, GeoJSON (RFC 7946), and makes what its page draws of them.
#
# The page draws lines alone, so an area becomes its edge. Lines go in whole steps of a grid, each from the last, which
# takes a fourth of the bytes; the outlines of the release have the same form.

BYTES_MAX = 16 << 20
POINTS_MAX = 200_000
"""Most points of a file: a browser draws them all at each step of a map."""
GRID = 100_000
"""Steps of a degree; one is 1.1 m from south to north."""
Point = tuple[float, float]
"""Longitude and latitude, as GeoJSON has them."""
_DEPTHS = {"LineString": 0, "MultiLineString": 1, "Polygon": 1, "MultiPolygon": 2}
"""How many lists are around the lines of a geometry."""
_SEE = "see [map] outline in department.toml"


@dataclass(frozen=True, slots=True)
class Outlines:
    """Outlines as the page draws them."""

    content: bytes = field(repr=False)
    """JSON: the grid's steps east and north, where it begins, and the lines."""
    box: Box
    """What they reach over."""


def load_outlines(path: Path) -> Outlines:
    """Load a GeoJSON file."""
    try:
        if (size := path.stat().st_size) > BYTES_MAX:
            raise DepartmentError(f"{path}: has {size} bytes; an outline has {BYTES_MAX} at most; simplify it; {_SEE}")
        lines = [_line(each) for each in _lines(json.loads(path.read_bytes()))]
    except OSError as error:
        raise DepartmentError(f"{path}: {error.strerror}; {_SEE}") from None
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        raise DepartmentError(f"{path}: no GeoJSON with longitudes and latitudes in degrees; {_SEE}") from None
    count = sum(map(len, lines))
    if not count:
        raise DepartmentError(f"{path}: has no line and no area; {_SEE}")
    if count > POINTS_MAX:
        raise DepartmentError(f"{path}: has {count} points; an outline has {POINTS_MAX} at most; simplify it; {_SEE}")
    east, north = zip(*chain.from_iterable(lines), strict=True)
    document = {"scale_deg": [1 / GRID, 1 / GRID], "start_deg": [0, 0], "lines": {"own": list(map(_steps, lines))}}
    box = min(north), min(east), max(north), max(east)
    return Outlines(json.dumps(document, separators=(",", ":")).encode(), box)


def _lines(value: Any) -> Iterator[Sequence[Any]]:  # noqa: ANN401 - whatever JSON holds
    """The lines of an object of GeoJSON and of all that is within it."""
    kind = value["type"]
    if kind == "FeatureCollection":
        yield from chain.from_iterable(map(_lines, value["features"]))
    elif kind == "GeometryCollection":
        yield from chain.from_iterable(map(_lines, value["geometries"]))
    elif kind == "Feature":
        yield from _lines(value["geometry"]) if value["geometry"] is not None else ()
    elif kind in _DEPTHS:
        some = [value["coordinates"]]
        for _ in range(_DEPTHS[kind]):
            some = list(chain.from_iterable(some))
        yield from some


def _line(points: Sequence[Any]) -> list[Point]:
    line = [(float(each[0]), float(each[1])) for each in points]
    if not all(abs(lon_deg) <= 180 and abs(lat_deg) <= 90 for lon_deg, lat_deg in line):
        raise ValueError("not in degrees")
    return line


def _steps(line: Sequence[Point]) -> list[int]:
    """East and north of the first point, and of each other from the one before."""
    whole = [(round(lon_deg * GRID), round(lat_deg * GRID)) for lon_deg, lat_deg in line]
    steps = [(there[0] - here[0], there[1] - here[1]) for here, there in pairwise(whole)]
    return list(chain.from_iterable([*whole[:1], *steps]))


COUNTRY: Box = (24.5, -125.0, 49.5, -66.5)
"""The contiguous United States."""


@dataclass(frozen=True, slots=True)
class SiteMaps:
    """The maps of a site; threads may share it."""

    outlines: Outlines | None = None
    """The department's own; None: those of the release are drawn."""
    streets: StreetTiles | None = None
    streets_credit: str = ""
    """Whose data they are."""
    view: Area | None = None
    """What a map shows at first; None: what the files reach over."""

    @property
    def box(self) -> Box:
        """What a map shows where it has nothing else to show."""
        if self.view is not None:
            lats, lons = zip(*outline(self.view), strict=True)
            return min(lats), min(lons), max(lats), max(lons)
        if self.streets is not None:
            return self.streets.box
        return COUNTRY if self.outlines is None else self.outlines.box

    @property
    def box_words(self) -> str:
        """The same as text for the page: south, west, north and east."""
        return ",".join(f"{each:.5f}" for each in self.box)


@contextmanager
def open_maps(directory: Path) -> Iterator[SiteMaps]:
    """Open the files that ``department.toml`` names; closes them at the end."""
    table = load_department_file(directory).map
    outlines = load_outlines(Path(table.outline)) if table.outline else None
    view = Area.parse(table.view) if table.view else None
    if not table.streets:
        yield SiteMaps(outlines, view=view)
        return
    try:
        tiles = StreetTiles(Path(table.streets))
    except SettingsError as error:
        raise DepartmentError(f"{error}; see [map] streets in department.toml") from None
    with closing(tiles) as streets:
        yield SiteMaps(outlines, streets, table.streets_credit, view)
