"""Videos and pictures made on the spot, and a real RTSP camera."""

import subprocess
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import cv2
import numpy as np
import pytest

from alpr_edge.domain.instants import Instant
from alpr_edge.settings import RtspCamera

FRAMES = 50
FPS = 10

RTSP_SERVER = """
import sys
import gi
gi.require_version("Gst", "1.0")
gi.require_version("GstRtspServer", "1.0")
from gi.repository import GLib, Gst, GstRtspServer
Gst.init(None)
factory = GstRtspServer.RTSPMediaFactory.new()
factory.set_shared(True)
factory.set_launch(
    "( videotestsrc is-live=true ! video/x-raw,width=320,height=240,framerate=15/1"
    " ! x264enc tune=zerolatency speed-preset=ultrafast key-int-max=15"
    " ! rtph264pay name=pay0 pt=96 config-interval=1 )"
)
server = GstRtspServer.RTSPServer.new()
server.set_address("127.0.0.1")
server.set_service(sys.argv[1])
server.get_mount_points().add_factory("/cam", factory)
server.attach(None)
print(server.get_bound_port(), flush=True)
GLib.MainLoop().run()
"""


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


class RtspServer:
    """A camera on loopback that can be switched off, frozen and switched on again at the same address."""

    def __init__(self, python: str, resources: ExitStack) -> None:
        self._python = python
        self._resources = resources
        self._process: subprocess.Popen[str] | None = None
        self.port = 0

    def on(self) -> None:
        command = [self._python, "-c", RTSP_SERVER, str(self.port)]
        process = self._resources.enter_context(subprocess.Popen(command, stdout=subprocess.PIPE, text=True))
        self._resources.callback(process.kill)
        assert process.stdout is not None
        self.port = int(process.stdout.readline())
        self._process = process

    def off(self) -> None:
        assert self._process is not None
        self._process.kill()
        self._process.wait()

    def freeze(self) -> None:
        assert self._process is not None
        self._process.send_signal(19)

    def camera(self, path: str = "cam") -> RtspCamera:
        return RtspCamera(
            kind="rtsp",
            url=f"rtsp://officer:secret@127.0.0.1:{self.port}/{path}?token=secret",
            open_timeout_s=5,
            read_timeout_s=0.5,
        )


@pytest.fixture
def rtsp_server(require_system_module: Callable[[str], str]) -> Iterator[RtspServer]:
    python = require_system_module("import gi; gi.require_version('GstRtspServer', '1.0')")
    with ExitStack() as resources:
        server = RtspServer(python, resources)
        server.on()
        yield server
