import pytest
from hypothesis import given
from hypothesis import strategies as st

from alpr_edge.domain.recognition.boxes import Box

edges = st.floats(-5000, 5000)
boxes = st.builds(Box, edges, edges, edges, edges)
"""Turned-over boxes too: a detector's regression may give them."""


@given(boxes, boxes)
def test_iou_is_symmetric_and_a_fraction(one: Box, other: Box) -> None:
    assert one.iou(other) == other.iou(one)
    assert 0.0 <= one.iou(other) <= 1.0 + 1e-9


@given(boxes)
def test_iou_with_itself_is_one_unless_empty(box: Box) -> None:
    assert box.iou(box) == (pytest.approx(1.0) if box.area_px2 > 0 else 0.0)


@given(st.tuples(*[st.integers(-1000, 1000)] * 4), st.integers(-1000, 1000), st.integers(-1000, 1000))
def test_a_move_changes_only_the_place(corners: tuple[int, int, int, int], x_px: int, y_px: int) -> None:
    box = Box(*corners)
    other = box.shift(x_px, y_px)
    assert (other.width_px, other.height_px) == (box.width_px, box.height_px)
    assert other.shift(-x_px, -y_px) == box


def test_iou_of_known_boxes() -> None:
    assert Box(0, 0, 10, 10).iou(Box(5, 0, 15, 10)) == pytest.approx(1 / 3)
    assert Box(0, 0, 10, 10).iou(Box(10, 0, 20, 10)) == 0.0


def test_measures() -> None:
    box = Box(10, 20, 30, 25)
    assert (box.width_px, box.height_px, box.area_px2, box.centre_px) == (20, 5, 100, (20, 22.5))
    assert Box(30, 25, 10, 20).area_px2 == 0


def test_grown_on_every_side() -> None:
    assert Box(10, 10, 30, 20).expand(0.5) == Box(0, 5, 40, 25)


def test_padded_by_parts_of_its_own() -> None:
    assert Box(10, 10, 30, 20).pad(0.1, 0.5, -0.2) == Box(8, 5, 32, 18)


@given(boxes, st.integers(1, 4000), st.integers(1, 4000))
def test_within_a_frame_is_at_least_one_pixel_of_it(box: Box, width_px: int, height_px: int) -> None:
    left, top, right, bottom = box.within(width_px, height_px)
    assert 0 <= left < right <= width_px
    assert 0 <= top < bottom <= height_px


def test_within_takes_whole_pixels_that_the_box_touches() -> None:
    assert Box(1.2, 2.7, 5.1, 6.0).within(100, 100) == (1, 2, 6, 6)


@pytest.mark.parametrize(
    ("box", "reaches"),
    [
        (Box(3, 100, 90, 130), True),
        (Box(4, 100, 90, 130), False),
        (Box(500, 3, 590, 30), True),
        (Box(1190, 100, 1277, 130), True),
        (Box(1190, 100, 1276, 130), False),
        (Box(500, 690, 590, 717), True),
        (Box(-5, 100, 90, 130), True),
    ],
)
def test_a_box_reaches_the_edge_of_its_frame(box: Box, *, reaches: bool) -> None:
    assert box.reaches_edge(1280, 720) is reaches


@pytest.mark.parametrize(
    ("input_pixel_px", "left_px", "reaches"),
    [(1.0, 3, True), (1.0, 4, False), (2.1, 4, True), (2.1, 5, False), (4.3, 6, True), (4.3, 7, False)],
)
def test_a_box_may_end_further_from_the_edge_that_cuts_its_plate_where_the_detector_sees_less(
    input_pixel_px: float, left_px: float, *, reaches: bool
) -> None:
    box = Box(left_px, 100, 90, 130)
    assert box.reaches_edge(3840, 2160, input_pixel_px) is reaches
    mirrored = Box(3840 - 90, 100, 3840 - left_px, 130)
    assert mirrored.reaches_edge(3840, 2160, input_pixel_px) is reaches
