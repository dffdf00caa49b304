"""Finds out what confirms the time: chronyd by its own report, the receiver, or the kernel, which any time daemon sets.

The capture daemon has no network, not even to this machine, and may not ask the kernel: there the uplink daemon asks,
and publishes the answer in the runtime directory. The answer says how far the machine's clock is right; the time itself
is still read from that clock. Where nothing sets that clock, the other processes take the time of the receiver from the
health file of the capture daemon, which alone reads it.
"""

import socket
import struct
import threading
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path

import structlog

from alpr_edge.domain.instants import Instant, UtcSource, moment_in
from alpr_edge.domain.timeline import DRIFT
from alpr_edge.runtime import kernel_clock
from alpr_edge.runtime.health import Health, read_health, write_health

# Asks chronyd about this machine's clock: the report "tracking" of its command protocol (candm.h, version 6).
#
# chronyd answers such questions over UDP to any process of its own machine, and needs no password for them. Asking is
# bounded in time, and an answer that is not understood counts as none.

HOST = "127.0.0.1"
ANSWER_S_MAX = 1.0
"""Longest wait for an answer, which normally takes a millisecond."""
_VERSION, _REQUEST, _REPLY = 6, 1, 2
_TRACKING_ASKED, _TRACKING_TOLD, _SUCCESS = 33, 5, 0
_REQUEST_HEAD = struct.Struct(">BBxxHHI8x")
"""Version, type, command, attempt, number."""
_REPLY_HEAD = struct.Struct(">BBxxHHH6xI8x")
"""Version, type, command, kind of reply, status, number."""
_TRACKING = struct.Struct(">I16sHxxHH12xIIIIIIIII")
"""Reference, its address and family, stratum, leap status, time of reference, and nine numbers of chrony's format."""
_REPLY_BYTES = _REPLY_HEAD.size + _TRACKING.size
_NOT_SYNCHRONISED = 3
"""The leap status of a clock that follows no source."""
LOCAL_REFERENCE = 0x7F7F0101
"""127.127.1.1: chronyd is set to serve its own time, which no source confirms."""


class ChronydError(Exception):
    """chronyd cannot be asked here, or does not answer."""


@dataclass(frozen=True, slots=True)
class Tracking:
    """The part of the report that is used."""

    is_synchronised: bool
    """Whether chronyd follows a source at present."""
    by_receiver: bool
    """Whether that source is a reference clock of this machine (a receiver), not a server of the network."""
    uncertainty_ms: float
    """How far the clock may be off: what is still to be corrected, dispersion and half of the delay."""


def tracking(port: int, limit_s: float = ANSWER_S_MAX) -> Tracking:
    """Ask the chronyd of this machine.

    Args:
        port: the port of chronyd (``cmdport``).
        limit_s: the longest time to wait.
    """
    number = 1
    head = _REQUEST_HEAD.pack(_VERSION, _REQUEST, _TRACKING_ASKED, 0, number)
    try:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asking:
            asking.settimeout(limit_s)
            asking.connect((HOST, port))
            # Padded to the length of the answer: chronyd answers no shorter request.
            asking.send(head.ljust(_REPLY_BYTES, b"\0"))
            return tracking_in(asking.recv(2 * _REPLY_BYTES), number)
    except OSError as error:
        raise ChronydError(f"chronyd does not answer: {(error.strerror or str(error)).lower()}") from None


def tracking_in(reply: bytes, number: int) -> Tracking:
    """Parse a datagram with the report.

    Args:
        reply: the bytes received from chronyd.
    """
    if len(reply) < _REPLY_BYTES:
        raise ChronydError("chronyd's answer is too short")
    head = _REPLY_HEAD.unpack_from(reply)
    if head != (_VERSION, _REPLY, _TRACKING_ASKED, _TRACKING_TOLD, _SUCCESS, number):
        raise ChronydError("chronyd's answer is not understood")
    reference, _, family, _, leap, *numbers = _TRACKING.unpack_from(reply, _REPLY_HEAD.size)
    correction_s, _, _, _, _, _, delay_s, dispersion_s, _ = map(number_of, numbers)
    is_synchronised = leap != _NOT_SYNCHRONISED and reference not in {0, LOCAL_REFERENCE}
    uncertainty_ms = 1000.0 * (abs(correction_s) + dispersion_s + delay_s / 2)
    return Tracking(is_synchronised, is_synchronised and family == 0, uncertainty_ms)


def number_of(word: int) -> float:
    """A number of chrony's own 32-bit format: seven bits of exponent, 25 of coefficient, both signed."""
    exponent, coefficient = word >> 25, word & (1 << 25) - 1
    exponent -= (exponent >= 1 << 6) * (1 << 7)
    coefficient -= (coefficient >= 1 << 24) * (1 << 25)
    return float(coefficient) * 2.0 ** (exponent - 25)


