"""Pictures and videos, as a camera, a recording or a stored item gives them."""

from collections.abc import Iterator
from contextlib import contextmanager
from itertools import islice
from pathlib import Path

import cv2
import numpy as np

from alpr_edge.capture.pictures import decode_picture
from alpr_edge.capture.recordings import VideoSource
from alpr_edge.domain.errors import CaptureError, PictureError
from alpr_edge.domain.instants import Instant
from alpr_edge.vision.jpeg_pictures import plain_scene
from tests.fuzz.fuzz_run import Parser
from tests.fuzz.mutators import change_bytes

HEIGHT_PX, WIDTH_PX = 32, 48
SUFFIXES = (".jpg", ".png", ".bmp", ".tiff", ".webp")
VIDEOS = (("a.mp4", "mp4v"), ("a.avi", "MJPG"), ("a.mkv", "mp4v"))
FRAMES = 6
FRAMES_READ_MAX = 12


def _pixels(shade: int) -> np.ndarray:
    pixels = np.full((HEIGHT_PX, WIDTH_PX, 3), shade, np.uint8)
    cv2.putText(pixels, "7AB", (2, 24), cv2.FONT_HERSHEY_SIMPLEX, 0.7, (0, 0, 0))
    return pixels


def _encode(suffix: str, pixels: np.ndarray) -> bytes:
    return bytes(cv2.imencode(suffix, pixels)[1].tobytes())


@contextmanager
def pictures(folder: Path) -> Iterator[Parser]:
    """Files of pictures: recordings as folders, test cards."""

    def parse(content: bytes) -> str:
        pixels = decode_picture(folder / "picture", content)
        assert pixels.ndim == 3
        return content[:4].hex()

    colours = [_encode(suffix, _pixels(200)) for suffix in SUFFIXES]
    others = (_pixels(90)[:, :, 0], _pixels(90).astype(np.uint16) * 257, np.dstack((_pixels(90), _pixels(9)[:, :, :1])))
    yield Parser((*colours, *(_encode(".png", each) for each in others)), change_bytes, parse, (CaptureError,))


@contextmanager
def stored_pictures(folder: Path) -> Iterator[Parser]:
    """JPEG snapshots, as they are stored and made smaller later."""
    del folder

    def parse(content: bytes) -> str:
        assert plain_scene(content, 24, 70).startswith(b"\xff\xd8")
        return "smaller"

    yield Parser((_encode(".jpg", _pixels(200)), _encode(".jpg", _pixels(9))), change_bytes, parse, (PictureError,))


@contextmanager
def videos(folder: Path) -> Iterator[Parser]:
    """The heads and packets of videos."""
    path = folder / "video"

    def sample(name: str, codec: str) -> bytes:
        made = folder / name
        size = (WIDTH_PX * 2, HEIGHT_PX * 2)
        writer = cv2.VideoWriter(str(made), cv2.CAP_FFMPEG, cv2.VideoWriter.fourcc(*codec), 10.0, size)
        for shade in range(FRAMES):
            writer.write(cv2.resize(_pixels(40 * shade), size))
        writer.release()
        return made.read_bytes()

    def parse(content: bytes) -> str:
        path.write_bytes(content)
        frames = list(islice(VideoSource(path, "front", Instant("boot-1", 0)).frames(), FRAMES_READ_MAX))
        times = [frame.captured_at.boottime_ns for frame in frames]
        assert times == sorted(times)
        return f"{len(frames)} {frames[0].pixels.shape}"

    yield Parser(tuple(sample(*each) for each in VIDEOS), change_bytes, parse, (CaptureError,))
