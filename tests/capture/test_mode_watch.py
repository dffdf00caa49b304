"""A camera that gives smaller or fewer pictures than are asked for; a video takes a real camera's place."""

from collections.abc import Callable, Iterator
from pathlib import Path

import cv2
import numpy as np
import pytest

from alpr_edge.app.cameras import Camera
from alpr_edge.capture.devices import V4l2Source
from alpr_edge.capture.mode_watch import SLOW_S, ModeWatch
from alpr_edge.domain.recognition.frames import Frame, Pixels
from alpr_edge.runtime.clock import SystemClock
from alpr_edge.runtime.stages import Wait
from alpr_edge.settings import V4l2Camera
from tests.capture.test_picture_watch import Seconds

CAMERA = V4l2Camera(kind="v4l2")


def picture(width_px: int = 1280, height_px: int = 720) -> Pixels:
    return np.zeros((height_px, width_px, 3), np.uint8)


def watch_of(pixels: Pixels, mode_fps: float = 30.0) -> ModeWatch:
    watch = ModeWatch(CAMERA)
    watch.begin(mode_fps)
    watch.note(pixels)
    return watch


def test_pictures_as_they_are_set_are_no_trouble() -> None:
    for mode_fps in (30.0, 29.97, 60.0, 0.0, -1.0, float("nan"), float("inf")):
        assert watch_of(picture(), mode_fps).trouble == ""
    watch = ModeWatch(CAMERA)
    assert (watch.trouble, watch.size_px) == ("", None), "no picture came yet"


def test_a_smaller_picture_and_a_slower_mode_are_told_until_the_camera_is_opened_anew() -> None:
    watch = watch_of(picture(640, 480))
    assert watch.trouble == "gives pictures of 640x480 pixels instead of 1280x720"
    assert watch.size_px == (640, 480)
    watch.begin(10.0)
    assert watch.trouble == ""
    watch.note(picture())
    assert watch.trouble == "gives 10 pictures a second instead of 30"
    watch.note(picture(640, 480))
    assert "640x480" in watch.trouble
    assert "10 pictures" in watch.trouble
    watch.begin(30.0)
    watch.note(picture())
    assert watch.trouble == ""


@pytest.mark.parametrize(("fps", "is_told"), [(15.0, False), (7.5, False), (5.0, True)])
def test_pictures_that_come_slowly_for_long_are_told_but_not_what_darkness_does(fps: float, *, is_told: bool) -> None:
    seconds, rates = Seconds(), [fps]
    watch = ModeWatch(CAMERA, lambda: rates[-1], seconds)
    watch.begin(30.0)
    watch.note(picture())
    seconds.now_s += SLOW_S - 1
    assert watch.trouble == ""
    seconds.now_s += 1
    assert (watch.trouble == "gives 5 pictures a second instead of 30") is is_told
    rates.append(30.0)
    watch.note(picture())
    assert watch.trouble == ""


class DeviceOnVideo(V4l2Source):
    """A camera on a bus whose pictures are those of a video."""

    video: Path

    def frames(self) -> Iterator[Frame]:
        capture = cv2.VideoCapture(str(self.video), cv2.CAP_FFMPEG)
        self.mode.begin(capture.get(cv2.CAP_PROP_FPS))
        yield from self._read_frames(capture, lambda _: SystemClock().now())


class CameraOnVideo(Camera):
    """The camera of a unit with such a source."""

    video: Path

    def _open(self, wait: Wait, beat: Callable[[], None]) -> DeviceOnVideo:
        device = super()._open(wait, beat)
        assert isinstance(device, V4l2Source)
        source = DeviceOnVideo(CAMERA, self._clock, beat, self.pacer.takes, device.mode)
        source.video = self.video
        return source


def test_a_camera_of_a_unit_tells_what_it_gives_and_its_size(make_video: Callable[..., Path]) -> None:
    camera = CameraOnVideo(CAMERA, SystemClock(), lambda _: True)
    camera.video = make_video("small.mp4", size=(640, 480))
    assert camera.mode_trouble == ""
    frames = camera.frames(lambda: None)
    next(frames)
    assert camera.mode_trouble.startswith("gives pictures of 640x480 pixels instead of 1280x720; gives 10 pictures")
    assert camera.figures == {"damaged": 0, "width_px": 640, "height_px": 480}
    assert len(list(frames)) == 49
    assert camera.trouble
    assert camera.mode_trouble == "", "it gives none any more, which is told"
