"""What is told of a camera's pictures: nothing while the car stands, each fault soon while it drives, and its end."""

import itertools
from collections.abc import Callable, Iterable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from alpr_edge.domain.diagnostics.camera_view import COLUMNS, ROWS, ViewFault, ViewSample, ViewWindow
from alpr_edge.domain.diagnostics.view_watch import GAP_S_MAX, MOVED_S, TOLD_AFTER_S, WINDOW_S, ViewWatch

STEP_S = 1.0
SPEED_MPS = 12.0
TOLD_S_MAX = 10.0
SHAPE = ROWS, COLUMNS
Draw = np.random.Generator


def road(draw: Draw) -> ViewSample:
    """A picture of the road: the upper tiles bright and empty, the others full of edges."""
    far = draw.integers(60, 220, SHAPE)
    far[:2] = draw.integers(2, 12, (2, COLUMNS))
    return sample(draw.integers(20, 200, SHAPE), far * 0.6, far)


def sample(grey: object, near: object, far: object, burnt_share: float = 0.0) -> ViewSample:
    grey, near, far = (np.broadcast_to(np.asarray(one, np.uint8), SHAPE) for one in (grey, near, far))
    return ViewSample(grey, near, far, burnt_share)


def wall(_: Draw) -> ViewSample:
    return sample(90, 4, 9)


def black(draw: Draw) -> ViewSample:
    return sample(draw.integers(4, 7, SHAPE), 9, 10)


def washed_out(draw: Draw) -> ViewSample:
    seen = road(draw)
    return ViewSample(seen.grey, seen.near, seen.far, 0.6)


def out_of_focus(draw: Draw) -> ViewSample:
    seen = road(draw)
    return sample(seen.grey, seen.far * 0.2, seen.far * 0.7)


def sky(draw: Draw) -> ViewSample:
    return sample(draw.integers(140, 220, SHAPE), 4, 10)


def ground(draw: Draw) -> ViewSample:
    far = draw.integers(30, 70, SHAPE)
    return sample(draw.integers(20, 90, SHAPE), far * 0.7, far)


def dashboard(_: Draw) -> ViewSample:
    return road(np.random.default_rng(5))


def with_passing_car(draw: Draw) -> ViewSample:
    """A picture that stands still, of which a tenth is a car somewhere in it, with noise."""
    seen = dashboard(draw)
    grey, left = seen.grey.astype(np.int64) + draw.integers(-1, 2, SHAPE), draw.integers(0, COLUMNS - 4)
    grey[4:8, left : left + 4] = draw.integers(20, 200)
    return sample(np.clip(grey, 0, 255), seen.near, seen.far)


def tape(draw: Draw) -> ViewSample:
    seen = road(draw)
    grey, near, far = seen.grey.copy(), seen.near.copy(), seen.far.copy()
    grey[:, :5], near[:, :5], far[:, :5] = 30, 8, 9
    return ViewSample(grey, near, far, 0.0)


def with_drops(draw: Draw) -> ViewSample:
    seen = road(draw)
    near, far = seen.near.copy(), seen.far.copy()
    near[3:8, 2:11], far[3:8, 2:11] = 5, 20
    return ViewSample(seen.grey, near, far, 0.0)


def even_sky(draw: Draw) -> ViewSample:
    """The road under a sky in which nothing moves; in that of :func:`road` the light changes."""
    seen = road(draw)
    grey = seen.grey.copy()
    grey[:2] = 180
    return ViewSample(grey, seen.near, seen.far, 0.0)


FAULTS = {
    black: ViewFault.COVERED,
    washed_out: ViewFault.WASHED_OUT,
    out_of_focus: ViewFault.OUT_OF_FOCUS,
    sky: ViewFault.TURNED_AWAY,
    ground: ViewFault.TURNED_AWAY,
    dashboard: ViewFault.TURNED_AWAY,
    tape: ViewFault.DIRTY,
    with_drops: ViewFault.DIRTY,
}
Scene = Callable[[Draw], ViewSample]
scenes = st.sampled_from([road, wall, *FAULTS])


class Car:
    """A watch, and the car that its camera is on."""

    def __init__(self, seed: int = 0) -> None:
        self.watch = ViewWatch()
        self.now_s = 1000.0
        self._draw = np.random.default_rng(seed)

    def see(self, scene: Scene, seconds: float, speed_mps: float | None = SPEED_MPS) -> list[ViewFault | None]:
        """What is told after each look of so many seconds."""
        told = []
        for _ in range(round(seconds / STEP_S)):
            self.now_s += STEP_S
            self.watch.look(scene(self._draw), self.now_s, speed_mps)
            told.append(self.watch.fault)
        return told


def kinds(told: Iterable[ViewFault | None]) -> set[ViewFault]:
    return {fault for fault in told if fault is not None}


