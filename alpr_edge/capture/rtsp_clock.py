"""An RTSP camera whose pictures are dated by its own clock: PyAV, which comes with the extra ``rtsp-clock``.

OpenCV reads the same stream with the same FFmpeg, but does not hand out what the camera reports of its clock. PyAV
does: FFmpeg gives each packet the camera's time of it, by the newest sender report (side data ``prft``, 8 bytes of
microseconds since 1970), so neither a drift of the stream's times nor a clock that is set later stays in it, as would
be with ``start_time_realtime``, which FFmpeg takes from the first report alone.
"""

import importlib.util
import struct
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import structlog

from alpr_edge.capture.camera_clock import CameraClock, CameraTime
from alpr_edge.capture.devices import DAMAGED_IN_A_ROW_MAX
from alpr_edge.capture.opencv import read_only
from alpr_edge.capture.stream_delay import StreamDelay
from alpr_edge.domain.errors import CaptureError
from alpr_edge.domain.load.frame_rate import Takes, take_all
from alpr_edge.domain.ports import Clock
from alpr_edge.domain.recognition.frames import Frame
from alpr_edge.settings import RtspCamera
from alpr_edge.settings.base import without_secrets

if TYPE_CHECKING:
    from av.container import InputContainer
    from av.packet import Packet
    from av.video.frame import VideoFrame
    from av.video.stream import VideoStream

log = structlog.get_logger(__name__)

_OPTIONS = {"rtsp_transport": "tcp", "allowed_media_types": "video"}
"""Over TCP as in :mod:`alpr_edge.capture.opencv`; with sound FFmpeg would move the pictures' times to match it."""
_REPORTED = struct.Struct("<q" if sys.byteorder == "little" else ">q")
"""The time in AVProducerReferenceTime, whose flags follow."""


def is_installed() -> bool:
    """Whether PyAV is there; without it RTSP pictures are dated by their arrival."""
    return importlib.util.find_spec("av") is not None


class RtspClockSource:
    """An RTSP camera over TCP, whose pictures its own clock dates where that can be believed."""

    def __init__(
        self, camera: RtspCamera, clock: Clock, beat: Callable[[], None] = lambda: None, takes: Takes = take_all
    ) -> None:
        self._camera = camera
        self._clock = clock
        self._beat = beat
        self._takes = takes
        self._name = without_secrets(camera.url)
        self.camera_clock = CameraClock(camera.clock_lag_ms_max)
        """The camera's clock as it is judged; lasts over reopenings."""
        self.delay = StreamDelay()
        """How late the pictures of this opening come."""
        self.damaged_frames = 0
        """Packets that did not decode."""

    def frames(self) -> Iterator[Frame]:
        """Yield frames for as long as the server sends any.

        Raises:
            CaptureError: not reachable, no such stream, not let in, silent, gone, or sends nothing that decodes. The
                line never holds the address's user, password or query.
        """
        self.delay, number = StreamDelay(), 0
        self.camera_clock.reopen()
        with self._open() as (container, stream):
            for picture, time in self._pictures(container, stream):
                usual = self.delay.usual_arrival(self._clock.now(), time.stream_ms)
                if usual is not None:
                    taken = self.camera_clock.date(usual, time)
                    if self._takes(taken):
                        yield Frame(self._camera.id, number, taken, read_only(picture.to_ndarray(format="bgr24")))
                number += 1
        raise self._error("the stream stopped")

    @contextmanager
    def _open(self) -> "Iterator[tuple[InputContainer, VideoStream]]":
        """The open stream; closed in the end. Errors of FFmpeg become those of the camera."""
        import av  # noqa: PLC0415 - an extra

        timeouts_s = self._camera.open_timeout_s, self._camera.read_timeout_s
        is_open = False
        try:
            with av.open(self._camera.url, "r", options=_OPTIONS, timeout=timeouts_s) as container:
                stream = container.streams.video[0]
                stream.codec_context.thread_count = 1
                is_open = True
                self._log_opened(stream)
                yield container, stream
        except (av.FFmpegError, IndexError):
            # FFmpeg's own text holds the address with its password.
            what = (
                "the stream stopped"
                if is_open
                else "cannot be opened; check address, user and password, and that the camera is on"
            )
            raise self._error(what) from None

    def _pictures(
        self, container: "InputContainer", stream: "VideoStream"
    ) -> "Iterator[tuple[VideoFrame, CameraTime]]":
        """Yield what decodes with its times, until the stream ends or only gives what does not decode."""
        in_a_row = 0
        for packet in container.demux(stream):
            self._beat()
            pictures = _decode(packet)
            if pictures is None:
                self.damaged_frames += 1
                in_a_row += 1
                if in_a_row >= DAMAGED_IN_A_ROW_MAX:
                    raise self._error(f"{in_a_row} pictures in a row could not be decoded")
                continue
            zero_ms = _zero_ms(packet)
            for picture in pictures:
                in_a_row = 0
                yield picture, _time_of(picture, zero_ms)

    def _log_opened(self, stream: "VideoStream") -> None:
        rate = stream.average_rate
        log.info(
            "capture.opened",
            camera=self._camera.id,
            source=self._name,
            width_px=stream.codec_context.width,
            height_px=stream.codec_context.height,
            fps=round(float(rate), 2) if rate else 0.0,
        )

    def _error(self, what: str) -> CaptureError:
        return CaptureError(f"camera {self._camera.id}: {self._name}: {what}")


def _decode(packet: "Packet[VideoStream]") -> "list[VideoFrame] | None":
    """The pictures that come out of the decoder with this packet; None when it is damaged."""
    import av  # noqa: PLC0415 - an extra

    try:
        return packet.decode()
    except av.InvalidDataError:
        return None


def _zero_ms(packet: "Packet[VideoStream]") -> float | None:
    """The camera's time at the stream's zero, ms since 1970, by the newest report; None before the first."""
    if packet.pts is None or not packet.has_sidedata("prft"):
        return None
    content = bytes(packet.get_sidedata("prft"))
    if len(content) < _REPORTED.size:
        return None
    reported_us: int = _REPORTED.unpack_from(content)[0]
    return reported_us / 1000 - float(packet.pts * packet.time_base) * 1000


def _time_of(picture: "VideoFrame", zero_ms: float | None) -> CameraTime:
    if picture.time is None:
        return CameraTime(0.0, None)
    stream_ms = picture.time * 1000
    return CameraTime(stream_ms, None if zero_ms is None else zero_ms + stream_ms)
