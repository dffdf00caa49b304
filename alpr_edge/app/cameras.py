"""The cameras of a live unit: opens the adapter that a camera's settings name, and reopens it after failures."""

import random
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from typing import Any, assert_never

from alpr_edge.capture.camera_tunings import write_tunings
from alpr_edge.capture.devices import RtspSource, V4l2Source
from alpr_edge.capture.mode_watch import ModeWatch
from alpr_edge.capture.picamera import Picamera2Source
from alpr_edge.capture.picture_watch import PictureWatch, WatchedSource
from alpr_edge.capture.recordings import FolderSource, VideoSource
from alpr_edge.capture.reopener import Reopener
from alpr_edge.capture.rtsp_clock import RtspClockSource, is_installed
from alpr_edge.domain.instants import Instant
from alpr_edge.domain.load.frame_rate import FramePacer, Takes, take_all
from alpr_edge.domain.ports import Clock, FrameSource
from alpr_edge.domain.recognition.frames import Frame
from alpr_edge.domain.retry import Backoff
from alpr_edge.runtime.stages import Wait, beating
from alpr_edge.settings import (
    CameraSettings,
    FolderCamera,
    Picamera2Camera,
    RtspCamera,
    Settings,
    SimulatedCamera,
    V4l2Camera,
    VideoCamera,
)
from alpr_edge.simulation.source import SimulatedSource

NOT_OPEN = "not open yet"
HUNG = "it hung"
OPENING_S_MAX = 20.0
"""Longest time from the start to the first picture; until then a camera is opening and has not failed."""
ROUND_S_MIN = 0.1
"""Least time that a recording is played before it starts again."""


class LiveRecording:
    """A recording used as a camera: at its own pace, and again from its start whenever it has ended.

    Args:
        wait: a function that waits so many seconds; True when the unit stops.
    """

    def __init__(
        self, open_at: Callable[[Instant], FrameSource], clock: Clock, wait: Wait, takes: Takes = take_all
    ) -> None:
        self._takes = takes
        self._open_at = open_at
        self._clock = clock
        self._wait = wait

    def frames(self) -> Iterator[Frame]:
        """Yield the frames when they are due, with numbers that go on from round to round."""
        number = 0
        while True:
            first, began_s = number, time.monotonic()
            for frame in self._one_round():
                number = first + frame.number + 1
                if self._takes(frame.captured_at):
                    yield replace(frame, number=first + frame.number)
            # A folder of one picture is over at once, and would be read as fast as the disk gives it.
            if number == first or self._wait(max(0.0, began_s + ROUND_S_MIN - time.monotonic())):
                return  # a recording without a frame gives none in another round either

    def _one_round(self) -> Iterator[Frame]:
        start, began_s = self._clock.now(), time.monotonic()
        for frame in self._open_at(start).frames():
            due_s = frame.captured_at.ms_since(start) / 1000 - (time.monotonic() - began_s)
            if due_s > 0 and self._wait(due_s):
                return
            yield frame


