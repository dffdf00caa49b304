"""The camera on the Pi's ribbon connector: Raspberry Pi's picamera2 over libcamera.

Tried with the real picamera2 against libcamera's virtual camera (``scripts/prove-camera``), which has no sensor:
exposure, gain, focus and the ceilings of automatic exposure were never tried on one.

Pictures are taken as NV12, which the Pi's image processor and the virtual camera both give, and converted here. As BGR
straight from the processor a picture would cost this computer a copy (0.1 ms at 1280x720 on an x86_64 core) in place
of the conversion (0.5 ms), but move twice the bytes through memory, and not be what was tried.
"""

import itertools
import os
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import cv2
import structlog

from alpr_edge.capture.camera_tunings import has_ceilings
from alpr_edge.capture.opencv import read_only
from alpr_edge.capture.picamera_controls import FLIPS, camera_index, controls_of, is_beyond_ceilings, split
from alpr_edge.domain.errors import CaptureError
from alpr_edge.domain.instants import NS_PER_MS, Instant
from alpr_edge.domain.load.frame_rate import Takes, take_all
from alpr_edge.domain.ports import Clock
from alpr_edge.domain.recognition.frames import Frame, Pixels
from alpr_edge.settings import Picamera2Camera

log = structlog.get_logger(__name__)

AGE_MS_MAX = 2000.0
"""Greatest age of a picture that still shows what is in front of the car."""
BUFFERS = 4
"""One being filled, one waiting, one being converted, one to spare."""
FORMAT = "NV12"
_FAILURES = (RuntimeError, OSError, LookupError, ValueError)
"""What picamera2 and libcamera's binding raise."""
_FIGURES = {
    "exposure_us": "ExposureTime",
    "gain": "AnalogueGain",
    "digital_gain": "DigitalGain",
    "lux": "Lux",
    "focus_dioptres": "LensPosition",
    "picture_us": "FrameDuration",
    "sensor_celsius": "SensorTemperature",
}
BEYOND_PICTURES = 30
"""Pictures in a row beyond a ceiling after which it is told: the first ones may have a sensor's own exposure."""
_LIBRARY = threading.Lock()
"""Held while a camera opens or closes: picamera2 shares one manager of libcamera among all cameras, unguarded."""
LIBRARY_S = 8.0
"""Longest wait for another camera to open or close; one that hangs meanwhile must not hang all."""

os.environ.setdefault("LIBCAMERA_LOG_LEVELS", "*:WARN")


def picamera2_class() -> Any:  # noqa: ANN401 - picamera2 has no types
    """picamera2's own class of cameras. Raises ImportError."""
    import picamera2  # noqa: PLC0415 - only a Pi has it

    return picamera2.Picamera2