@pytest.mark.parametrize("scene", FAULTS, ids=lambda scene: scene.__name__)
def test_each_fault_is_told_within_ten_seconds_of_driving_and_ends_by_itself(scene: Scene) -> None:
    car = Car()
    assert not kinds(car.see(road, 90))
    assert car.see(scene, TOLD_S_MAX)[-1] is FAULTS[scene]
    assert kinds(car.see(scene, 15)) == {FAULTS[scene]}, "it lasts, and is not learnt"
    assert car.see(road, WINDOW_S + TOLD_AFTER_S + 1)[-1] is None


def test_a_fixed_picture_before_which_cars_pass_is_told_once_in_half_an_hour() -> None:
    car, passing = Car(), itertools.cycle([dashboard] * 9 + [with_passing_car] * 7)
    told = [car.see(scene, STEP_S)[0] for scene in itertools.islice(passing, 26 * 60)]
    assert [fault for fault, _ in itertools.groupby(told)] == [None, ViewFault.TURNED_AWAY]


@pytest.mark.parametrize("scene", [black, washed_out, sky], ids=lambda scene: scene.__name__)
def test_a_camera_that_shows_nothing_is_told_before_its_usual_is_known(scene: Scene) -> None:
    assert Car().see(scene, TOLD_S_MAX)[-1] is FAULTS[scene]


@given(st.lists(st.tuples(scenes, st.floats(1, 20), st.floats(0, 2.9)), max_size=5))
@settings(max_examples=5, deadline=None)
def test_nothing_is_told_of_a_car_that_stands(stays: list[tuple[Scene, float, float]]) -> None:
    car = Car()
    car.see(road, 70)
    for scene, seconds, speed_mps in stays:
        assert not kinds(car.see(scene, seconds, speed_mps))


@given(st.lists(st.tuples(scenes, st.floats(1, 3.5)), max_size=3))
@settings(max_examples=5, deadline=None)
def test_what_lasts_for_three_seconds_is_not_told(moments: list[tuple[Scene, float]]) -> None:
    car = Car()
    car.see(road, 70)
    for scene, seconds in moments:
        assert not kinds(car.see(scene, min(seconds, 2.0)))
        assert not kinds(car.see(road, 12))


def test_a_wall_is_no_fault_where_the_speed_is_not_known() -> None:
    car = Car()
    assert not kinds(car.see(road, 90, None))
    assert not kinds(car.see(dashboard, 120, None))


def test_a_camera_covered_on_the_way_is_told_where_the_speed_is_not_known() -> None:
    car = Car()
    car.see(road, 30, None)
    assert car.see(black, TOLD_S_MAX, None)[-1] is ViewFault.COVERED
    assert car.see(black, 3 * MOVED_S, None)[-1] is ViewFault.COVERED
    assert car.see(road, TOLD_S_MAX, None)[-1] is None


def test_a_covered_camera_that_sees_again_is_told_while_the_car_stands() -> None:
    car = Car()
    car.see(road, 70)
    assert car.see(black, TOLD_S_MAX)[-1] is ViewFault.COVERED
    assert car.see(black, 60, 0.0)[-1] is ViewFault.COVERED
    assert car.see(road, TOLD_S_MAX, 0.0)[-1] is None


def test_a_dirty_lens_is_still_dirty_after_a_stop() -> None:
    car = Car()
    car.see(road, 90)
    assert car.see(tape, TOLD_S_MAX)[-1] is ViewFault.DIRTY
    assert car.see(road, 60, 0.0)[-1] is ViewFault.DIRTY
    assert car.see(road, TOLD_S_MAX)[-1] is None


@pytest.mark.parametrize("even_s_of_8", [0, 2, 4])
def test_a_lens_is_not_dirty_where_the_picture_is_usually_smooth(even_s_of_8: int) -> None:
    car = Car()
    for _ in range(12):
        assert not kinds(car.see(road, 8 - even_s_of_8) + car.see(even_sky, even_s_of_8))
    assert not kinds(car.see(even_sky, 30))
    assert car.see(tape, TOLD_S_MAX)[-1] is ViewFault.DIRTY


def test_a_gap_begins_anew() -> None:
    car = Car()
    for _ in range(10):
        assert not kinds(car.see(black, 3.5))
        car.now_s += GAP_S_MAX + 1


def test_a_sample_from_the_past_is_left_out() -> None:
    car = Car()
    car.see(black, TOLD_S_MAX)
    car.watch.look(road(np.random.default_rng(1)), car.now_s - 5, SPEED_MPS)
    assert car.watch.fault is ViewFault.COVERED


def test_without_edges_there_is_no_sharpness() -> None:
    assert ViewWindow([wall(np.random.default_rng(0))] * 3).sharpness is None