ASK_MS = 10_000.0
"""Time between two requests."""
FIRST_ANSWER_S_MAX = 2.0
"""Longest wait of a thread for the first answer, for which another thread has asked."""
VALID_MS = 600_000.0
"""How long an answer holds; a clock of a machine drifts by 60 ms meanwhile."""
PUBLISH_MS = 5_000.0
UNCERTAINTY_MS_MAX = 10_000.0
"""A clock that may be off by more does not count as confirmed: chronyd still names a source that was lost long ago."""
_FILE = "time"
"""Name of the published answer in the runtime directory."""
_READER_FILE = "run"
"""Name of the capture daemon's health."""

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class TimeConfirmation:
    """The answer of a time source: this machine's clock was right at a moment, or what the time was then."""

    source: UtcSource
    """GNSS where the clock follows a receiver of this machine, NTP where it follows a time server."""
    uncertainty_ms: float
    at: Instant
    """When it was given; only its boot and boot time count."""
    utc: datetime | None = None
    """The time then; None: this machine's clock had it."""

    def stamp(self, now: Instant) -> Instant:
        """``now`` as confirmed by this answer; unchanged when the answer is too old for it."""
        if now.boot_id != self.at.boot_id or not 0 <= (age_ms := now.ms_since(self.at)) <= VALID_MS:
            return now
        utc = now.utc if self.utc is None else self.utc + timedelta(milliseconds=age_ms)
        uncertainty_ms = self.uncertainty_ms + age_ms * DRIFT
        if utc is None or uncertainty_ms > UNCERTAINTY_MS_MAX:
            return now
        return replace(now, utc=utc, utc_source=self.source, uncertainty_ms=uncertainty_ms)

    def moved_to(self, at: Instant) -> "TimeConfirmation":
        """The same answer, given at another moment of the same boot."""
        utc = None if self.utc is None else self.utc + timedelta(milliseconds=at.ms_since(self.at))
        return replace(self, at=at, utc=utc)


class TimeSources:
    """Asks the sources of time, at most every ten seconds; safe for several threads, of which one waits at a time.

    Args:
        chrony_port: the port of this machine's chronyd; 0: it is not asked.
        directory: the unit's runtime directory, in which answers are published; None: there is none.
    """

    def __init__(self, chrony_port: int, directory: Path | None = None, *, asks_reader: bool = False) -> None:
        self._chrony_port = chrony_port
        self._directory = directory
        self._asks_reader = asks_reader
        self._asking = threading.Lock()
        self._last_request: Instant | None = None
        self._last_publication: Instant | None = None
        self._last_answer: TimeConfirmation | None = None

    def stamp(self, now: Instant) -> Instant:
        """An instant of this machine's clock with the source and uncertainty of the last answer, if there is one."""
        # The first question is waited for: a second thread would else take "not asked yet" for "nobody confirms it".
        wait_s = FIRST_ANSWER_S_MAX if self._last_request is None else 0.0
        if self._is_due(now) and self._asking.acquire(timeout=wait_s):
            try:
                if self._is_due(now):
                    self._last_answer = self._ask(now)
                    self._last_request = now
            finally:
                self._asking.release()
        answer = self._last_answer
        if answer is None:
            return now
        if now.boot_id == answer.at.boot_id and -1000 * FIRST_ANSWER_S_MAX <= now.ms_since(answer.at) < 0:
            answer = answer.moved_to(now)  # this thread waited while another one asked
        return answer.stamp(now)

    def publish(self, now: Instant) -> None:
        """Publish what the last answer says of this machine's clock for the unit's other processes.

        At most every five seconds. The receiver's time is not published again: its own reader would take it for another
        source.

        Raises:
            OSError: the runtime directory cannot be written.
        """
        if self._directory is None or (self._last_publication and now.ms_since(self._last_publication) < PUBLISH_MS):
            return
        self._last_publication = now
        answer = self._last_answer if self._last_answer is None or self._last_answer.utc is None else None
        figures = {} if answer is None else {
            "source": answer.source.value,
            "uncertainty_ms": answer.uncertainty_ms,
            "boot_id": answer.at.boot_id,
            "boottime_ns": answer.at.boottime_ns,
        }  # fmt: skip
        write_health(self._directory, Health(_FILE, answer is not None, (), figures))

    def _is_due(self, now: Instant) -> bool:
        last_request = self._last_request
        return last_request is None or last_request.boot_id != now.boot_id or now.ms_since(last_request) >= ASK_MS

    def _ask(self, now: Instant) -> TimeConfirmation | None:
        if self._chrony_port:
            try:
                report = tracking(self._chrony_port)
            except ChronydError as error:
                log.debug("clock.chronyd_not_asked", reason=str(error))
            else:
                if not report.is_synchronised:
                    return self._of_reader()
                source = UtcSource.GNSS if report.by_receiver else UtcSource.NTP
                return TimeConfirmation(source, report.uncertainty_ms, now)
        # No answer takes nothing back: the last one holds for its time.
        return self._published_by_others() or _of_kernel(now) or self._of_reader() or self._last_answer

    def _published_by_others(self) -> TimeConfirmation | None:
        health = None if self._directory is None else read_health(self._directory, _FILE)
        if health is None or not health.ready:
            return None
        figures = health.figures
        try:
            at = Instant(str(figures["boot_id"]), int(figures["boottime_ns"]))
            return TimeConfirmation(UtcSource(figures["source"]), float(figures["uncertainty_ms"]), at)
        except (KeyError, TypeError, ValueError):
            return None

    def _of_reader(self) -> TimeConfirmation | None:
        """The time of the receiver; None where the capture daemon has none, or has it from this machine's clock."""
        health = read_health(self._directory, _READER_FILE) if self._asks_reader and self._directory else None
        try:
            told = {} if health is None else health.figures["now"]
            utc, at = moment_in(told["utc"]), Instant(str(told["boot_id"]), int(told["boottime_ns"]))
            source, uncertainty_ms = UtcSource(told["utc_source"]), float(told["uncertainty_ms"])
        except (KeyError, TypeError, ValueError):
            return None
        return TimeConfirmation(source, uncertainty_ms, at, utc) if utc and source is UtcSource.GNSS else None


def _of_kernel(now: Instant) -> TimeConfirmation | None:
    uncertainty_ms = kernel_clock.uncertainty_ms()
    return None if uncertainty_ms is None else TimeConfirmation(UtcSource.NTP, uncertainty_ms, now)
