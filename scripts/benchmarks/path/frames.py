"""The frames that the path is measured with: a real recording, or where there is none a simulated drive."""

import itertools
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import cv2
import numpy as np

from alpr_edge.capture.opencv import read_only
from alpr_edge.capture.recordings import VideoSource
from alpr_edge.domain.errors import CaptureError
from alpr_edge.domain.instants import Instant
from alpr_edge.domain.recognition.frames import Frame, Pixels
from alpr_edge.runtime.clock import SystemClock
from alpr_edge.settings import SimulatedCamera
from alpr_edge.simulation.drive import FPS
from alpr_edge.simulation.source import SimulatedSource

RECORDING = Path("video/cars.mp4")
"""Below the folder of real data: 1280x720, a road with traffic."""
START = Instant("bench", 0)
CAMERA_ID = "front"
JPEG_QUALITY = 90


@dataclass(frozen=True, slots=True, eq=False)
class BenchFrames:
    """Frames in memory, with the name of what they are of."""

    origin: str
    frames: Sequence[Frame]


def bench_frames(data: Path | None, count: int) -> BenchFrames:
    """The first frames of the recording, or of a simulated drive where there is no folder of data.

    Raises:
        CaptureError: the folder has no recording, or nothing of it can be decoded.
    """
    if data is not None:
        source = VideoSource(data / RECORDING, CAMERA_ID, START)
        return BenchFrames(RECORDING.name, list(itertools.islice(source.frames(), count)))
    drive = SimulatedSource(SimulatedCamera(kind="simulated", id=CAMERA_ID, seconds=count / FPS), START)
    return BenchFrames("simulated drive", list(drive.frames()))


def repeat(frames: Sequence[Frame], count: int) -> list[Frame]:
    """So many frames of a few, over and over, numbered anew."""
    return [replace(frames[index % len(frames)], number=index) for index in range(count)]


@dataclass(frozen=True, slots=True, eq=False)
class LiveCamera:
    """A camera that gives JPEGs at a steady rate, as a USB camera does: each is dated when it is due, then decoded.

    Args:
        camera_id: its id.
        jpegs: the pictures, over and over.
        fps: how many of them a second.
        count: after how many it ends.
        first: the picture with which it begins.
    """

    camera_id: str
    jpegs: Sequence[bytes]
    fps: float
    count: int
    first: int = 0

    def frames(self) -> Iterator[Frame]:
        """Yield each frame once it was due: what waking up and decoding take counts as time since its capture."""
        start, began_s = SystemClock().now(), time.monotonic()
        for number in range(self.count):
            due_s = number / self.fps
            time.sleep(max(0.0, began_s + due_s - time.monotonic()))
            pixels = decode(self.jpegs[(self.first + number) % len(self.jpegs)])
            yield Frame(self.camera_id, number, start.shift(due_s * 1000), pixels)


def encode(pixels: Pixels) -> bytes:
    """A picture as a camera's JPEG."""
    return cv2.imencode(".jpg", pixels, [cv2.IMWRITE_JPEG_QUALITY, JPEG_QUALITY])[1].tobytes()


def decode(jpeg: bytes) -> Pixels:
    """The picture of a JPEG; read-only, as cameras give it."""
    pixels = cv2.imdecode(np.frombuffer(jpeg, np.uint8), cv2.IMREAD_COLOR)
    if pixels is None:
        raise CaptureError("a picture of the benchmark cannot be decoded")
    return read_only(pixels)
