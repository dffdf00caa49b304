"""Areas of a camera's picture in which no plate is looked for: a bonnet's lettering, a time stamp, a sticker."""

from collections.abc import Sequence
from itertools import combinations, pairwise

from alpr_edge.domain.recognition.boxes import Box

Corner = tuple[float, float]
"""A place in the picture as fractions of its width and height: (0, 0) is the top left, (1, 1) the bottom right."""
Polygon = tuple[Corner, ...]
"""The corners of an area in order; the last is joined to the first."""


def is_ignored(box: Box, areas: Sequence[Polygon], width_px: int, height_px: int) -> bool:
    """Whether the centre of a box lies in one of the areas of a picture of that size."""
    x_px, y_px = box.centre_px
    return any(contains(area, (x_px / width_px, y_px / height_px)) for area in areas)


def contains(area: Polygon, place: Corner) -> bool:
    """Whether a place lies inside a simple polygon; a place on its edge may count as either."""
    x, y = place
    is_inside = False
    for (x1, y1), (x2, y2) in pairwise((*area, area[0])):
        # An edge that a ray to the right crosses changes the side.
        if (y1 > y) != (y2 > y) and x < x1 + (y - y1) * (x2 - x1) / (y2 - y1):
            is_inside = not is_inside
    return is_inside


def is_simple(area: Polygon) -> bool:
    """Whether a polygon has an area, no corner twice, and no edges that cross or touch but at their common corner."""
    if len(set(area)) < len(area) or len(area) < 3:
        return False
    edges = list(pairwise((*area, area[0])))
    for (i, one), (j, other) in combinations(enumerate(edges), 2):
        are_neighbours = j - i in {1, len(edges) - 1}
        if are_neighbours and _turns_back(*(one + other if j - i == 1 else other + one)):
            return False
        if not are_neighbours and _meet(*one, *other):
            return False
    return True


def _turns_back(start: Corner, middle: Corner, _same: Corner, end: Corner) -> bool:
    """Whether the second of two edges with a common corner lies on the first."""
    along = (middle[0] - start[0]) * (end[0] - middle[0]) + (middle[1] - start[1]) * (end[1] - middle[1])
    return _side(start, middle, end) == 0 and along < 0


def _meet(a: Corner, b: Corner, c: Corner, d: Corner) -> bool:
    """Whether the edges from a to b and from c to d have a place in common."""
    sides = _side(a, b, c), _side(a, b, d), _side(c, d, a), _side(c, d, b)
    if sides[0] * sides[1] < 0 and sides[2] * sides[3] < 0:
        return True
    ends = (a, b, c), (a, b, d), (c, d, a), (c, d, b)
    return any(side == 0 and _is_between(*end) for side, end in zip(sides, ends, strict=True))


def _side(start: Corner, end: Corner, place: Corner) -> int:
    """On which side of a line a place lies: -1, 1, or 0 on the line, but for what rounding makes of it."""
    turn = (end[0] - start[0]) * (place[1] - start[1]) - (end[1] - start[1]) * (place[0] - start[0])
    return 0 if abs(turn) < 1e-12 else 1 if turn > 0 else -1


def _is_between(start: Corner, end: Corner, place: Corner) -> bool:
    """Whether a place on a line lies between two others, they included."""
    return all(min(s, e) <= p <= max(s, e) for s, e, p in zip(start, end, place, strict=True))
