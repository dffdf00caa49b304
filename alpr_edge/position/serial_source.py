"""Reads a receiver on a serial line."""

import termios
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, suppress
from pathlib import Path

import serial
import structlog

from alpr_edge.domain.errors import PositionError
from alpr_edge.domain.fixes import Fix
from alpr_edge.domain.instants import Instant
from alpr_edge.domain.ports import Clock
from alpr_edge.position.line_splitter import LineSplitter
from alpr_edge.position.sentence_merger import SentenceMerger, SentenceTally, Solution
from alpr_edge.settings import PositionSettings

BYTES_A_SECOND = 24_000
"""Twice the data of a receiver of four constellations with ten fixes a second."""
SECOND_S = 1.0


class Allowance:
    """The bytes that may be processed in each second of monotonic time.

    Args:
        baud: the rate of the line; a line set faster than :data:`BYTES_A_SECOND` may use its own rate.
    """

    def __init__(self, baud: int) -> None:
        self._bytes_max = max(BYTES_A_SECOND, baud // 10)
        self._bytes_spent = 0
        self._since_s = time.monotonic()

    def spend(self, count: int) -> float:
        """Count bytes that came; returns for how many seconds further bytes are to be discarded, mostly 0."""
        now_s = time.monotonic()
        if now_s - self._since_s >= SECOND_S:
            self._since_s, self._bytes_spent = now_s, 0
        self._bytes_spent += count
        return 0.0 if self._bytes_spent <= self._bytes_max else self._since_s + SECOND_S - now_s


SILENT_MS_MAX = 5000.0
"""Longest silence of a receiver, which sends at least once a second, with or without a fix."""
UNINTELLIGIBLE_MS_MAX = 15_000.0
"""Longest time in which data comes but no sentence."""
READ_TIMEOUT_S = 0.5
CHUNK_BYTES_MAX = 4096
_FAILURES = (OSError, ValueError, termios.error)
"""What pyserial raises: a line that goes away while its speed is set is a termios.error, which is no OSError."""
FIX_MS_MIN = 15.0
"""Least time between two fixes that are reported; no receiver is faster."""

log = structlog.get_logger(__name__)


class SerialSource:
    """Valid fixes of an NMEA receiver; a :class:`~alpr_edge.domain.ports.FixSource`.

    Args:
        should_stop: a function that is called at least twice a second; True ends :meth:`fixes`.
    """

    def __init__(
        self, settings: PositionSettings, clock: Clock, should_stop: Callable[[], bool] = lambda: False
    ) -> None:
        self._settings = settings
        self._clock = clock
        self._should_stop = should_stop
        self.tally = SentenceTally()
        """Counts of the present or last opening."""

    def fixes(self) -> Iterator[Fix]:
        """Open the device and yield fixes as they arrive, until stopped.

        Raises:
            PositionError: it cannot be opened, vanished, is silent, or sends no NMEA at this baud rate. By then
                it is released; calling again opens it anew.
        """
        with ExitStack() as stack:
            port = self._open_port()
            stack.callback(_release, port)
            yield from self._listen(port)

    def _open_port(self) -> serial.Serial:
        device, baud = self._settings.device, self._settings.baud
        try:
            return serial.Serial(device, baud, timeout=READ_TIMEOUT_S, exclusive=True)
        except _FAILURES as error:
            raise PositionError(f"GNSS receiver {device} cannot be opened at {baud} baud: {_reason(error)}") from None

    def _listen(self, port: serial.Serial) -> Iterator[Fix]:
        source = f"serial:{Path(self._settings.device).name}"
        self.tally = tally = SentenceTally()
        splitter, merger = LineSplitter(tally), SentenceMerger(tally)
        watchdog, allowance = _Watchdog(self._settings, self._clock.now()), Allowance(self._settings.baud)
        last: Instant | None = None
        while not self._should_stop():
            chunk, now = self._read(port), self._clock.now()
            for solution in _solutions(splitter, merger, chunk, now):
                if last is None or solution.received_at.ms_since(last) >= FIX_MS_MIN:
                    last = solution.received_at
                    fix = solution.fix(source)
                    if solution.day is not None:
                        tally.wrong_date = solution.day if fix.utc is None else None
                    yield fix
            watchdog.watch(now, has_data=bool(chunk), sentences=tally.sentences)
            if pause_s := allowance.spend(len(chunk)):
                self._discard(port, pause_s)
                splitter = LineSplitter(tally)

    def _discard(self, port: serial.Serial, seconds: float) -> None:
        """Discard the data of a receiver that floods the line; read later, it would count as present."""
        if not self.tally.floods:
            log.warning("position.flooded", device=self._settings.device)
        self.tally.floods += 1
        until_s = time.monotonic() + seconds
        while (left_s := until_s - time.monotonic()) > 0 and not self._should_stop():
            time.sleep(min(left_s, READ_TIMEOUT_S))
        self._read(port)

    def _read(self, port: serial.Serial) -> bytes:
        """The bytes that have arrived, at least one unless the time-out passes first."""
        try:
            return bytes(port.read(min(max(1, port.in_waiting), CHUNK_BYTES_MAX)))
        except _FAILURES:
            raise PositionError(f"GNSS receiver {self._settings.device} vanished; check its cable") from None


class _Watchdog:
    """Notices a receiver that is silent or not understood."""

    def __init__(self, settings: PositionSettings, now: Instant) -> None:
        self._settings = settings
        self._last_data = self._last_sentence = now
        self._sentences = 0

    def watch(self, now: Instant, *, has_data: bool, sentences: int) -> None:
        """Raise PositionError when no usable data came for too long."""
        if has_data:
            self._last_data = now
        if sentences > self._sentences:
            self._sentences, self._last_sentence = sentences, now
        device, baud = self._settings.device, self._settings.baud
        if now.ms_since(self._last_data) > SILENT_MS_MAX:
            raise PositionError(f"GNSS receiver {device} is silent; check its cable and power")
        if now.ms_since(self._last_sentence) > UNINTELLIGIBLE_MS_MAX:
            raise PositionError(f"GNSS receiver {device} speaks no NMEA at {baud} baud; check position.baud")


def _solutions(splitter: LineSplitter, merger: SentenceMerger, chunk: bytes, now: Instant) -> list[Solution]:
    """The solutions that ``chunk`` completes; the pause after a burst (an empty chunk) completes those that wait."""
    if not chunk:
        return merger.flush()
    lines = splitter.feed(chunk, now)
    solutions = [solution for line, began in lines for solution in merger.feed(line, began)]
    # What has waited arrives at one moment; the last of it is where the vehicle is then.
    last = {solution.received_at: solution for solution in solutions}
    return list(last.values())


def _release(port: serial.Serial) -> None:
    """Close the port; a line that has gone has nothing left to be closed."""
    with suppress(*_FAILURES):
        port.close()


def _reason(error: Exception) -> str:
    """The system's own message where there is one: pyserial wraps it in its own text."""
    cause = error.__context__ if isinstance(error.__context__, OSError) else error
    if isinstance(cause, termios.error):
        return str(cause.args[-1]).lower()
    return (cause.strerror if isinstance(cause, OSError) and cause.strerror else str(cause)).lower()
