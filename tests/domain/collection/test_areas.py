"""Areas in which nothing is collected: circles and polygons, with what a position may be off."""

import math
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from alpr_edge.domain.collection.areas import NoCollectionArea, area_of, uncertainty_m
from alpr_edge.domain.fixes import Position
from alpr_edge.domain.ground.areas import GroundPolygon
from alpr_edge.domain.positioning import METRES_PER_DEGREE
from alpr_edge.domain.restrictions import Area

LAT, LON = 37.64, -120.99
CIRCLE = NoCollectionArea("clinic", Area(LAT, LON, 100.0))


def at(north_m: float, east_m: float, hdop: float | None = 0.0, speed_mps: float | None = 0.0) -> Position:
    lat_deg = LAT + north_m / METRES_PER_DEGREE
    lon_deg = LON + east_m / METRES_PER_DEGREE / math.cos(math.radians(LAT))
    return Position(lat_deg, lon_deg, 500.0, hdop, "gnss", speed_mps, 0.0)


def square(half_m: float) -> NoCollectionArea:
    corners = [at(north * half_m, east * half_m) for north, east in ((-1, -1), (-1, 1), (1, 1), (1, -1))]
    return NoCollectionArea("school", GroundPolygon(tuple((each.lat_deg, each.lon_deg) for each in corners)))


@pytest.mark.parametrize(
    ("position", "is_inside"),
    [
        (at(0, 0), True),
        (at(0, 99), True),
        (at(0, 101), False),
        (at(0, 104, hdop=1.0), True),
        (at(0, 106, hdop=1.0), False),
        (at(0, 109, speed_mps=20.0), True),
        (at(0, 129, speed_mps=20.0), True),
        (at(0, 131, speed_mps=20.0), False),
        (at(0, 124, hdop=None), True),
        (at(0, 126, hdop=None), False),
        (at(0, 149, speed_mps=None), True),
    ],
)
def test_a_circle_grows_by_what_the_position_may_be_off(position: Position, *, is_inside: bool) -> None:
    assert CIRCLE.may_hold(position) == is_inside


def test_an_area_is_entered_before_the_sentence_of_the_fix_at_its_edge_arrives() -> None:
    just_arrived = replace(at(0, 115, hdop=0.8, speed_mps=20.0), age_ms=0.0)
    assert CIRCLE.may_hold(just_arrived)
    assert not CIRCLE.may_hold(replace(just_arrived, speed_mps=0.0))


@given(north_m=st.floats(-300, 300), east_m=st.floats(-300, 300), hdop=st.floats(0, 10))
@settings(max_examples=200)
def test_a_square_holds_what_is_nearer_than_the_position_may_be_off(north_m: float, east_m: float, hdop: float) -> None:
    position, half_m = at(north_m, east_m, hdop), 100.0
    distance_m = math.hypot(max(0.0, abs(north_m) - half_m), max(0.0, abs(east_m) - half_m))
    if abs(distance_m - uncertainty_m(position)) > 0.5:  # what the plane makes of the sphere
        assert square(half_m).may_hold(position) == (distance_m < uncertainty_m(position))


def test_a_polygon_across_the_date_line_and_an_l_shape() -> None:
    strait = NoCollectionArea("strait", GroundPolygon(((65.0, 179.9), (65.0, -179.9), (66.0, -179.9), (66.0, 179.9))))
    assert strait.may_hold(Position(65.5, -179.95, 0.0, 1.0, "gnss", 0.0, 0.0))
    assert not strait.may_hold(Position(65.5, 179.0, 0.0, 1.0, "gnss", 0.0, 0.0))
    corners = [(0, 0), (0, 200), (100, 200), (100, 100), (200, 100), (200, 0)]
    angle = NoCollectionArea("angle", GroundPolygon(tuple((at(n, e).lat_deg, at(n, e).lon_deg) for n, e in corners)))
    assert [angle.may_hold(at(*place)) for place in ((150, 50), (50, 150), (150, 150))] == [True, True, False]


def test_the_first_area_counts_and_without_a_position_none() -> None:
    assert area_of((square(10), CIRCLE), at(0, 50)) is CIRCLE
    assert area_of((CIRCLE,), None) is None
