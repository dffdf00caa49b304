"""Pictures dated by the camera's own clock, from a real RTSP server whose pictures show when they were taken."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from statistics import median

import pytest

from alpr_edge.app.cameras import Camera
from alpr_edge.capture.rtsp_clock import RtspClockSource
from alpr_edge.domain.errors import CaptureError
from alpr_edge.domain.instants import Instant, UtcSource
from alpr_edge.domain.recognition.frames import Frame
from alpr_edge.runtime.clock import SystemClock
from tests.capture.rtsp_server import RtspServer, shown_ms

PICTURES_MAX = 900
"""One minute: a server sends its first report within seconds."""


class FollowingClock:
    """This computer's clock as a time server confirms it, or as one would that is ahead by ``ahead_s``."""

    def __init__(self, ahead_s: float = 0.0) -> None:
        self._inner = SystemClock()
        self._ahead = timedelta(seconds=ahead_s)
        self.newest = self._inner.now()

    def now(self) -> Instant:
        now = self._inner.now()
        assert now.utc is not None
        self.newest = replace(now, utc=now.utc + self._ahead, utc_source=UtcSource.NTP, uncertainty_ms=1.0)
        return self.newest


def utc_ms(instant: Instant) -> float:
    assert instant.utc is not None
    return instant.utc.timestamp() * 1000


def first_ones(frames: Iterator[Frame]) -> Iterator[Frame]:
    for frame, _ in zip(frames, range(PICTURES_MAX), strict=False):
        yield frame


def test_pictures_are_dated_by_when_they_were_taken(rtsp_server: RtspServer) -> None:
    clock = FollowingClock()
    source = RtspClockSource(rtsp_server.camera(time_from="camera", clock_lag_ms_max=5000), clock)
    errors_ms, lags_ms, stamps = list[float](), list[float](), list[int]()
    for frame in first_ones(source.frames()):
        stamps.append(frame.captured_at.boottime_ns)
        if source.camera_clock.is_used:
            taken_ms = shown_ms(frame.pixels, utc_ms(clock.newest))
            errors_ms.append(utc_ms(frame.captured_at) - taken_ms)
            lags_ms.append(utc_ms(clock.newest) - taken_ms)
        if len(errors_ms) == 30:
            break
    assert stamps == sorted(stamps)
    assert abs(median(errors_ms)) < 20
    assert median(lags_ms) > 50, "FFmpeg gives a picture when the next one begins, here 66 ms later"


def test_a_camera_whose_clock_is_minutes_behind_is_dated_by_arrival(rtsp_server: RtspServer) -> None:
    clock = FollowingClock(ahead_s=300)
    source = RtspClockSource(rtsp_server.camera(time_from="camera"), clock)
    for frame in first_ones(source.frames()):
        assert frame.captured_at.boottime_ns == clock.newest.boottime_ns
        if source.camera_clock.trouble:
            break
    assert source.camera_clock.trouble == "its clock is 5 minutes behind the unit's"


def test_a_camera_that_is_gone_is_given_up_and_its_address_keeps_its_secrets(rtsp_server: RtspServer) -> None:
    source = RtspClockSource(rtsp_server.camera(time_from="camera"), SystemClock())
    frames = source.frames()
    next(frames)
    rtsp_server.freeze()
    with pytest.raises(CaptureError, match="the stream stopped"):
        list(frames)
    rtsp_server.off()
    for path in ("cam", "elsewhere"):
        with pytest.raises(CaptureError, match="cannot be opened") as excinfo:
            list(RtspClockSource(rtsp_server.camera(path, time_from="camera"), SystemClock()).frames())
        assert "secret" not in str(excinfo.value)
        assert "officer" not in str(excinfo.value)


def test_health_tells_whose_clock_dates_the_pictures_of_a_camera(rtsp_server: RtspServer) -> None:
    camera = Camera(rtsp_server.camera(time_from="camera"), FollowingClock(ahead_s=300), lambda _: False)
    for _ in first_ones(camera.frames(lambda: None)):
        if camera.clock_trouble:
            break
    assert camera.clock_trouble == "its clock is 5 minutes behind the unit's"
    assert camera.figures == {"time_from": "arrival", "clock_jumps": 0, "damaged": 0}
