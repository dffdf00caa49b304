"""V4L2 is tested without hardware: what goes wrong, and how stamps are judged. RTSP is tested against a real server."""

import threading
from collections.abc import Callable
from pathlib import Path

import cv2
import pytest
import structlog
from hypothesis import given
from hypothesis import strategies as st

from alpr_edge.capture.devices import RtspSource, V4l2Source, sensor_age_ms
from alpr_edge.capture.reopener import Reopener
from alpr_edge.capture.stream_delay import Backlog
from alpr_edge.domain.errors import CaptureError
from alpr_edge.domain.retry import Backoff
from alpr_edge.runtime.clock import SystemClock
from alpr_edge.settings import V4l2Camera
from tests.capture.rtsp_server import RtspServer


def failure_of(source: V4l2Source | RtspSource) -> str:
    with pytest.raises(CaptureError) as excinfo:
        list(source.frames())
    return str(excinfo.value)


def test_what_is_no_camera_is_said_in_one_line(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "video0").touch()
    for device, reason in [
        (str(tmp_path / "video1"), "no such device"),
        (str(tmp_path / "video0"), "is a file and no device"),
        ("/dev/null", "cannot be opened as a camera"),
        ("a\0b", "no such device"),
    ]:
        failure = failure_of(V4l2Source(V4l2Camera(kind="v4l2", device=device), SystemClock()))
        assert failure.startswith(f"camera front: {device}: {reason}")
        assert "\n" not in failure
    assert capfd.readouterr() == ("", "")


def test_a_sensor_stamp_counts_only_when_it_can_be_monotonic() -> None:
    assert sensor_age_ms(99_960, 100_000) == 40
    for unusable in (0.0, -1.0, 1.7e12, 100_001.0, 90_000.0):
        assert sensor_age_ms(unusable, 100_000) == 0
    assert sensor_age_ms(0, 100) == 0  # just booted, and the driver stamps nothing


def test_pictures_kept_while_the_stream_opened_are_old() -> None:
    backlog = Backlog()
    burst = [(n * 0.3, max(0, n - 1) * 66.7) for n in range(20)]
    assert all(backlog.holds(*picture) for picture in burst)
    live = [(5.7 + n * 66.7, (n + 18) * 66.7) for n in range(1, 20)]
    assert not any(backlog.holds(*picture) for picture in live)


@given(st.floats(0, 1e4), st.floats(-1e4, 1e4))
def test_no_stream_is_taken_for_old_for_ever(waited_ms: float, progress_ms: float) -> None:
    backlog = Backlog()
    verdicts = [backlog.holds(n * waited_ms, n * progress_ms) for n in range(260)]
    assert not any(verdicts[250:])
    assert verdicts == sorted(verdicts, reverse=True)


def test_a_stream_without_times_is_live_after_a_few_pictures() -> None:
    backlog = Backlog()
    assert [backlog.holds(n, 0) for n in range(6)] == [True, True, True, False, False, False]


def test_rtsp_frames_arrive_as_they_happen(rtsp_server: RtspServer) -> None:
    source = RtspSource(rtsp_server.camera(), SystemClock())
    with structlog.testing.capture_logs() as logs:
        frames = [frame for frame, _ in zip(source.frames(), range(15), strict=False)]
    assert frames[0].pixels.shape == (240, 320, 3)
    assert frames[0].number > 0, "the pictures FFmpeg kept while opening are left out"
    assert [frame.number for frame in frames] == list(range(frames[0].number, frames[0].number + 15))
    # Kept pictures come within a few milliseconds; live ones at the camera's pace, 14 x 67 ms.
    assert frames[-1].captured_at.ms_since(frames[0].captured_at) == pytest.approx(933, abs=400)
    assert [log["event"] for log in logs] == ["capture.opened"]
    assert "secret" not in repr(logs)


def test_an_rtsp_address_without_a_camera_keeps_its_secrets(rtsp_server: RtspServer) -> None:
    unknown = failure_of(RtspSource(rtsp_server.camera("elsewhere"), SystemClock()))
    rtsp_server.off()
    nobody = failure_of(RtspSource(rtsp_server.camera(), SystemClock()))
    for failure in (unknown, nobody):
        assert "cannot be opened" in failure
        assert "secret" not in failure
        assert "officer" not in failure


def test_a_frozen_rtsp_camera_is_given_up(rtsp_server: RtspServer) -> None:
    source = RtspSource(rtsp_server.camera(), SystemClock())
    frames = source.frames()
    next(frames)
    rtsp_server.freeze()
    with pytest.raises(CaptureError, match="the stream stopped"):
        list(frames)


def test_an_rtsp_camera_that_was_off_comes_back_and_its_numbers_go_on(rtsp_server: RtspServer) -> None:
    stop, waits = threading.Event(), list[float]()

    def wait(seconds: float) -> bool:
        waits.append(seconds)
        if len(waits) == 2:
            rtsp_server.on()
        return not stop.wait(seconds)

    source = Reopener(
        RtspSource(rtsp_server.camera(), SystemClock()), Backoff(first_s=0.05, longest_s=0.2), lambda: 0.5, wait
    )
    frames = source.frames()
    before = [next(frames) for _ in range(5)]
    assert source.up
    rtsp_server.off()
    after = next(frame for frame in frames if source.reopen_count)
    assert len(waits) >= 2
    assert after.number > before[-1].number
    assert source.up
    assert source.last_error is not None
    stop.set()
    rtsp_server.off()
    assert sum(1 for _ in frames) < 100
    assert not source.up


@pytest.mark.review(4)
def test_a_camera_shows_life_with_every_grab_also_of_pictures_that_are_left_out(
    make_video: Callable[..., Path],
) -> None:
    beats = [0]

    def beat() -> None:
        beats[0] += 1

    source = V4l2Source(V4l2Camera(kind="v4l2"), SystemClock(), beat)
    capture = cv2.VideoCapture(str(make_video("drive.mp4")), cv2.CAP_FFMPEG)
    assert list(source._read_frames(capture, lambda _: None)) == []
    capture.release()
    assert beats == [51]  # of 50 pictures, and the end


@pytest.mark.review(4)
@pytest.mark.parametrize("fps", [15, 8, 5, 4, 2, 1])
def test_a_camera_whose_stamps_run_too_fast_is_live_within_seconds(fps: int) -> None:
    backlog, number = Backlog(), 0
    while backlog.holds(number * 1000 / fps, number * 3000 / fps):
        number += 1
    assert number / fps <= 7
