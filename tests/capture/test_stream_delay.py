"""Pictures that wait on their way are dated by when they should have come, or left out."""

import threading
from collections.abc import Iterable, Iterator
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alpr_edge.app.cameras import Camera
from alpr_edge.capture.camera_clock import ARRIVAL_UNCERTAINTY_MS
from alpr_edge.capture.devices import RtspSource
from alpr_edge.capture.rtsp_clock import RtspClockSource
from alpr_edge.capture.stream_delay import (
    BELIEVED_MS_MAX,
    DATED_BACK_MS_MAX,
    JITTER_MS,
    LATE,
    LEFT_OUT_MS_MAX,
    SLOW_TIMES,
    StreamDelay,
)
from alpr_edge.domain.instants import NS_PER_MS, Instant
from alpr_edge.domain.recognition.frames import Frame
from alpr_edge.settings import RtspCamera
from tests.capture.rtsp_relay import RtspRelay, relay_to
from tests.capture.rtsp_server import RtspServer, shown_ms
from tests.capture.test_camera_clock import at
from tests.capture.test_rtsp_clock import FollowingClock, first_ones, utc_ms

STEP_MS = 40.0
WAY_MS = 100.0
"""How long a picture of these streams is on its way as ever."""
Pictures = list[tuple[float, float]]
"""Arrival and time in the stream, ms."""


def live(since: int, until: int, late_ms: float = 0.0) -> Pictures:
    return [(number * STEP_MS + WAY_MS + late_ms, number * STEP_MS) for number in range(since, until)]


def burst(since: int, until: int, at_ms: float) -> Pictures:
    """Pictures that waited and come at once, four milliseconds from one to the next."""
    return [(at_ms + 4.0 * (number - since), number * STEP_MS) for number in range(since, until)]


def errors_ms(delay: StreamDelay, pictures: Pictures) -> list[float | None]:
    """How long after its taking and its usual way each picture is dated; None where it is left out."""
    usual = [(delay.usual_arrival(at(arrival_ms), stream_ms), stream_ms) for arrival_ms, stream_ms in pictures]
    return [None if each is None else each.ms_since(at(stream_ms + WAY_MS)) for each, stream_ms in usual]


def given_ms(errors: Iterable[float | None]) -> list[float]:
    return [error_ms for error_ms in errors if error_ms is not None]


def test_live_pictures_are_dated_by_their_arrival() -> None:
    assert errors_ms(StreamDelay(), live(0, 500))[1:] == pytest.approx([0.0] * 499, abs=1e-3)
    jitter = [(arrival_ms + number * 61 % 140, stream_ms) for number, (arrival_ms, stream_ms) in enumerate(live(0, 99))]
    delay = StreamDelay()
    for arrival_ms, stream_ms in jitter:
        assert delay.usual_arrival(at(arrival_ms), stream_ms) in {at(arrival_ms), None}


@pytest.mark.parametrize("stall_ms", [400.0, 1900.0])
def test_what_waited_while_a_link_stalled_is_dated_back_or_left_out(stall_ms: float) -> None:
    waited = round(stall_ms / STEP_MS) + 1
    released_ms = 250 * STEP_MS + WAY_MS + stall_ms
    delay = StreamDelay()
    errors = errors_ms(delay, live(0, 250) + burst(250, 250 + waited, released_ms) + live(251 + waited, 400))
    assert max(given_ms(errors)) <= JITTER_MS + 5
    too_late = sum(stall_ms - number * (STEP_MS - 4.0) > DATED_BACK_MS_MAX for number in range(waited))
    assert errors.count(None) == pytest.approx(too_late + 1, abs=1), "and the first picture of the stream"
    assert errors[-100:] == pytest.approx([0.0] * 100, abs=1e-3)
    assert delay.trouble == ""


def test_pictures_that_come_late_for_ever_are_given_and_told_and_are_less_certain() -> None:
    delay = StreamDelay()
    errors_ms(delay, live(0, 250))
    late_ms = 1200.0
    assert set(errors_ms(delay, live(250, 250 + int(LEFT_OUT_MS_MAX / STEP_MS), late_ms))) == {None}
    assert delay.trouble == ""
    for arrival_ms, stream_ms in live(400, 20_000, late_ms):
        usual = delay.usual_arrival(at(arrival_ms), stream_ms)
        assert usual is not None
        assert usual.boottime_ns == at(arrival_ms).boottime_ns
        assert usual.uncertainty_ms is not None
        assert usual.uncertainty_ms == pytest.approx(2 + late_ms, abs=30)
        assert delay.trouble == LATE
    assert max(given_ms(errors_ms(delay, live(20_100, 20_200)))) < JITTER_MS
    assert delay.trouble == ""


def test_a_computer_that_catches_up_by_leaving_out_stays_in_time() -> None:
    """Each picture that is used takes 50 ms, each that is left out 5 ms; they come every 40 ms."""
    delay, arrival_ms, errors = StreamDelay(), 0.0, list[float]()
    for number in range(5000):
        arrival_ms = max(arrival_ms, number * STEP_MS + WAY_MS)
        usual = delay.usual_arrival(at(arrival_ms), number * STEP_MS)
        arrival_ms += 5.0 if usual is None else 50.0
        errors += [] if usual is None else [usual.ms_since(at(number * STEP_MS + WAY_MS))]
    assert max(errors) <= ARRIVAL_UNCERTAINTY_MS - WAY_MS
    assert len(errors) > 3500
    assert delay.trouble == ""