class Camera:
    """A camera of the unit, with the state that health reports.

    Args:
        wait: a function that waits so many seconds; True when the unit stops.
    """

    def __init__(
        self, settings: CameraSettings, clock: Clock, wait: Wait, is_driving: Callable[[], bool] = lambda: False
    ) -> None:
        self.camera_id = settings.id
        self._settings = settings
        self._clock = clock
        self._wait = wait
        self._pictures = _picture_watch(settings, is_driving)
        self._device: FrameSource | None = None
        self._source: Reopener | None = None
        self._began_s = time.monotonic()
        self.pacer = FramePacer()
        """Leaves frames out while the machine is too hot; lasts over reopenings."""
        self._mode = _mode_watch(settings, self.pacer)

    @property
    def trouble(self) -> str:
        """Why no frames come; empty when they do."""
        if self._source is None:
            return NOT_OPEN
        failure = self._silence if self._source.up else self._source.last_error or NOT_OPEN
        return failure.removeprefix(f"camera {self.camera_id}: ")

    @property
    def standstill(self) -> str:
        """That it gives the same picture again and again; empty when it does not."""
        if self._pictures is None or self._source is None or not self._source.up:
            return ""
        return self._pictures.standstill

    @property
    def mode_trouble(self) -> str:
        """That its pictures are smaller or fewer than its settings ask for; empty when they are not."""
        if self._mode is None or self._source is None or not self._source.up:
            return ""
        return self._mode.trouble

    @property
    def _silence(self) -> str:
        """That it is open and gives no picture any more."""
        return "" if self._pictures is None else self._pictures.silence

    @property
    def is_opening(self) -> bool:
        """Whether it has not given a picture yet, nor failed, and still has time for it."""
        return self.trouble == NOT_OPEN and time.monotonic() - self._began_s <= OPENING_S_MAX

    @property
    def reopen_count(self) -> int:
        """How often it was reopened."""
        return 0 if self._source is None else self._source.reopen_count

    @property
    def figures(self) -> dict[str, Any]:
        """Exposure, gain, focus and size of its pictures, whose clock dates them, how many did not decode."""
        match self._device:
            case Picamera2Source() as device:
                return {**device.figures, "stale": device.stale}
            case RtspClockSource(camera_clock=clock) as device:
                time_from = "camera" if clock.is_used else "arrival"
                return {"time_from": time_from, "clock_jumps": clock.jump_count, "damaged": device.damaged_frames}
            case V4l2Source(mode=mode) as device:
                width_px, height_px = mode.size_px or (None, None)
                return {"damaged": device.damaged_frames, "width_px": width_px, "height_px": height_px}
            case RtspSource() as device:
                return {"damaged": device.damaged_frames}
            case _:
                return {}

    @property
    def clock_trouble(self) -> str:
        """Why its pictures are dated less precisely than its settings ask for; empty where they are not."""
        settings = self._settings
        if isinstance(settings, RtspCamera) and settings.time_from == "camera" and not is_installed():
            return 'PyAV is not installed: pip install "alpr-edge[rtsp-clock]"'
        match self._device:
            case RtspClockSource(camera_clock=clock, delay=delay):
                return clock.trouble or delay.trouble
            case RtspSource(delay=delay):
                return delay.trouble
            case _:
                return ""

    def frames(self, beat: Callable[[], None]) -> Iterator[Frame]:
        """Yield frames until the unit stops; a camera that is down and waits does not count as stalled.

        Each call opens the device with new objects: the thread of an earlier call may still hang in the old ones.
        """
        settings, before = self._settings, self._source
        wait = beating(self._wait, beat)
        backoff = Backoff(first_s=settings.reopen_first_s, longest_s=settings.reopen_longest_s)
        self._device = self._open(wait, beat)
        watched = self._device if self._pictures is None else WatchedSource(self._device, self._pictures)
        self._source = Reopener(
            watched,
            backoff,
            random.random,
            lambda seconds: not wait(seconds),
            camera_id=settings.id,
            is_stopping=lambda: self._wait(0.0),
        )
        if before is not None:
            self._source.go_on_from(before, HUNG)
        return self._source.frames()

    def _open(self, wait: Wait, beat: Callable[[], None]) -> FrameSource:
        """The device or recording of the settings."""
        settings, clock, takes = self._settings, self._clock, self.pacer.takes
        match settings:
            case V4l2Camera():
                return V4l2Source(settings, clock, beat, takes, self._mode)
            case Picamera2Camera():
                return Picamera2Source(settings, clock, beat=beat, takes=takes)
            case RtspCamera():
                is_by_camera = settings.time_from == "camera" and is_installed()
                return (RtspClockSource if is_by_camera else RtspSource)(settings, clock, beat, takes)
            case VideoCamera() | FolderCamera() | SimulatedCamera():
                return LiveRecording(partial(_recording, settings), clock, wait, takes)
            case _:
                assert_never(settings)


def make_cameras(
    settings: Settings, clock: Clock, wait: Wait, is_driving: Callable[[], bool] = lambda: False
) -> list[Camera]:
    """All cameras of the unit, none of which is open yet; arguments as of :class:`Camera`."""
    write_tunings(settings.camera, settings.unit.runtime_directory)
    return [Camera(camera, clock, wait, is_driving) for camera in settings.camera]


def is_recording(settings: CameraSettings) -> bool:
    """Whether a camera plays a recording, whose light is not that of this moment."""
    return isinstance(settings, VideoCamera | FolderCamera | SimulatedCamera)


def _picture_watch(settings: CameraSettings, is_driving: Callable[[], bool]) -> PictureWatch | None:
    """What watches the pictures of a camera; None: a recording may stand still, and its end is told as such."""
    match settings:
        case V4l2Camera() | Picamera2Camera():
            return PictureWatch(settings.fps)
        case RtspCamera():
            return PictureWatch(is_encoded=True, is_driving=is_driving)
        case _:
            return None


def _mode_watch(settings: CameraSettings, pacer: FramePacer) -> ModeWatch | None:
    """What compares pictures with the settings; None: of other cameras these name no size, or they fail without it."""
    return ModeWatch(settings, lambda: pacer.fps_offered) if isinstance(settings, V4l2Camera) else None


def _recording(settings: VideoCamera | FolderCamera | SimulatedCamera, start: Instant) -> FrameSource:
    """A recording, of which the first frame is dated by ``start``."""
    match settings:
        case VideoCamera():
            return VideoSource(settings.path, settings.id, start)
        case FolderCamera():
            return FolderSource(settings.path, settings.id, settings.fps, start)
        case SimulatedCamera():
            return SimulatedSource(settings, start)
        case _:
            assert_never(settings)
