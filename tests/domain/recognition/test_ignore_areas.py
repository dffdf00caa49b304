"""Areas in which no plate is looked for: which places lie in them, and which polygons are areas at all."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alpr_edge.domain.recognition.boxes import Box
from alpr_edge.domain.recognition.ignore_areas import Corner, contains, is_ignored, is_simple

SQUARE = ((0.2, 0.2), (0.6, 0.2), (0.6, 0.6), (0.2, 0.6))
HOOK = ((0.0, 0.0), (0.9, 0.0), (0.9, 0.9), (0.6, 0.9), (0.6, 0.3), (0.0, 0.3))
FRACTIONS = st.integers(0, 1000).map(lambda thousandths: thousandths / 1000)


def test_the_centre_of_a_box_decides() -> None:
    inside, outside = Box(500, 200, 700, 300), Box(700, 200, 900, 300)
    assert is_ignored(inside, [HOOK, SQUARE], 1280, 720)
    assert not is_ignored(outside, [SQUARE], 1280, 720)
    assert not is_ignored(inside, [], 1280, 720)


@pytest.mark.parametrize(
    ("place", "is_inside"), [((0.5, 0.1), True), ((0.3, 0.5), False), ((0.7, 0.8), True), ((0.95, 0.5), False)]
)
def test_an_area_may_have_an_inner_corner(place: Corner, is_inside: bool) -> None:
    assert contains(HOOK, place) is is_inside


@given(x=FRACTIONS, y=FRACTIONS)
def test_a_rectangle_holds_what_lies_between_its_sides(x: float, y: float) -> None:
    if 0.2 in {x, y} or 0.6 in {x, y}:
        return
    assert contains(SQUARE, (x, y)) is (0.2 < x < 0.6 and 0.2 < y < 0.6)
    assert contains(SQUARE[::-1], (x, y)) is contains(SQUARE, (x, y))


@given(corners=st.integers(3, 32), turn=FRACTIONS)
def test_a_regular_polygon_is_simple_and_a_star_is_not(corners: int, turn: float) -> None:
    angles = [turn + 2 * math.pi * number / corners for number in range(corners)]
    ring = tuple((0.5 + 0.4 * math.cos(angle), 0.5 + 0.4 * math.sin(angle)) for angle in angles)
    assert is_simple(ring)
    assert contains(ring, (0.5, 0.5))
    if corners >= 5 and corners % 2:
        assert not is_simple(ring[::2] + ring[1::2])


@pytest.mark.parametrize(
    "area",
    [
        ((0.1, 0.1), (0.5, 0.5)),
        ((0.1, 0.1), (0.5, 0.5), (0.1, 0.1)),
        ((0.0, 0.0), (1.0, 1.0), (1.0, 0.0), (0.0, 1.0)),
        ((0.0, 0.0), (0.5, 0.0), (1.0, 0.0)),
        ((0.0, 0.0), (0.8, 0.0), (0.8, 0.5), (0.4, 0.0), (0.0, 0.5)),
    ],
    ids=["two corners", "a corner twice", "crossed", "no area", "a corner on an edge"],
)
def test_what_is_no_area_is_not_simple(area: tuple[Corner, ...]) -> None:
    assert not is_simple(area)


def test_areas_with_inner_corners_and_straight_corners_are_simple() -> None:
    assert is_simple(HOOK)
    assert is_simple(((0.0, 0.0), (0.5, 0.0), (1.0, 0.0), (1.0, 1.0), (0.0, 1.0)))
