"""When the frame rate is lowered and raised, and which frames are taken under a limit."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alpr_edge.domain.instants import Instant
from alpr_edge.domain.load.frame_rate import FramePacer, FrameRateLimit, FrameRateRule, MachineSigns

RULE = FrameRateRule(hot_c=80, cool_c=72, fps_min=5)
HOT, WARM, COOL = MachineSigns(84.4), MachineSigns(75.0), MachineSigns(60.0)


def limits(limit: FrameRateLimit, signs: MachineSigns, seconds: range) -> list[float | None]:
    return [limit.step(float(second), signs) for second in seconds]


def test_heat_lowers_the_rate_at_once_and_then_step_by_step_to_the_least() -> None:
    limit = FrameRateLimit(RULE)
    assert limits(limit, HOT, range(40)) == [15.0] * 10 + [10.0] * 10 + [5.0] * 20
    assert limit.is_least
    assert limit.reason == "processor at 84 C"


def test_the_rate_rises_a_step_a_minute_once_it_is_cool() -> None:
    limit = FrameRateLimit(RULE)
    limits(limit, HOT, range(15))
    assert limits(limit, COOL, range(15, 145)) == [10.0] * 60 + [15.0] * 60 + [None] * 10
    assert limit.reason == ""


def test_between_cool_and_hot_nothing_changes() -> None:
    limit = FrameRateLimit(RULE)
    assert limits(limit, WARM, range(100)) == [None] * 100
    limit.step(100, HOT)
    assert set(limits(limit, WARM, range(101, 1000))) == {15.0}
    assert limit.reason == "processor at 84 C", "what lowered it stays told"


def test_a_rise_starts_anew_after_each_sign_of_trouble() -> None:
    limit = FrameRateLimit(RULE)
    limit.step(0, HOT)
    for start in range(1, 200, 40):
        assert set(limits(limit, COOL, range(start, start + 39))) == {15.0}
        limit.step(start + 39, WARM)


@pytest.mark.parametrize(
    ("signs", "reason"),
    [
        (MachineSigns(None, is_throttled=True), "processor slowed down"),
        (MachineSigns(50.0, is_low_voltage=True), "supply voltage low"),
        (MachineSigns(90.0, is_throttled=True), "processor at 90 C, processor slowed down"),
    ],
)
def test_throttling_and_low_voltage_lower_it_whatever_the_temperature(signs: MachineSigns, reason: str) -> None:
    limit = FrameRateLimit(RULE)
    assert limit.step(0, signs) == 15.0
    assert limit.reason == reason


def test_a_machine_without_sensors_keeps_its_rate() -> None:
    limit = FrameRateLimit(RULE)
    assert set(limits(limit, MachineSigns(None), range(500))) == {None}


SIGNS = st.builds(MachineSigns, st.none() | st.floats(-20, 120), st.booleans(), st.booleans())


@given(st.lists(st.tuples(st.floats(0, 120), SIGNS), max_size=80), st.floats(1, 60))
def test_the_rate_moves_by_single_steps_and_is_never_below_the_least(
    looks: list[tuple[float, MachineSigns]], fps_min: float
) -> None:
    rule = FrameRateRule(80, 72, fps_min)
    limit, steps, now_s, before = FrameRateLimit(rule), rule.limits(), 0.0, 0
    for waited_s, signs in looks:
        now_s += waited_s
        step = steps.index(limit.step(now_s, signs))
        assert abs(step - before) <= 1
        in_trouble = signs.is_throttled or signs.is_low_voltage or (signs.temperature_c or 0) >= 80
        assert step >= before if in_trouble else step <= before
        assert all(fps is None or fps >= fps_min for fps in steps)
        assert bool(limit.reason) is bool(step)
        before = step


def frames_taken(pacer: FramePacer, times_ms: list[float]) -> list[float]:
    return [ms for ms in times_ms if pacer.takes(Instant("boot", round(ms * 1e6)))]


def test_frames_are_taken_evenly_and_the_rest_counted() -> None:
    pacer = FramePacer()
    camera = [n * 1000 / 30 for n in range(300)]
    assert frames_taken(pacer, camera[:30]) == camera[:30]
    pacer.fps_max = 10.0
    chosen = frames_taken(pacer, camera[30:])
    assert {round(later - earlier) for earlier, later in pairwise(chosen[1:])} == {100}
    assert pacer.left_out_count == 270 - len(chosen)
    assert pacer.fps_offered == pytest.approx(30)


def test_a_limit_above_the_camera_s_own_rate_leaves_nothing_out() -> None:
    pacer = FramePacer()
    pacer.fps_max = 15.0
    assert len(frames_taken(pacer, [n * 100.0 for n in range(50)])) == 50


def test_a_limit_that_is_lifted_counts_at_once() -> None:
    pacer = FramePacer()
    pacer.fps_max = 1.0
    frames_taken(pacer, [0.0, 33.0])
    pacer.fps_max = 15.0
    assert frames_taken(pacer, [66.0]) == [66.0]


@given(st.floats(1, 60), st.lists(st.floats(1, 400), min_size=2, max_size=300))
def test_no_limit_is_exceeded_nor_undercut_by_more_than_a_frame(fps_max: float, gaps_ms: list[float]) -> None:
    pacer, times_ms, now_ms = FramePacer(), list[float](), 1000.0
    pacer.fps_max = fps_max
    for gap_ms in gaps_ms:
        now_ms += gap_ms
        times_ms.append(now_ms)
    chosen = frames_taken(pacer, times_ms)
    interval_ms = 1000 / fps_max
    assert len(chosen) <= (times_ms[-1] - times_ms[0]) / interval_ms + 2
    for earlier, later in pairwise(chosen):
        between = [ms for ms in times_ms if earlier < ms < later]
        assert all(ms - earlier < 1.2 * interval_ms for ms in between)
