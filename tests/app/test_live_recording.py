"""A recording as a camera: it is played again and again, and nobody is told that it was lost."""

import threading
import time
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

from structlog.testing import capture_logs

from alpr_edge.app.cameras import ROUND_S_MIN, Camera, is_recording
from alpr_edge.domain.recognition.frames import Frame
from alpr_edge.runtime.clock import SystemClock
from alpr_edge.settings import FolderCamera, parse
from tests.app.rig import write_frames


def camera_of(folder: Path, stop: threading.Event) -> Camera:
    settings = FolderCamera(kind="folder", id="front", path=folder, fps=200, reopen_first_s=0.01)
    return Camera(settings, SystemClock(), stop.wait)


def some(frames: Iterator[Frame], count: int) -> list[int]:
    return [frame.number for frame in islice(frames, count)]


def test_a_folder_is_repeated_in_silence_until_the_unit_stops(tmp_path: Path) -> None:
    stop = threading.Event()
    camera = camera_of(write_frames(tmp_path / "frames", [0]), stop)
    frames = camera.frames(lambda: None)
    with capture_logs() as lines:
        assert some(frames, 20) == list(range(20))
        assert (camera.trouble, camera.reopen_count) == ("", 0)
        stop.set()
        assert len(some(frames, 20)) <= 6  # the round under way
    assert lines == []


def test_a_folder_of_one_picture_is_not_read_as_fast_as_the_disk_gives_it(tmp_path: Path) -> None:
    folder = write_frames(tmp_path / "frames", [0], plate_frames=1, gap=0)
    began_s = time.monotonic()
    assert some(camera_of(folder, threading.Event()).frames(lambda: None), 4) == [0, 1, 2, 3]
    assert time.monotonic() - began_s >= 3 * ROUND_S_MIN


def test_only_what_was_recorded_before_has_a_light_of_its_own(tmp_path: Path) -> None:
    keys: dict[str, dict[str, str]] = {
        **{kind: {} for kind in ("v4l2", "picamera2", "simulated")},
        "rtsp": {"url": "rtsp://192.0.2.10/"},
        **{kind: {"path": "drive"} for kind in ("video", "folder")},
    }
    raw = {"camera": [{"kind": kind, "id": kind, **others} for kind, others in keys.items()]}
    recordings = {camera.id for camera in parse(raw, tmp_path).camera if is_recording(camera)}
    assert recordings == {"video", "folder", "simulated"}
