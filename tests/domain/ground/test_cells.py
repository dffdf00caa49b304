"""Cells of the ground: every place of an area lies in one of the area's cells."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alpr_edge.domain.fixes import Position
from alpr_edge.domain.ground.areas import GroundPolygon, parse_ground_area
from alpr_edge.domain.ground.cells import ROW_CELLS, ROWS, cell_of, cells_of
from alpr_edge.domain.restrictions import Area

MANY = 10_000_000
LATS = st.floats(-90, 90)
LONS = st.floats(-180, 180)


def place(lat_deg: float, lon_deg: float) -> Position:
    return Position(lat_deg, (lon_deg + 180) % 360 - 180, 0.0, None, "")


@given(LATS, LONS)
def test_a_cell_is_a_number_of_the_grid_and_holds_what_is_near(lat_deg: float, lon_deg: float) -> None:
    cell = cell_of(lat_deg, lon_deg)
    row, column = divmod(cell, ROW_CELLS)
    assert 0 <= row < ROWS
    assert abs(lat_deg - (row + 0.5) / 200 + 90) <= 0.0025 + 1e-9
    assert abs((lon_deg - (column + 0.5) / 200 + 180 + 180) % 360 - 180) <= 0.0025 + 1e-9


def test_cells_at_the_edges_of_the_map() -> None:
    assert cell_of(-90, -180) == 0
    assert cell_of(90, 0) // ROW_CELLS == ROWS - 1
    assert cell_of(37.6, 180) == cell_of(37.6, -180)
    assert cell_of(0.0, 0.0) == 18_000 * ROW_CELLS + 36_000
    assert cell_of(37.6391, -120.9969) == 25_527 * ROW_CELLS + 11_800


@given(st.floats(-89, 89), LONS, st.floats(1, 20_000), st.floats(0, 1), st.floats(0, 2 * math.pi))
def test_what_lies_in_a_circle_lies_in_its_cells(
    lat_deg: float, lon_deg: float, radius_m: float, share: float, turn: float
) -> None:
    circle = Area(lat_deg, lon_deg, radius_m)
    high = share * radius_m / 111_195 * 1.004
    other = place(
        max(-90.0, min(90.0, lat_deg + high * math.cos(turn))),
        lon_deg + high * math.sin(turn) / math.cos(math.radians(lat_deg)),
    )
    if circle.contains(other):
        assert cell_of(other.lat_deg, other.lon_deg) in cells_of(circle, MANY)


@given(st.floats(-80, 80), LONS, st.lists(st.floats(0.1, 1), min_size=3, max_size=8), st.data())
def test_what_lies_in_a_polygon_lies_in_its_cells(
    lat_deg: float, lon_deg: float, reaches: list[float], data: st.DataObject
) -> None:
    """A star around a place: corners at any distance, in order, also over the date line."""
    corners = []
    for number, reach in enumerate(reaches):
        turn = 2 * math.pi * number / len(reaches)
        corner = place(lat_deg + reach / 50 * math.cos(turn), lon_deg + reach / 50 * math.sin(turn))
        corners.append((corner.lat_deg, corner.lon_deg))
    polygon = GroundPolygon(tuple(corners))
    other = place(lat_deg + data.draw(st.floats(-0.0205, 0.0205)), lon_deg + data.draw(st.floats(-0.0205, 0.0205)))
    if polygon.contains(other):
        assert cell_of(other.lat_deg, other.lon_deg) in cells_of(polygon, MANY)


def test_the_cells_of_an_area_are_few_and_bounded() -> None:
    box = parse_ground_area("37.6301,-121.0049 37.6301,-120.9951 37.6349,-120.9951 37.6349,-121.0049")
    assert [divmod(cell, ROW_CELLS) for cell in cells_of(box, 4)] == [(25_526, 11_799), (25_526, 11_800)]
    with pytest.raises(ValueError, match="more than 1 cells"):
        cells_of(box, 1)
    with pytest.raises(ValueError, match="more than 1000 cells"):
        cells_of(Area(89.999, 0.0, 500.0), 1000)
    over_the_line = cells_of(Area(37.6, 179.999, 500.0), 20)
    assert {cell_of(37.6, 179.999), cell_of(37.6, -179.999)} <= set(over_the_line)
