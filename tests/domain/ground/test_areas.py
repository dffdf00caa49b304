import contextlib
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alpr_edge.domain.fixes import Position
from alpr_edge.domain.ground.areas import GroundPolygon, outline, parse_ground_area
from alpr_edge.domain.positioning import METRES_PER_DEGREE
from alpr_edge.domain.restrictions import Area

BLOCK = GroundPolygon(((37.63, -121.0), (37.64, -121.0), (37.64, -120.99), (37.63, -120.99)))
L_SHAPE = parse_ground_area("0,0 0,0.03 0.01,0.03 0.01,0.01 0.03,0.01 0.03,0")


def place(lat_deg: float, lon_deg: float) -> Position:
    return Position(lat_deg, lon_deg, 0.0, None, "test")


@pytest.mark.parametrize(
    ("lat_deg", "lon_deg", "inside"),
    [
        (37.635, -120.995, True),
        (37.63, -120.995, True),  # on an edge
        (37.629992, -120.995, True),  # a metre below it
        (37.6299, -120.995, False),
        (37.635, -120.9899, False),
        (37.64, -121.0, True),  # a corner
        (-37.635, -120.995, False),
    ],
)
def test_a_polygon_ends_at_its_edges_which_belong_to_it(lat_deg: float, lon_deg: float, inside: bool) -> None:
    assert BLOCK.contains(place(lat_deg, lon_deg)) is inside


def test_a_notch_is_outside() -> None:
    assert L_SHAPE.contains(place(0.005, 0.02))
    assert not L_SHAPE.contains(place(0.02, 0.02))


def test_a_polygon_goes_over_the_date_line() -> None:
    area = parse_ground_area("0,179.99 0.02,179.99 0.02,-179.99 0,-179.99")
    assert area.contains(place(0.01, 180))
    assert area.contains(place(0.01, -179.995))
    assert not area.contains(place(0.01, -179.98))


@given(
    st.floats(-80, 80),
    st.floats(-180, 180),
    st.lists(
        st.tuples(st.floats(0, 2 * math.pi), st.floats(50, 900)), min_size=3, max_size=12, unique_by=lambda c: c[0]
    ),
    st.floats(0, 2 * math.pi),
    st.floats(0, 1000),
)
def test_a_star_shaped_polygon_holds_exactly_what_lies_below_its_edge(
    lat_deg: float, lon_deg: float, rays: list[tuple[float, float]], turn: float, metres: float
) -> None:
    """Around its middle it is as wide in each direction as the triangle of two neighbouring corners says."""
    rays = sorted(rays)
    turns = [each for each, _ in rays]
    gaps = [(after - before) % (2 * math.pi) for before, after in zip(turns, [*turns[1:], turns[0]], strict=True)]
    if min(gaps) < 0.05 or max(gaps) > math.pi - 0.05:
        return

    def at(angle: float, length_m: float) -> tuple[float, float]:
        north, east = length_m * math.cos(angle), length_m * math.sin(angle)
        east_deg = east / METRES_PER_DEGREE / math.cos(math.radians(lat_deg))
        return lat_deg + north / METRES_PER_DEGREE, (lon_deg + east_deg + 180) % 360 - 180

    polygon = GroundPolygon.parse(str(GroundPolygon(tuple(at(*ray) for ray in rays))))
    index = next((i for i, gap in enumerate(gaps) if (turn - turns[i]) % (2 * math.pi) <= gap), 0)
    (angle_1, length_1), (angle_2, length_2) = rays[index], rays[(index + 1) % len(rays)]
    first, second = (turn - angle_1) % (2 * math.pi), (angle_2 - turn) % (2 * math.pi)
    edge_m = length_1 * length_2 * math.sin(first + second) / (length_1 * math.sin(first) + length_2 * math.sin(second))
    if abs(metres - edge_m) > 5 * max(1.0, edge_m / abs(math.sin(first + second)) / 100):
        assert polygon.contains(place(*at(turn, metres))) is (metres < edge_m)


@given(st.lists(st.tuples(st.floats(-1, 1), st.floats(-1, 1)), min_size=3, max_size=6))
def test_a_polygons_text_reads_back_to_the_bit(corners: list[tuple[float, float]]) -> None:
    text = str(GroundPolygon(tuple(corners)))
    with contextlib.suppress(ValueError):  # its edges cross or touch
        polygon = parse_ground_area(text)
        assert (polygon, str(polygon)) == (GroundPolygon(tuple(corners)), text)


def test_a_circle_is_the_area_of_an_entry() -> None:
    circle = parse_ground_area(" 37.639,-120.997,500 ")
    assert circle == Area(37.639, -120.997, 500.0)
    assert all(circle.contains(place(*corner)) for corner in outline(Area(37.639, -120.997, 499.0)))
    assert not any(circle.contains(place(*corner)) for corner in outline(Area(37.639, -120.997, 501.0)))
    assert outline(BLOCK) == BLOCK.corners


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "latitude,longitude,radius"),
        ("37.6,-121", "latitude,longitude,radius"),
        ("37.6,-121 37.7,-121", "3 to 32 corners"),
        ("37.6,-121 37.7,-121 37.7", "3 to 32 corners"),
        ("37.6,-121 37.7,-121 x,y", "3 to 32 corners"),
        ("91,0 0,0 0,1", "-90 to 90"),
        ("0,nan 0,0 0,1", "-180 to 180"),
        ("0,0 0,1 1,0 1,1", "cross or touch"),
        ("0,0 0,1 0,0.5", "cross or touch"),
        ("0,0 0,1 0,0", "cross or touch"),
        ("0,0 0,5 5,5", "within 2 degrees"),
        (" ".join(f"{n / 1000},{n * n / 1e6}" for n in range(33)), "3 to 32 corners"),
    ],
)
def test_text_that_is_no_area_is_refused_with_what_to_give(text: str, says: str) -> None:
    with pytest.raises(ValueError, match=says):
        parse_ground_area(text)
