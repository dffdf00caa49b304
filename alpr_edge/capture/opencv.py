"""OpenCV as the capture package uses it: quiet, one decoding thread a source, always released.

OpenCV and FFmpeg write lines of their own to stderr when a source fails; they are silenced, as the error is reported
once by the caller. The variables below are OpenCV's documented switches, read when the first capture opens, so setting
them here is early enough; a value that the environment already holds is kept.
"""

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from stat import S_ISREG

import cv2
import numpy as np

from alpr_edge.domain.errors import CaptureError
from alpr_edge.domain.recognition.frames import Pixels

PIXELS_MAX = 50_000_000
"""Largest picture that is decoded: 150 MB of BGR, more than any plate camera gives."""
V4L2_FREEZE_S = 3
"""A V4L2 device silent for this long is frozen (OpenCV waits 10 s unless told)."""
_AV_LOG_QUIET = "-8"

os.environ.setdefault("OPENCV_FFMPEG_LOGLEVEL", _AV_LOG_QUIET)
os.environ.setdefault("OPENCV_VIDEOIO_V4L_SELECT_TIMEOUT", str(V4L2_FREEZE_S))
# RTP over UDP loses packets on a busy vehicle network, and half a picture is a misread.
os.environ.setdefault("OPENCV_FFMPEG_CAPTURE_OPTIONS", "rtsp_transport;tcp")
cv2.utils.logging.setLogLevel(cv2.utils.logging.LOG_LEVEL_SILENT)


@contextmanager
def open_capture(target: str, backend: int, parameters: Sequence[int] = ()) -> Iterator[cv2.VideoCapture]:
    """A capture of ``target``, released in the end; it may not be open (``isOpened``)."""
    capture = cv2.VideoCapture(target, backend, list(parameters))
    try:
        yield capture
    finally:
        capture.release()


def grab(capture: cv2.VideoCapture) -> bool:
    """Take the next picture without decoding it to BGR; False at the end or when the source is silent."""
    try:
        return capture.grab()
    except cv2.error:
        return False


def retrieve(capture: cv2.VideoCapture) -> Pixels | None:
    """The picture just grabbed, uint8 [H, W, 3] BGR, read-only; None when it does not decode."""
    try:
        is_decoded, pixels = capture.retrieve()
    except cv2.error:
        return None
    if not is_decoded or pixels.ndim != 3 or pixels.dtype != np.uint8:
        return None
    return read_only(pixels)


def read_only(pixels: cv2.typing.MatLike) -> Pixels:
    """The array, closed for writing: a frame is shared between stages."""
    closed = np.asarray(pixels, np.uint8)
    closed.setflags(write=False)
    return closed


def require_file(path: Path) -> None:
    """Check that ``path`` is a regular file that may be read."""
    try:
        if not S_ISREG(path.stat().st_mode):
            raise CaptureError(f"{path}: is no file")
        path.open("rb").close()
        # OpenCV's Python binding crashes the process on such a name.
        os.fspath(path).encode()
    except FileNotFoundError:
        raise CaptureError(f"{path}: no such file") from None
    except OSError as error:
        raise CaptureError(f"{path}: cannot be read: {error.strerror}") from None
    except UnicodeEncodeError:
        raise CaptureError(f"{str(path)!r}: the name is not valid UTF-8; rename the file") from None