@pytest.mark.parametrize("rate", [0.999, 0.9999, 1.0001, 1.001, 1.5])
def test_a_camera_s_clock_may_run_a_little_slow_or_fast(rate: float) -> None:
    delay = StreamDelay()
    for number in range(25 * 1200):
        arrived = at(number * STEP_MS)
        usual = delay.usual_arrival(arrived, number * STEP_MS * rate)
        assert usual in {arrived, None}
        assert usual is not None or number < 10
    assert delay.trouble == ""


def test_a_stream_whose_times_run_slow_is_dated_by_arrival_in_the_end() -> None:
    delay, left_out_ms = StreamDelay(), 0.0
    for number in range(10_000):
        arrived = at(number * STEP_MS)
        usual = delay.usual_arrival(arrived, number * STEP_MS / 2)
        left_out_ms += STEP_MS if usual is None else 0.0
    assert left_out_ms <= LEFT_OUT_MS_MAX + 10 * STEP_MS
    assert usual == arrived
    assert delay.trouble == SLOW_TIMES
    assert BELIEVED_MS_MAX < 10_000 * STEP_MS / 2


def test_a_stream_without_times_is_dated_by_arrival() -> None:
    delay = StreamDelay()
    usual = [delay.usual_arrival(at(number * STEP_MS), 0.0) for number in range(300)]
    assert usual[3:] == [at(number * STEP_MS) for number in range(3, 300)]


def test_times_that_are_set_back_or_ahead_begin_anew() -> None:
    for set_by_ms in (-60_000.0, 60_000.0):
        delay, later = StreamDelay(), [(arrival, stream_ms + set_by_ms) for arrival, stream_ms in live(250, 400)]
        errors_ms(delay, live(0, 250))
        assert [delay.usual_arrival(at(arrival), stream_ms) for arrival, stream_ms in later] == [
            at(arrival) for arrival, _ in later
        ]


@given(st.lists(st.tuples(st.floats(0, 3000), st.floats(-100, 3000)), max_size=80))
def test_times_never_go_back_nor_leave_what_is_allowed(steps: list[tuple[float, float]]) -> None:
    delay, arrival_ms, stream_ms, newest_ns = StreamDelay(), 0.0, 0.0, 0
    for waited_ms, progress_ms in steps:
        arrival_ms, stream_ms = arrival_ms + waited_ms, stream_ms + progress_ms
        arrived = Instant("boot", round(arrival_ms * NS_PER_MS))
        usual = delay.usual_arrival(arrived, stream_ms)
        if usual is not None:
            assert newest_ns <= usual.boottime_ns <= arrived.boottime_ns
            assert arrived.ms_since(usual) <= DATED_BACK_MS_MAX
            newest_ns = usual.boottime_ns


@pytest.fixture
def relay(rtsp_server: RtspServer) -> Iterator[RtspRelay]:
    with relay_to(rtsp_server.port) as relay:
        yield relay


def camera_behind(relay: RtspRelay, rtsp_server: RtspServer) -> RtspCamera:
    url = rtsp_server.camera().url.replace(f":{rtsp_server.port}/", f":{relay.port}/")
    return rtsp_server.camera().model_copy(update={"url": url, "read_timeout_s": 5.0})


def error_ms(frame: Frame) -> float:
    """How long after its taking a picture of the server is dated."""
    return utc_ms(frame.captured_at) - shown_ms(frame.pixels, utc_ms(frame.captured_at))


@pytest.mark.parametrize("kind", [RtspSource, RtspClockSource])
def test_no_picture_of_a_real_stream_that_stalls_is_dated_late(
    kind: type[RtspSource] | type[RtspClockSource], relay: RtspRelay, rtsp_server: RtspServer
) -> None:
    frames = first_ones(kind(camera_behind(relay, rtsp_server), FollowingClock()).frames())
    pictures = [next(frames) for _ in range(30)]
    relay.wait_s = 1.9
    release = threading.Timer(1.9, setattr, (relay, "wait_s", 0.0))
    release.start()
    pictures += [next(frames) for _ in range(45)]
    release.join()
    assert max(error_ms(picture) for picture in pictures) < 900
    numbers = [picture.number for picture in pictures]
    assert max(later - number for number, later in pairwise(numbers)) > 5, "some were left out"


def test_a_real_stream_that_comes_late_for_good_is_told_and_heals(relay: RtspRelay, rtsp_server: RtspServer) -> None:
    camera = Camera(camera_behind(relay, rtsp_server), FollowingClock(), lambda _: False)
    frames = first_ones(camera.frames(lambda: None))
    for _ in range(30):
        next(frames)
    assert camera.clock_trouble == ""
    relay.wait_s = 1.5
    late = next(frame for frame in frames if camera.clock_trouble)
    assert camera.clock_trouble == LATE
    assert late.captured_at.uncertainty_ms is not None
    assert late.captured_at.uncertainty_ms > ARRIVAL_UNCERTAINTY_MS + 1000
    relay.wait_s = 0.0
    assert next(frame for frame in frames if not camera.clock_trouble)
