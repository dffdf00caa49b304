"""Pixels across a plate and its blur, held against figures worked out by hand and by similarity of triangles."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alpr_edge.domain.diagnostics.camera_aim import US_PLATE_MM, Optics, Verdict, aim, reach

GLOBAL_SHUTTER = Optics(focal_mm=16.0, sensor_width_mm=5.02, picture_width_px=1456)
METRES = st.floats(1.0, 60.0)
ANGLES = st.floats(0.0, 60.0)


def test_a_plate_ten_metres_off() -> None:
    view = aim(GLOBAL_SHUTTER, 10.0, 0.0, 500.0, 60.0)
    # 16 mm / 10 m * 304.8 mm = 0.488 mm on a sensor with a pixel each 3.45 um.
    assert view.plate_px == pytest.approx(0.48768 / (5.02 / 1456), rel=1e-6)
    assert view.blur_px == 0.0
    assert view.verdict is Verdict.GOOD


def test_a_vehicle_that_crosses_the_view_is_blurred() -> None:
    view = aim(GLOBAL_SHUTTER, 10.0, 30.0, 2000.0, 72.0)
    # 20 m/s for 2 ms is 40 mm, of which half lies across the view.
    assert view.blur_px == pytest.approx(GLOBAL_SHUTTER.pixels(20.0, 10.0))
    assert view.blur_strokes == pytest.approx(20.0 / (7.6 * math.cos(math.radians(30))))
    assert view.verdict is Verdict.UNFIT


@pytest.mark.parametrize(
    ("shutter_us", "verdict"), [(300.0, Verdict.GOOD), (500.0, Verdict.FAIR), (1000.0, Verdict.UNFIT)]
)
def test_the_shutter_decides(shutter_us: float, verdict: Verdict) -> None:
    assert aim(GLOBAL_SHUTTER, 8.0, 25.0, shutter_us, 90.0).verdict is verdict


@pytest.mark.parametrize(("plate_px", "verdict"), [(80.5, "good"), (79.5, "fair"), (40.5, "fair"), (39.5, "unfit")])
def test_pixels_decide(plate_px: float, verdict: str) -> None:
    distance = GLOBAL_SHUTTER.pixels(US_PLATE_MM, 1.0) / plate_px
    assert aim(GLOBAL_SHUTTER, distance, 0.0, 500.0, 60.0).verdict == verdict


@given(METRES, ANGLES, st.floats(50.0, 5000.0), st.floats(0.0, 200.0))
def test_twice_the_distance_is_half_the_pixels_and_as_many_strokes(
    metres: float, angle: float, shutter_us: float, speed: float
) -> None:
    near, far = (aim(GLOBAL_SHUTTER, each, angle, shutter_us, speed) for each in (metres, 2 * metres))
    assert far.plate_px == pytest.approx(near.plate_px / 2)
    assert far.blur_px == pytest.approx(near.blur_px / 2)
    assert far.blur_strokes == near.blur_strokes


@given(st.floats(3.0, 50.0))
def test_the_view_holds_as_many_plates_as_the_picture(metres: float) -> None:
    across_mm = 2 * metres * 1000 * math.tan(math.radians(GLOBAL_SHUTTER.view_degrees / 2))
    assert GLOBAL_SHUTTER.pixels(across_mm, metres) == pytest.approx(GLOBAL_SHUTTER.picture_width_px)


def test_reach_is_where_plates_can_be_read() -> None:
    aims = [aim(GLOBAL_SHUTTER, float(metres), 20.0, 500.0, 60.0) for metres in range(2, 60)]
    nearest, furthest = reach(aims) or (0.0, 0.0)
    assert nearest == 2.0
    assert 30.0 < furthest < 35.0
    assert reach([aim(GLOBAL_SHUTTER, 10.0, 45.0, 5000.0, 100.0)]) is None


@pytest.mark.parametrize(("width_px", "verdict"), [(3999, "unfit"), (4000, "fair"), (7999, "fair"), (8000, "good")])
def test_the_limits_of_pixels_are_on_the_good_side(width_px: int, verdict: str) -> None:
    optics = Optics(focal_mm=10.0, sensor_width_mm=US_PLATE_MM, picture_width_px=width_px)  # a pixel for each hundred
    view = aim(optics, 1.0, 0.0, 500.0, 0.0)
    assert (view.plate_px, view.verdict) == (width_px / 100, verdict)
