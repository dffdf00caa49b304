"""A real RTSP camera on loopback, whose pictures show when they were taken."""

import signal
import subprocess
from contextlib import ExitStack
from typing import Literal

from alpr_edge.domain.recognition.frames import Pixels
from alpr_edge.settings import RtspCamera

BITS = 20
"""Bars of a picture, white for 1, the lowest first: the time in ms since 1970, modulo 2 ** 20 (17 minutes)."""
WIDTH_PX, HEIGHT_PX = 320, 240
_SERVER = """
import signal
import sys
import time
import gi
gi.require_version("Gst", "1.0")
gi.require_version("GstRtspServer", "1.0")
from gi.repository import GLib, Gst, GstRtspServer
Gst.init(None)
port, bits, width, height = sys.argv[1], *map(int, sys.argv[2:])

still_ms = []

def stand_still(*_):
    still_ms[:] = [] if still_ms else [time.time_ns() // 1_000_000]

signal.signal(signal.SIGUSR1, stand_still)

def picture():
    now_ms = still_ms[0] if still_ms else time.time_ns() // 1_000_000
    row = b"".join(bytes([235 if now_ms >> bit & 1 else 16]) * (width // bits) for bit in range(bits))
    return Gst.Buffer.new_wrapped(row * height + bytes([128]) * (width * height // 2))

def begin(_, media):
    source = media.get_element().get_by_name("source")
    GLib.timeout_add(66, lambda: source.emit("push-buffer", picture()) == Gst.FlowReturn.OK)

factory = GstRtspServer.RTSPMediaFactory.new()
factory.set_shared(True)
factory.set_launch(
    "( appsrc name=source is-live=true do-timestamp=true format=time"
    f" caps=video/x-raw,format=I420,width={width},height={height},framerate=15/1"
    " ! x264enc tune=zerolatency speed-preset=ultrafast key-int-max=15"
    " ! rtph264pay name=pay0 pt=96 config-interval=1 )"
)
factory.connect("media-configure", begin)
server = GstRtspServer.RTSPServer.new()
server.set_address("127.0.0.1")
server.set_service(port)
server.get_mount_points().add_factory("/cam", factory)
server.attach(None)
print(server.get_bound_port(), flush=True)
GLib.MainLoop().run()
"""


def shown_ms(pixels: Pixels, near_ms: float) -> float:
    """The time that a picture of the server shows, in ms since 1970; ``near_ms`` is at most minutes away."""
    bar_px = WIDTH_PX // BITS
    low_ms = sum(1 << bit for bit in range(BITS) if pixels[HEIGHT_PX // 2, bit * bar_px + bar_px // 2].mean() > 128)
    away_ms = (low_ms - near_ms + (1 << BITS - 1)) % (1 << BITS) - (1 << BITS - 1)
    return near_ms + away_ms


class RtspServer:
    """A camera on loopback that can be switched off, frozen and switched on again at the same address."""

    def __init__(self, python: str, resources: ExitStack) -> None:
        self._python = python
        self._resources = resources
        self._process: subprocess.Popen[str] | None = None
        self.port = 0

    def on(self) -> None:
        command = [self._python, "-c", _SERVER, *map(str, (self.port, BITS, WIDTH_PX, HEIGHT_PX))]
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
        self._process.send_signal(signal.SIGSTOP)

    def stand_still(self) -> None:
        """Go on sending, always the same picture; once more: as before."""
        assert self._process is not None
        self._process.send_signal(signal.SIGUSR1)

    def thaw(self) -> None:
        assert self._process is not None
        self._process.send_signal(signal.SIGCONT)

    def camera(
        self, path: str = "cam", *, time_from: Literal["arrival", "camera"] = "arrival", clock_lag_ms_max: float = 500.0
    ) -> RtspCamera:
        return RtspCamera(
            kind="rtsp",
            url=f"rtsp://officer:secret@127.0.0.1:{self.port}/{path}?token=secret",
            open_timeout_s=5,
            read_timeout_s=0.5,
            time_from=time_from,
            clock_lag_ms_max=clock_lag_ms_max,
        )
