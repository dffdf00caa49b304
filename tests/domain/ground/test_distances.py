"""Metres from a place to an area, by figures that one works out by hand, and the cells around it."""

import math

import pytest

from alpr_edge.domain.fixes import Position
from alpr_edge.domain.ground.areas import CIRCLE_CORNERS, GroundPolygon, outline, parse_ground_area
from alpr_edge.domain.ground.cells import ROW_CELLS, ROWS, cell_of, cells_of
from alpr_edge.domain.positioning import METRES_PER_DEGREE
from alpr_edge.domain.restrictions import Area

SQUARE = GroundPolygon(((0.0, 0.0), (0.01, 0.0), (0.01, 0.01), (0.0, 0.01)))
"""Of some 1,112 m at the equator, where a degree is as wide as it is high."""


def place(lat_deg: float, lon_deg: float) -> Position:
    return Position(lat_deg, lon_deg, 0.0, None, "test")


@pytest.mark.parametrize(
    ("lat_deg", "lon_deg", "degrees"),
    [
        (0.005, 0.005, 0.0),
        (0.005, 0.012, 0.002),
        (0.005, -0.003, 0.003),
        (0.014, 0.005, 0.004),
        (-0.005, 0.005, 0.005),
        (0.013, 0.014, 0.005),  # from a corner
        (-0.003, -0.004, 0.005),
    ],
)
def test_the_distance_is_that_to_the_nearest_edge_or_corner(lat_deg: float, lon_deg: float, degrees: float) -> None:
    metres = degrees * METRES_PER_DEGREE
    assert SQUARE.distance_m(place(lat_deg, lon_deg)) == pytest.approx(metres, rel=1e-5, abs=1e-6)


def test_a_slanted_edge_is_as_near_as_its_foot() -> None:
    triangle = GroundPolygon(((0.0, 0.0), (0.04, 0.03), (0.04, 0.0)))
    # From (0, 0.05) the foot on the line through (0, 0) and (0.04, 0.03) is 0.04 away.
    assert triangle.distance_m(place(0.0, 0.05)) == pytest.approx(0.04 * METRES_PER_DEGREE, rel=1e-4)


def test_a_degree_of_longitude_is_narrower_in_the_north() -> None:
    north = GroundPolygon(tuple((lat_deg + 60, lon_deg) for lat_deg, lon_deg in SQUARE.corners))
    assert north.distance_m(place(60.005, 0.012)) == pytest.approx(
        0.002 * METRES_PER_DEGREE * math.cos(math.radians(60.005)), rel=1e-6
    )


def test_a_circle_is_drawn_by_corners_at_its_radius_all_around_it() -> None:
    circle = Area(60.0, 10.0, 1000.0)
    corners = outline(circle)
    assert len(corners) == len(set(corners)) == CIRCLE_CORNERS
    assert corners[0] == (60.0 + 1000.0 / METRES_PER_DEGREE, 10.0)
    assert corners[16] == pytest.approx((60.0, 10.0 + 2000.0 / METRES_PER_DEGREE))
    assert corners[32] == pytest.approx((60.0 - 1000.0 / METRES_PER_DEGREE, 10.0))
    for lat_deg, lon_deg in corners:
        north_m, east_m = (lat_deg - 60) * METRES_PER_DEGREE, (lon_deg - 10) * METRES_PER_DEGREE / 2
        assert math.hypot(north_m, east_m) == pytest.approx(1000.0)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("0,0 0,1", "^a polygon is 3 to 32 corners with blanks between them, such as 37.63,-121.00 37.64,-121.00 37"),
        ("0,0 0,1 90.1,0", r"^a corner is latitude \(-90 to 90\) and longitude \(-180 to 180\) in degrees$"),
        ("0,0 0,1 0,180.1", r"^a corner is latitude \(-90 to 90\)"),
        ("0,0 0,2.1 1,1", "^the corners of an area lie within 2 degrees of each other$"),
        ("0,0 2.1,0 1,1", "^the corners of an area lie within 2 degrees of each other$"),
        ("0,0 0,1 0,0.5", "^the edges of the polygon cross or touch; give its corners in order around it$"),
    ],
)
def test_what_is_no_polygon_is_refused_by_what_is_wrong(text: str, says: str) -> None:
    with pytest.raises(ValueError, match=says):
        GroundPolygon.parse(text)


def test_a_polygon_may_have_its_full_width_and_reach_the_poles_and_the_last_meridian() -> None:
    assert isinstance(parse_ground_area("0,0 0,2 2,2 2,0"), GroundPolygon)
    assert GroundPolygon.parse("90,180 89,180 89,179").corners == ((90.0, 180.0), (89.0, 180.0), (89.0, 179.0))
    assert GroundPolygon.parse("-90,-180 -89,-180 -89,-179").contains(place(-89.1, -179.9))


def test_cells_are_numbered_row_by_row_from_the_south_pole() -> None:
    assert cell_of(-90, -180) == 0
    assert cell_of(-90, -179.9949) == 1
    assert cell_of(-89.9949, -180) == ROW_CELLS
    assert cell_of(-90, 180) == 0
    assert cell_of(90, -180) == cell_of(89.9999, -180) == (ROWS - 1) * ROW_CELLS


def test_the_cells_of_an_area_are_those_of_its_box_and_no_others() -> None:
    lat_deg, lon_deg = 0.0025, 0.0025  # the middle of a cell
    first = cell_of(lat_deg, lon_deg)
    assert cells_of(Area(lat_deg, lon_deg, 10.0), 1) == [first]
    inside = GroundPolygon(((0.0001, 0.0001), (0.0049, 0.0001), (0.0049, 0.0049)))
    assert cells_of(inside, 1) == [first]
    wide = GroundPolygon(((0.0001, 0.0001), (0.0049, 0.0001), (0.0049, 0.0099)))
    assert cells_of(wide, 2) == [first, first + 1]
    near = GroundPolygon(((0.000016, 0.001), (0.004, 0.001), (0.004, 0.004)))  # 1.8 m from the row below
    assert cells_of(near, 2) == [first - ROW_CELLS, first]
    with pytest.raises(ValueError, match=r"^the area lies in more than 1 cells$"):
        cells_of(wide, 1)


def test_the_cells_over_the_date_line_and_around_a_pole_are_all_there() -> None:
    over = cells_of(parse_ground_area("0.001,179.999 0.004,179.999 0.004,-179.999 0.001,-179.999"), 10)
    assert over == sorted({cell_of(0.002, 179.999), cell_of(0.002, -179.999)})
    around = cells_of(Area(90.0, 0.0, 100.0), ROW_CELLS * 2)
    assert around == list(range((ROWS - 1) * ROW_CELLS, ROWS * ROW_CELLS))
    assert cells_of(Area(-90.0, 0.0, 100.0), ROW_CELLS) == list(range(ROW_CELLS))