class Picamera2Source:
    """A camera of libcamera.

    Args:
        library: a function that gives the class to drive it: picamera2's, or a derived one for a camera that is no
            sensor.
    """

    def __init__(
        self,
        camera: Picamera2Camera,
        clock: Clock,
        library: Callable[[], Any] = picamera2_class,
        *,
        beat: Callable[[], None] = lambda: None,
        takes: Takes = take_all,
    ) -> None:
        self._camera = camera
        self._clock = clock
        self._library = library
        self._beat = beat
        self._takes = takes
        self._newest_ns = 0
        self._beyond_count = 0
        """Pictures in a row that were taken beyond a ceiling."""
        self.stale = 0
        """Pictures left out: given before, older than :data:`AGE_MS_MAX` or with a stamp from the future."""
        self.figures: dict[str, Any] = {}
        """What the newest picture was taken with, as far as the sensor tells; ``not_set`` names what it cannot do.

        Replaced as a whole by the thread that iterates, so any other may read it.
        """

    def frames(self) -> Iterator[Frame]:
        """Yield frames for as long as the camera gives new ones.

        Raises:
            CaptureError: picamera2 is not installed, no such camera, in use, or frozen.
        """
        with self._running_device() as device:
            width_px, height_px = device.stream_configuration("main")["size"]
            fresh_s = time.monotonic()
            for number in itertools.count():
                self._beat()
                left_s = self._camera.freeze_s - (time.monotonic() - fresh_s)
                if left_s <= 0:
                    raise self._error(f"gave no new picture for {self._camera.freeze_s:g} s")
                request = self._next(device, left_s)
                if request is None:
                    continue
                captured_at, pixels = self._take(request, width_px, height_px)
                if captured_at is None:
                    self.stale += 1
                    continue
                if pixels is not None:
                    yield Frame(self._camera.id, number, captured_at, pixels)
                fresh_s = time.monotonic()

    def _next(self, device: Any, wait_s: float) -> Any:  # noqa: ANN401 - picamera2 has no types
        """The next picture, to be released; None when none came in time."""
        try:
            return device.capture_request(wait=wait_s)
        except TimeoutError:
            return None
        except _FAILURES as error:
            raise self._error(_one_line(error)) from None

    def _take(
        self,
        request: Any,  # noqa: ANN401 - as above
        width_px: int,
        height_px: int,
    ) -> tuple[Instant | None, Pixels | None]:
        """(instant, pixels) of a picture, which then goes back to the camera.

        No instant: it is no new picture. No pixels: it is not wanted.
        """
        from picamera2 import MappedArray  # noqa: PLC0415 - only a Pi has it

        try:
            metadata = request.get_metadata()
            age_ms = self._age_ms(metadata.get("SensorTimestamp"))
            if age_ms is None:
                return None, None
            self.figures = {**self.figures, **_figures_of(metadata)}
            self._judge_exposure()
            captured_at = self._clock.now().shift(-age_ms)
            if not self._takes(captured_at):
                return captured_at, None
            with MappedArray(request, "main", write=False) as buffer:
                return captured_at, bgr_of(buffer.array, width_px, height_px)
        finally:
            request.release()

    def _age_ms(self, stamp_ns: int | None) -> float | None:
        """How long ago the sensor began to expose the picture's first line; None when it is no new picture.

        libcamera's documentation says CLOCK_BOOTTIME, while its pipelines hand on the kernel's CLOCK_MONOTONIC. The
        two differ by the time that the computer was suspended: a stamp that lies ahead of one is the other's.
        """
        if stamp_ns is None:
            return 0.0
        ages = (time.clock_gettime_ns(clock) - stamp_ns for clock in (time.CLOCK_MONOTONIC, time.CLOCK_BOOTTIME))
        age_ms = next((age / NS_PER_MS for age in ages if age >= 0), None)
        if age_ms is None or age_ms > AGE_MS_MAX or stamp_ns <= self._newest_ns:
            return None
        self._newest_ns = stamp_ns
        return age_ms

    @contextmanager
    def _running_device(self) -> Iterator[Any]:
        """The running camera; stopped and released in the end."""
        try:
            with self._alone():
                device = self._open()
            try:
                with self._alone():
                    self._start(device)
                yield device
            finally:
                # Also while another camera hangs: a camera that is not released cannot be opened again.
                is_alone = _LIBRARY.acquire(timeout=LIBRARY_S)
                try:
                    device.cancel_all_and_flush()
                    device.close()
                finally:
                    if is_alone:
                        _LIBRARY.release()
        except _FAILURES as error:
            raise self._error(_one_line(error)) from None

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """While no other camera opens or closes."""
        if not _LIBRARY.acquire(timeout=LIBRARY_S):
            raise self._error("another camera hangs while it opens or closes")
        try:
            yield
        finally:
            _LIBRARY.release()

    def _open(self) -> Any:  # noqa: ANN401 - picamera2 has no types
        library = self._import_library()
        cameras = library.global_camera_info()
        try:
            number = camera_index(cameras, self._camera.device)
            model = str(cameras[number].get("Model"))
            self.figures = {"model": model, "ceilings": has_ceilings(self._camera, model)}
        except CaptureError as error:
            raise self._error(str(error)) from None
        # Its constructor leaves a pipe open when it fails, and a unit may try for months.
        device = library.__new__(library)
        try:
            device.__init__(number)
        except _FAILURES:
            if hasattr(device, "notifyme_w"):
                os.close(device.notifyme_w)
            raise
        return device

    def _import_library(self) -> Any:  # noqa: ANN401 - as above
        try:
            return self._library()
        except ImportError as error:
            raise self._error(
                f"picamera2 cannot be used ({_one_line(error)}): apt install python3-picamera2, and make the virtual "
                "environment with --system-site-packages"
            ) from None

    def _start(self, device: Any) -> None:  # noqa: ANN401 - as above
        from libcamera import ColorSpace, Transform  # noqa: PLC0415 - comes with picamera2

        controls, lacking = split(controls_of(self._camera), device.camera_controls)
        hflip, vflip = FLIPS[self._camera.flip]
        device.configure(
            device.create_video_configuration(
                main={"format": FORMAT, "size": (self._camera.width_px, self._camera.height_px)},
                transform=Transform(hflip=hflip, vflip=vflip),
                # Which conversion cv2 does; libcamera's own choice for this size would be Rec. 709.
                colour_space=ColorSpace.Smpte170m(),
                buffer_count=BUFFERS,
                controls=controls,
                display=None,
                encode=None,
            )
        )
        stream = device.stream_configuration("main")
        if stream["format"] != FORMAT:
            raise self._error(f"gives {stream['format']} and not {FORMAT}")
        device.start()
        self._log_opened(stream["size"], lacking)

    def _log_opened(self, size: tuple[int, int], lacking: list[str]) -> None:
        self.figures = {**self.figures, "width_px": size[0], "height_px": size[1], "not_set": lacking}
        log.info("capture.opened", camera=self._camera.id, source="picamera2", **self.figures)
        self._beyond_count = 0
        if not self.figures["ceilings"] and not (self._camera.shutter_us and self._camera.gain):
            self._warn_unbounded()

    def _judge_exposure(self) -> None:
        """Tell when pictures show that the ceilings are not in force although the tuning has them."""
        self._beyond_count = self._beyond_count + 1 if is_beyond_ceilings(self._camera, self.figures) else 0
        if self._beyond_count >= BEYOND_PICTURES and self.figures["ceilings"]:
            self.figures = {**self.figures, "ceilings": False}
            self._warn_unbounded()

    def _warn_unbounded(self) -> None:
        exposure_us, advice = self.figures.get("exposure_us"), "set shutter_us and gain"
        log.warning("capture.exposure_unbounded", camera=self._camera.id, exposure_us=exposure_us, advice=advice)

    def _error(self, what: str) -> CaptureError:
        return CaptureError(f"camera {self._camera.id}: picamera2 {self._camera.device}: {what}")


def bgr_of(nv12: Pixels, width_px: int, height_px: int) -> Pixels:
    """uint8 [height, width, 3] BGR, read-only, of a picture in NV12, uint8 [3/2 height or more, stride]."""
    return read_only(cv2.cvtColor(nv12[: height_px * 3 // 2, :width_px], cv2.COLOR_YUV2BGR_NV12))


def _figures_of(metadata: dict[str, Any]) -> dict[str, Any]:
    values = {name: metadata.get(control) for name, control in _FIGURES.items()}
    return {name: round(value, 3) for name, value in values.items() if value is not None}


def _one_line(error: BaseException) -> str:
    """The first line of the original error: picamera2 wraps it in "did not complete"."""
    while error.__cause__ is not None:
        error = error.__cause__
    return (str(error).splitlines() or [type(error).__name__])[0]
