"""Videos and pictures made on the spot, and a real RTSP camera."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import cv2
import numpy as np
import pytest

from alpr_edge.domain.instants import Instant
from tests.capture.rtsp_server import RtspServer

FRAMES = 50
FPS = 10


@pytest.fixture
def start() -> Instant:
    return Instant("boot", 5_000_000_000)


@pytest.fixture
def make_video(tmp_path: Path) -> Callable[..., Path]:
    """Writes a video of 50 frames at 10 a second; frame n is grey of value 4 n."""

    def make(name: str, codec: str = "mp4v", size: tuple[int, int] = (320, 240)) -> Path:
        path = tmp_path / name
        writer = cv2.VideoWriter(str(path), cv2.CAP_FFMPEG, cv2.VideoWriter.fourcc(*codec), FPS, size)
        for number in range(FRAMES):
            writer.write(np.full((size[1], size[0], 3), number * 4, np.uint8))
        writer.release()
        return path

    return make


@pytest.fixture
def rtsp_server(require_system_module: Callable[[str], str]) -> Iterator[RtspServer]:
    python = require_system_module("import gi; gi.require_version('GstRtspServer', '1.0')")
    with ExitStack() as resources:
        server = RtspServer(python, resources)
        server.on()
        yield server
