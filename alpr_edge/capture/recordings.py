"""Sources that were recorded before: a video file, a folder of pictures. They end by returning.

A recording has no clock of its own: it is given the instant of its first frame, and every frame is stamped with
that instant plus its time within the recording, so a replay tells the same times at any pace.
"""

import math
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from pathlib import Path

import cv2
import structlog

from alpr_edge.capture.opencv import PIXELS_MAX, grab, open_capture, require_file, retrieve
from alpr_edge.capture.pictures import PICTURE_SUFFIXES, load_picture
from alpr_edge.domain.errors import CaptureError
from alpr_edge.domain.instants import Instant
from alpr_edge.domain.recognition.frames import Frame

log = structlog.get_logger(__name__)

FPS_ASSUMED = 25.0
"""Rate of a video whose container tells none."""
FPS_MIN, FPS_MAX = 0.01, 1000.0
STEP_MS_MAX = 24 * 3600 * 1000.0
"""A container whose time leaps further than a day is not believed."""
SHORT_FRACTION = 0.01
"""How much of a video may be missing before it counts as truncated. Containers without an index estimate their
count from the duration, and an edit list hides a frame or two."""
SHORT_FRAMES = 2


class VideoTimeline:
    """Time within a video: the container's where it goes forward, else one frame on at the nominal rate.

    Args:
        fps: the container's rate; one out of range is taken for 25.
    """

    def __init__(self, fps: float) -> None:
        self._step_ms = 1000 / (fps if FPS_MIN <= fps <= FPS_MAX else FPS_ASSUMED)
        self._last_ms: float | None = None

    def next_ms(self, container_ms: float) -> float:
        """Milliseconds of the next frame since the recording's start; grows with every call."""
        last_ms = self._last_ms
        if last_ms is None:
            self._last_ms = container_ms if 0 <= container_ms <= STEP_MS_MAX else 0.0
        elif math.isfinite(container_ms) and last_ms < container_ms <= last_ms + STEP_MS_MAX:
            self._last_ms = container_ms
        else:
            self._last_ms = last_ms + self._step_ms
        return self._last_ms


class VideoSource:
    """A video file, every frame of it in order."""

    def __init__(self, path: Path, camera_id: str, start: Instant) -> None:
        # A relative name such as "concat:a" would be a protocol to FFmpeg.
        self._path = path.absolute()
        self._camera_id = camera_id
        self._start = start

    def length(self) -> int | None:
        """How many frames the container claims to hold; None when it tells nothing.

        Raises:
            CaptureError: as :meth:`frames`.
        """
        require_file(self._path)
        with _video(self._path) as capture:
            return _frame_count(capture)

    def frames(self) -> Iterator[Frame]:
        """Yield the frames that decode.

        Raises:
            CaptureError: missing, no video, too large a picture; or truncated, after the frames that decode.
        """
        require_file(self._path)
        with _video(self._path) as capture:
            claimed_count = _frame_count(capture)
            decoded_count = yield from self._decode_frames(capture)
        if decoded_count == 0:
            raise CaptureError(f"{self._path}: no frame of the video can be decoded")
        if claimed_count is not None and decoded_count < claimed_count - max(
            SHORT_FRAMES, claimed_count * SHORT_FRACTION
        ):
            raise CaptureError(
                f"{self._path}: damaged or cut short, {decoded_count} of {claimed_count} frames could be decoded"
            )

    def _decode_frames(self, capture: cv2.VideoCapture) -> Generator[Frame, None, int]:
        """Yield what decodes; returns how many that were."""
        timeline = VideoTimeline(capture.get(cv2.CAP_PROP_FPS))
        number = decoded_count = 0
        while grab(capture):
            offset_ms = timeline.next_ms(capture.get(cv2.CAP_PROP_POS_MSEC))
            pixels = retrieve(capture)
            if pixels is not None:
                decoded_count += 1
                yield Frame(self._camera_id, number, self._start.shift(offset_ms), pixels)
            number += 1
        return decoded_count


class FolderSource:
    """A folder of pictures in plain name order (``frame10`` before ``frame9``), at a steady rate.

    Args:
        fps: the number of pictures that make a second.
    """

    def __init__(self, path: Path, camera_id: str, fps: float, start: Instant) -> None:
        self._path = path
        self._camera_id = camera_id
        self._fps = fps
        self._start = start
        self.unreadable = 0
        """Pictures that could not be decoded since :meth:`frames` was called; each left a gap in the numbers."""

    def length(self) -> int:
        """How many pictures the folder holds, readable or not.

        Raises:
            CaptureError: as :meth:`frames`.
        """
        return len(self._pictures())

    def frames(self) -> Iterator[Frame]:
        """Yield the pictures that decode; one that does not is logged, counted and passed over.

        Raises:
            CaptureError: no folder, no picture in it, or none that can be read.
        """
        self.unreadable = 0
        pictures = self._pictures()
        for number, picture in enumerate(pictures):
            try:
                pixels = load_picture(picture)
            except CaptureError as error:
                self.unreadable += 1
                log.warning("capture.image_unreadable", camera=self._camera_id, file=picture.name, failure=str(error))
                continue
            yield Frame(self._camera_id, number, self._start.shift(number * 1000 / self._fps), pixels)
        if self.unreadable == len(pictures):
            raise CaptureError(f"{self._path}: none of its {len(pictures)} pictures can be read")

    def _pictures(self) -> list[Path]:
        try:
            pictures = sorted(child for child in self._path.iterdir() if _is_picture(child))
        except FileNotFoundError:
            raise CaptureError(f"{self._path}: no such folder") from None
        except NotADirectoryError:
            raise CaptureError(f"{self._path}: is no folder; for a recording use kind video") from None
        except OSError as error:
            raise CaptureError(f"{self._path}: cannot be read: {error.strerror}") from None
        if not pictures:
            kinds = ", ".join(sorted(PICTURE_SUFFIXES))
            raise CaptureError(f"{self._path}: holds no picture ({kinds})")
        return pictures


def _is_picture(path: Path) -> bool:
    # Cameras' cards carry "._name.jpg" beside "name.jpg" after a stay in a Mac.
    return path.suffix.lower() in PICTURE_SUFFIXES and not path.name.startswith(".") and path.is_file()


@contextmanager
def _video(path: Path) -> Iterator[cv2.VideoCapture]:
    with open_capture(str(path), cv2.CAP_FFMPEG, (cv2.CAP_PROP_N_THREADS, 1)) as capture:
        if not capture.isOpened():
            raise CaptureError(f"{path}: no video that can be decoded (damaged, cut short, or another kind of file)")
        width_px, height_px = (int(capture.get(p)) for p in (cv2.CAP_PROP_FRAME_WIDTH, cv2.CAP_PROP_FRAME_HEIGHT))
        if width_px * height_px > PIXELS_MAX:
            raise CaptureError(
                f"{path}: {width_px} x {height_px} pixels, {PIXELS_MAX // 10**6} megapixels are the limit"
            )
        yield capture


def _frame_count(capture: cv2.VideoCapture) -> int | None:
    count = capture.get(cv2.CAP_PROP_FRAME_COUNT)
    return int(count) if math.isfinite(count) and 0 < count < 2**31 else None
