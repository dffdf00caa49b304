import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alpr_edge.domain.ground.areas import GroundPolygon
from alpr_edge.domain.positioning import METRES_PER_DEGREE
from alpr_edge.evidence.map_projection import MapProjection, length_words, round_length
from alpr_edge.evidence.pages.page_writer import MARGIN, WIDTH, MapOutline

PLACES = st.tuples(st.floats(-85, 85), st.floats(-180, 180, exclude_max=True))
SPREAD = st.tuples(st.floats(-0.05, 0.05), st.floats(-0.05, 0.05))


@given(PLACES, st.lists(SPREAD, min_size=1, max_size=8))
def test_every_place_lies_on_the_map_and_is_found_again(
    middle: tuple[float, float], offsets: list[tuple[float, float]]
) -> None:
    places = [(middle[0] + north, (middle[1] + east + 180) % 360 - 180) for north, east in offsets]
    projection = MapProjection.around(places, 960, 640, 48)
    assert projection is not None
    for place in places:
        x_px, y_px = projection.to_px(place)
        assert 47.9 <= x_px <= 912.1
        assert 47.9 <= y_px <= 592.1
        lat_deg, lon_deg = projection.to_ground(x_px, y_px)
        assert lat_deg == pytest.approx(place[0], abs=2e-6)
        assert abs((lon_deg - place[1] + 180) % 360 - 180) <= 2e-6


def test_a_metre_is_as_long_east_as_north_and_north_is_up() -> None:
    projection = MapProjection.around([(37.63, -121.0), (37.64, -120.99)], 960, 640, 48)
    assert projection is not None
    middle, north = projection.to_px((37.635, -120.995)), projection.to_px((37.636, -120.995))
    east = projection.to_px((37.635, -120.995 + 0.001 / math.cos(math.radians(37.635))))
    assert north[1] < middle[1]
    assert middle[1] - north[1] == pytest.approx(east[0] - middle[0], rel=1e-3)
    assert (middle[1] - north[1]) / projection.px_per_m == pytest.approx(0.001 * METRES_PER_DEGREE, rel=1e-6)


def test_without_a_place_there_is_no_map() -> None:
    assert MapProjection.around([], 960, 640, 48) is None


def test_the_outline_of_a_package_goes_the_shorter_way_across_the_date_line() -> None:
    area = GroundPolygon.parse("10.0,179.99 10.0,-179.99 10.01,-179.99")
    drawing = MapOutline((area,)).drawing()
    assert drawing is not None
    assert (drawing.bar_words, drawing.points) == ("500 m", ())
    xs = [float(corner.partition(",")[0]) for corner in drawing.areas[0].split()]
    assert max(xs) - min(xs) == pytest.approx(WIDTH - 2 * MARGIN, abs=0.2)
    assert drawing.bar_px / (max(xs) - min(xs)) == pytest.approx(
        500 / (0.02 * METRES_PER_DEGREE * math.cos(math.radians(10.005))), rel=1e-3
    )


@pytest.mark.parametrize(("metres", "words"), [(1.0, "1 m"), (9.9, "5 m"), (230, "200 m"), (1999, "1 km")])
def test_the_bar_of_length_has_a_round_one(metres: float, words: str) -> None:
    assert length_words(round_length(metres)) == words
