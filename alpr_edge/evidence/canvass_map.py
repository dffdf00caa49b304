"""Draws the map of a canvass as SVG that needs no network, no map data, no script and no style sheet.

It shows the area, the way of the car from read to read, a mark for each place at which plates were read with how many,
candidates by another shape, a bar of length, where north is, and the degrees of its corners. Everything is drawn in the
colour of the text around it, so that it is as dark or as bright as the page that holds it.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby, pairwise
from xml.sax.saxutils import escape, quoteattr

from alpr_edge.domain.canvass.canvass import Canvass
from alpr_edge.domain.canvass.canvass_result import HeldRead
from alpr_edge.domain.ground.areas import GroundArea, GroundPoint, outline
from alpr_edge.evidence.map_projection import MapProjection, length_words, round_length

WIDTH_PX, HEIGHT_PX, MARGIN_PX = 960, 640, 48
MARK_PX = 22
"""Reads whose places are nearer to each other than this share a mark."""
MARKS_MAX = 1500
"""Most marks of one map; as many fit side by side."""
BREAK = timedelta(minutes=10)
"""The way of the car is drawn between two reads that are no further apart in time."""
BAR_PX_MAX = 200
_PlacedRead = tuple[GroundPoint, HeldRead]


@dataclass(frozen=True, slots=True)
class MapMark:
    """What was read about one place of the map."""

    x_px: float
    y_px: float
    read_count: int
    has_candidate: bool


def canvass_map(canvass: Canvass, held: Sequence[HeldRead]) -> str:
    """The map of what a canvass found; where neither an area nor a place is known it says so."""
    placed = [(each.place, each) for each in held if each.place is not None]
    projection = canvass_projection(canvass.area, [place for place, _ in placed])
    if projection is None:
        body = [_text(WIDTH_PX / 2, HEIGHT_PX / 2, "No read has a place.", "middle")]
    else:
        marks = map_marks(projection, placed)
        body = [*map_ground(projection, canvass.area), *_ways(projection, placed), *map(_mark, marks[:MARKS_MAX])]
    return svg(f"Map of canvass {canvass.incident}: {len(placed)} reads with a place", body)


def canvass_projection(area: GroundArea | None, places: Sequence[GroundPoint]) -> MapProjection | None:
    """The map on which an area and places have room; None where there is neither."""
    points = [*(outline(area) if area is not None else ()), *places]
    return MapProjection.around(points, WIDTH_PX, HEIGHT_PX, MARGIN_PX)


def map_ground(projection: MapProjection, area: GroundArea | None) -> Iterator[str]:
    """What every map shows: its area, the bar of length, where north is, and the degrees of its corners."""
    if area is not None:
        points = _points(projection, outline(area))
        yield (
            f'<polygon class="canvass-area" points="{points}" fill="currentColor" fill-opacity="0.06"'
            ' stroke="currentColor" stroke-width="2" stroke-dasharray="9 5"/>'
        )
    yield from _length_bar(projection)
    x_px, top_px = WIDTH_PX - 28, 44
    yield f'<path d="M{x_px},{top_px} l8,24 l-8,-6 l-8,6 z" fill="currentColor"/>'
    yield _text(x_px, top_px - 8, "N", "middle")
    for left_px, top, anchor in ((6, 18, "start"), (WIDTH_PX - 6, HEIGHT_PX - 8, "end")):
        lat_deg, lon_deg = projection.to_ground(0 if anchor == "start" else WIDTH_PX, 0 if top < 20 else HEIGHT_PX)
        yield _text(left_px, top, f"{lat_deg:.5f}, {lon_deg:.5f}", anchor)


def map_marks(projection: MapProjection, placed: Sequence[_PlacedRead]) -> list[MapMark]:
    """Places at which plates were read, near ones as one mark, the first read's place first."""
    cells: dict[tuple[int, int], list[tuple[float, float, bool]]] = {}
    for place, read in placed:
        x_px, y_px = projection.to_px(place)
        cell = (round(x_px / MARK_PX), round(y_px / MARK_PX))
        cells.setdefault(cell, []).append((x_px, y_px, bool(read.partials)))
    return [
        MapMark(
            sum(x for x, _, _ in cell) / len(cell),
            sum(y for _, y, _ in cell) / len(cell),
            len(cell),
            any(is_candidate for _, _, is_candidate in cell),
        )
        for cell in cells.values()
    ]


