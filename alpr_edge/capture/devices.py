"""Cameras: V4L2 on this computer's bus, RTSP on the vehicle's network.

A device source never ends by itself: whatever stops it raises
:class:`~alpr_edge.domain.errors.CaptureError` after the device is released, and calling ``frames`` again opens it
anew (:class:`~alpr_edge.capture.reopener.Reopener` does so).
"""

import itertools
import os
import time
from collections.abc import Callable, Iterator
from stat import S_ISCHR

import cv2
import structlog

from alpr_edge.capture.camera_clock import date_by_arrival
from alpr_edge.capture.mode_watch import ModeWatch
from alpr_edge.capture.opencv import V4L2_FREEZE_S, grab, open_capture, retrieve
from alpr_edge.capture.stream_delay import StreamDelay
from alpr_edge.domain.errors import CaptureError
from alpr_edge.domain.instants import Instant
from alpr_edge.domain.load.frame_rate import Takes, take_all
from alpr_edge.domain.ports import Clock
from alpr_edge.domain.recognition.frames import Frame, Pixels
from alpr_edge.settings import RtspCamera, V4l2Camera
from alpr_edge.settings.base import without_secrets

log = structlog.get_logger(__name__)

STAMP_AGE_MS_MAX = 2000.0
"""Greatest age of a sensor's stamp; an older one does not belong to the frame just grabbed."""
DAMAGED_IN_A_ROW_MAX = 50
"""Damaged pictures in a row after which a source counts as frozen. Cameras often start with a few."""
_MJPG = cv2.VideoWriter.fourcc(*"MJPG")


class _DeviceSource:
    """The part that both kinds of camera share: the loop that reads frames."""

    def __init__(self, camera_id: str, name: str, beat: Callable[[], None], takes: Takes) -> None:
        self._camera_id = camera_id
        self._name = name
        self._beat = beat
        self._takes = takes
        self.damaged_frames = 0
        """Pictures that arrived and did not decode; each left a gap in the numbers."""

    def _read_frames(
        self, capture: cv2.VideoCapture, stamp: Callable[[cv2.VideoCapture], Instant | None]
    ) -> Iterator[Frame]:
        """Yield frames until the capture is silent or only gives pictures that do not decode.

        Args:
            stamp: a function that dates the picture just grabbed; None: leave it out.
        """
        self._log_opened(capture)
        in_a_row = 0
        for number in itertools.count():
            self._beat()
            if not grab(capture):
                return
            captured_at = stamp(capture)
            if captured_at is None or not self._takes(captured_at):
                continue
            pixels = retrieve(capture)
            if pixels is not None:
                in_a_row = 0
                self._note(pixels)
                yield Frame(self._camera_id, number, captured_at, pixels)
                continue
            self.damaged_frames += 1
            in_a_row += 1
            if in_a_row >= DAMAGED_IN_A_ROW_MAX:
                raise self._error(f"{in_a_row} pictures in a row could not be decoded")

    def _note(self, pixels: Pixels) -> None:
        """Look at a picture on its way; what a kind of camera looks for is its own."""

    def _log_opened(self, capture: cv2.VideoCapture) -> None:
        log.info(
            "capture.opened",
            camera=self._camera_id,
            source=self._name,
            width_px=int(capture.get(cv2.CAP_PROP_FRAME_WIDTH)),
            height_px=int(capture.get(cv2.CAP_PROP_FRAME_HEIGHT)),
            fps=round(capture.get(cv2.CAP_PROP_FPS), 2),
        )

    def _error(self, what: str) -> CaptureError:
        return CaptureError(f"camera {self._camera_id}: {self._name}: {what}")


