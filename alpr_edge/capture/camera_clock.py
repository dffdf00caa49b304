"""Dates the pictures of a network camera by the camera's own clock, as long as that clock can be believed.

A picture arrives some 70 to 130 ms after it was taken, metres at speed; the camera says in its stream when that was
(RTCP sender reports, RFC 3550, 6.4.1). Whether it is so is judged for every picture: the camera's clock has to agree
with the unit's within the time that a picture can be on its way, and to run as evenly as the stream does.
"""

from dataclasses import dataclass
from datetime import timedelta

from alpr_edge.domain.instants import NS_PER_MS, Instant

ARRIVAL_UNCERTAINTY_MS = 300.0
"""By how much a picture dated by its arrival may have been taken earlier: encoder, link and decoder."""
CAMERA_UNCERTAINTY_MS = 50.0
"""How far a camera that follows a time server on the car's own network may be off."""
UNIT_UNCERTAINTY_MS_MAX = 50.0
"""Uncertainty of the unit's own clock from which on it cannot judge a camera's: more than what there is to correct."""
STEP_MS_MAX = 50.0
"""Most by which the camera's clock may move against the stream's times from picture to picture."""
SETTLED_PICTURES = 10
"""Pictures over which the clock must have run evenly. FFmpeg also gives the first one the time of the next."""
_SILENT = "sends no time (RTCP sender reports)"
SILENT_MS = 30_000.0
"""Time without a report after which the camera counts as sending none: RFC 3550, 6.2 asks for one every few seconds."""


@dataclass(frozen=True, slots=True)
class CameraTime:
    """What the stream says of the time of one picture."""

    stream_ms: float
    """Time within the stream, by the camera's sampling clock."""
    utc_ms: float | None
    """By the camera's clock, milliseconds since 1970; None before its first report."""


class CameraClock:
    """Decides for each picture of one camera which clock dates it. The times it gives never go back.

    Args:
        lag_ms_max: the longest time from a picture's taking to its arrival that is believed.
    """

    def __init__(self, lag_ms_max: float) -> None:
        self._lag_ms_max = lag_ms_max
        self._newest: Instant | None = None
        self.is_used = False
        """Whether the newest picture was dated by the camera's clock."""
        self.jump_count = 0
        """How often the camera's clock was set while a stream ran."""
        self.trouble = ""
        """Why the camera's clock cannot be used, for whoever looks after it; empty while it can or is not known yet."""
        self.reopen()

    def reopen(self) -> None:
        """Begin a new stream: its times have nothing to do with those before."""
        self._opened: Instant | None = None
        self._even_pictures = 0
        self._offset_ms: float | None = None

    def date(self, arrived: Instant, time: CameraTime) -> Instant:
        """The instant at which a picture was taken, of which ``arrived`` is the arrival."""
        lag_ms = self._lag_ms(arrived, time)
        self.is_used = lag_ms is not None
        if lag_ms is None:
            taken = date_by_arrival(arrived)
        else:
            taken = arrived.shift(-lag_ms).less_certain(CAMERA_UNCERTAINTY_MS)
        self._newest = self._in_order(taken)
        return self._newest

    def _in_order(self, taken: Instant) -> Instant:
        """``taken``, or the newest instant where that is later."""
        newest = self._newest
        if newest is None or newest.boot_id != taken.boot_id or newest.boottime_ns <= taken.boottime_ns:
            return taken
        return taken.shift((newest.boottime_ns - taken.boottime_ns) / NS_PER_MS)

    def _lag_ms(self, arrived: Instant, time: CameraTime) -> float | None:
        """How long ago the picture was taken by the camera's clock; None when that is not known or not believed."""
        self._opened = self._opened or arrived
        if time.utc_ms is None:
            if arrived.ms_since(self._opened) >= SILENT_MS:
                self.trouble = _SILENT
            return None
        self.trouble = "" if self.trouble == _SILENT else self.trouble
        self._note_step(time.utc_ms - time.stream_ms)
        uncertainty_ms = arrived.uncertainty_ms
        if not arrived.trusted or arrived.utc is None or uncertainty_ms is None:
            return None
        if uncertainty_ms > UNIT_UNCERTAINTY_MS_MAX or self._even_pictures < SETTLED_PICTURES:
            return None
        lag_ms = arrived.utc.timestamp() * 1000 - time.utc_ms
        tolerance_ms = uncertainty_ms + CAMERA_UNCERTAINTY_MS
        if not -tolerance_ms <= lag_ms <= self._lag_ms_max + tolerance_ms:
            self.trouble = f"its clock is {_difference_text(lag_ms)}"
            return None
        self.trouble = ""
        return min(max(0.0, lag_ms), self._lag_ms_max)

    def _note_step(self, offset_ms: float) -> None:
        """Count the pictures over which the camera's clock ran evenly; ``offset_ms``: its time at the stream's zero."""
        before, self._offset_ms = self._offset_ms, offset_ms
        if before is None or abs(offset_ms - before) <= STEP_MS_MAX:
            self._even_pictures += 1
            return
        if self._even_pictures >= SETTLED_PICTURES:
            self.jump_count += 1
            self.trouble = f"its clock jumped by {_span_text(offset_ms - before)}"
        self._even_pictures = 0


def date_by_arrival(arrived: Instant) -> Instant:
    """The instant of a picture of which only the arrival is known; its uncertainty says so."""
    return arrived.less_certain(ARRIVAL_UNCERTAINTY_MS)


def _difference_text(lag_ms: float) -> str:
    return f"{_span_text(lag_ms)} {'behind' if lag_ms > 0 else 'ahead of'} the unit's"


def _span_text(span_ms: float) -> str:
    """A span in words, coarse: the text of a fault must not change with every picture."""
    span = abs(timedelta(milliseconds=min(max(span_ms, -1e14), 1e14)))
    for unit, name in ((timedelta(days=1), "days"), (timedelta(minutes=1), "minutes"), (timedelta(seconds=1), "s")):
        if span >= 2 * unit:
            return f"{span / unit:.0f} {name}"
    return f"{span / timedelta(milliseconds=100):.0f}00 ms"