def svg(title: str, body: Sequence[str]) -> str:
    """An SVG of the size of a map."""
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" class="canvass-map" viewBox="0 0 {WIDTH_PX} {HEIGHT_PX}"'
        f' width="{WIDTH_PX}" height="{HEIGHT_PX}" role="img" aria-label={quoteattr(title)} font-family="sans-serif"'
        f' font-size="14"><title>{escape(title)}</title>{"".join(body)}</svg>'
    )


def way(projection: MapProjection, places: Sequence[GroundPoint]) -> str:
    """The way of the car from place to place."""
    return (
        f'<polyline class="canvass-way" points="{_points(projection, places)}" fill="none" stroke="currentColor"'
        ' stroke-width="1.5" stroke-opacity="0.5"/>'
    )


def corner_marks(projection: MapProjection, corners: Sequence[GroundPoint]) -> Iterator[str]:
    """The corners of an area that is being drawn, numbered."""
    for number, (x_px, y_px) in enumerate(map(projection.to_px, corners), 1):
        yield f'<circle cx="{x_px:.1f}" cy="{y_px:.1f}" r="7" fill="none" stroke="currentColor" stroke-width="3"/>'
        yield _text(x_px + 10, y_px - 8, str(number), "start")


def _ways(projection: MapProjection, placed: Sequence[_PlacedRead]) -> Iterator[str]:
    """The way of the car, a line for each drive: nothing is drawn where it was not seen for long."""
    timed = [(read.seen, place) for place, read in placed if read.seen is not None]
    drives, number = [0] * len(timed), 0
    for index, (before, after) in enumerate(pairwise(timed), 1):
        number += _is_break(before[0], after[0])
        drives[index] = number
    for _, drive in groupby(zip(drives, timed, strict=True), key=lambda each: each[0]):
        places = [place for _, (_, place) in drive]
        if len(places) > 1:
            yield way(projection, places)


def _is_break(before: datetime, after: datetime) -> bool:
    return after - before > BREAK


def _mark(mark: MapMark) -> str:
    """A mark: a dot, where there is a candidate a diamond around it, and how many reads."""
    parts = [f'<circle cx="{mark.x_px:.1f}" cy="{mark.y_px:.1f}" r="4" fill="currentColor"/>']
    if mark.has_candidate:
        parts.append(
            f'<path class="canvass-candidate" d="M{mark.x_px:.1f},{mark.y_px - 12:.1f} l12,12 l-12,12 l-12,-12 z"'
            ' fill="none" stroke="currentColor" stroke-width="3"/>'
        )
    if mark.read_count > 1:
        parts.append(_text(mark.x_px + 7, mark.y_px - 6, str(mark.read_count), "start"))
    return "".join(parts)


def _length_bar(projection: MapProjection) -> Iterator[str]:
    metres = round_length(BAR_PX_MAX / projection.px_per_m)
    length_px, y_px = metres * projection.px_per_m, HEIGHT_PX - 16
    yield (
        f'<path d="M16,{y_px - 6} v6 h{length_px:.1f} v-6" fill="none" stroke="currentColor" stroke-width="2"/>'
        f"{_text(24, y_px - 10, length_words(metres), 'start')}"
    )


def _points(projection: MapProjection, points: Sequence[GroundPoint]) -> str:
    return " ".join(f"{x:.1f},{y:.1f}" for x, y in map(projection.to_px, points))


def _text(x_px: float, y_px: float, text: str, anchor: str) -> str:
    return f'<text x="{x_px:.1f}" y="{y_px:.1f}" text-anchor="{anchor}" fill="currentColor">{escape(text)}</text>'