class V4l2Source(_DeviceSource):
    """A V4L2 camera.

    Frames are stamped with the driver's own time of capture where it is a plausible monotonic stamp (uvcvideo's
    default; depending on the driver it marks the start or the end of the exposure), else with the time of the grab.

    Args:
        mode: notices that size or rate are not those of the settings; None: its own, without the rate that arrives.
    """

    def __init__(
        self,
        camera: V4l2Camera,
        clock: Clock,
        beat: Callable[[], None] = lambda: None,
        takes: Takes = take_all,
        mode: ModeWatch | None = None,
    ) -> None:
        super().__init__(camera.id, camera.device, beat, takes)
        self._camera = camera
        self._clock = clock
        self.mode = mode or ModeWatch(camera)

    def frames(self) -> Iterator[Frame]:
        """Yield frames for as long as the device gives any.

        Raises:
            CaptureError: no such device, no camera, in use, frozen or unplugged.
        """
        self._require_device()
        with open_capture(self._camera.device, cv2.CAP_V4L2) as capture:
            if not capture.isOpened():
                raise self._error("cannot be opened as a camera; is it in use, or no capture device?")
            self._configure(capture)
            self.mode.begin(capture.get(cv2.CAP_PROP_FPS))
            yield from self._read_frames(capture, self._stamp)
        raise self._error(self._why_silent())

    def _require_device(self) -> None:
        try:
            mode = os.stat(self._camera.device).st_mode  # noqa: PTH116 - a device is no path to walk
        except (OSError, ValueError):
            raise self._error("no such device; is the camera plugged in? (v4l2-ctl --list-devices)") from None
        if not S_ISCHR(mode):
            raise self._error("is a file and no device; for a recording use kind video")
        if not os.access(self._camera.device, os.R_OK | os.W_OK):
            raise self._error("may not be opened; add this user to the group video")

    def _configure(self, capture: cv2.VideoCapture) -> None:
        """Ask for size and rate; over USB 2 only motion JPEG carries 720p at 30 frames a second."""
        capture.set(cv2.CAP_PROP_FOURCC, _MJPG)
        capture.set(cv2.CAP_PROP_FRAME_WIDTH, self._camera.width_px)
        capture.set(cv2.CAP_PROP_FRAME_HEIGHT, self._camera.height_px)
        capture.set(cv2.CAP_PROP_FPS, self._camera.fps)

    def _note(self, pixels: Pixels) -> None:
        self.mode.note(pixels)

    def _stamp(self, capture: cv2.VideoCapture) -> Instant:
        now, monotonic_ms = self._clock.now(), time.monotonic() * 1000
        return now.shift(-sensor_age_ms(capture.get(cv2.CAP_PROP_POS_MSEC), monotonic_ms))

    def _why_silent(self) -> str:
        if os.path.exists(self._camera.device):  # noqa: PTH110 - as above
            return f"gave no frame for {V4L2_FREEZE_S} s"
        return "was unplugged"


def sensor_age_ms(stamp_ms: float, monotonic_ms: float) -> float:
    """How old a frame is by its driver's stamp; 0 when the stamp cannot be one on CLOCK_MONOTONIC.

    Drivers may stamp with the wall clock (``uvcvideo.clock=realtime``) or not at all (0).
    """
    age_ms = monotonic_ms - stamp_ms
    return age_ms if stamp_ms > 0 and 0 <= age_ms <= STAMP_AGE_MS_MAX else 0.0


class RtspSource(_DeviceSource):
    """An RTSP camera over TCP.

    OpenCV does not hand out what the camera reports of its clock (:mod:`alpr_edge.capture.rtsp_clock` does), so frames
    are stamped as they come out of the network, or should have: the camera's encoder and the link (typically 100 to
    300 ms) are not in it, which the stamp's uncertainty says.
    """

    def __init__(
        self, camera: RtspCamera, clock: Clock, beat: Callable[[], None] = lambda: None, takes: Takes = take_all
    ) -> None:
        super().__init__(camera.id, without_secrets(camera.url), beat, takes)
        self._camera = camera
        self._clock = clock
        self.delay = StreamDelay()
        """How late the pictures of this opening come."""

    def frames(self) -> Iterator[Frame]:
        """Yield frames for as long as the server sends any.

        Raises:
            CaptureError: not reachable, no such stream, not let in, silent or gone. The line never holds the
                address's user, password or query.
        """
        parameters = (
            cv2.CAP_PROP_OPEN_TIMEOUT_MSEC,
            round(self._camera.open_timeout_s * 1000),
            cv2.CAP_PROP_READ_TIMEOUT_MSEC,
            round(self._camera.read_timeout_s * 1000),
            cv2.CAP_PROP_N_THREADS,
            1,
        )
        with open_capture(self._camera.url, cv2.CAP_FFMPEG, parameters) as capture:
            if not capture.isOpened():
                raise self._error("cannot be opened; check address, user and password, and that the camera is on")
            self.delay = StreamDelay()
            yield from self._read_frames(capture, self._stamp)
        raise self._error("the stream stopped")

    def _stamp(self, capture: cv2.VideoCapture) -> Instant | None:
        usual = self.delay.usual_arrival(self._clock.now(), capture.get(cv2.CAP_PROP_POS_MSEC))
        return None if usual is None else date_by_arrival(usual)
