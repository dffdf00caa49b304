"""Replays a receiver's log as a fix source."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import structlog

from alpr_edge.domain.errors import PositionError
from alpr_edge.domain.fixes import Fix
from alpr_edge.domain.instants import Instant, UtcSource
from alpr_edge.position.line_splitter import LineSplitter
from alpr_edge.position.sentence_merger import DAY_S, LOG_DATES, SentenceMerger, SentenceTally, Solution
from alpr_edge.position.sentences import Rejection
from alpr_edge.runtime.io_errors import io_errors

log = structlog.get_logger(__name__)

CHUNK_BYTES = 65_536
UNCERTAINTY_MS = 1000.0
"""A sentence follows its moment by up to a second."""


class LogSource:
    """Fixes of an NMEA log at the log's own pace; a :class:`~alpr_edge.domain.ports.FixSource`.

    The first valid fix falls on ``start``, the others as much later as the log's times of day say. When ``start``
    carries a trusted UTC (a recording with a clock of its own) and the log has a date, the fixes fall where
    the two UTCs put them, also before ``start``. Without ``start`` the log makes its own instants.
    """

    def __init__(self, path: Path, start: Instant | None = None) -> None:
        self._path = path
        self._start = start
        self.tally = SentenceTally()

    def fixes(self) -> Iterator[Fix]:
        """Yield the log's valid fixes, oldest first; none when the receiver never had one.

        Raises:
            PositionError: the file cannot be read, or holds no NMEA.
        """
        first = self._first()
        for solution, after_s in _paced_solutions(self._path, self.tally):
            yield solution.fix(f"log:{self._path.name}", LOG_DATES, first.shift(after_s * 1000))
        if not self.tally.sentences:
            raise PositionError(f"{self._path}: no NMEA sentence in it; expected a receiver's log")
        if self.tally.solutions == 0:
            log.warning("position.log_without_fix", log=self._path.name, **_reasons(self.tally))

    def _first(self) -> Instant:
        """The instant of the first valid fix."""
        utc = first_fix_utc(self._path) if self._start is None or self._start.trusted else None
        if self._start is None:
            source = UtcSource.UNKNOWN if utc is None else UtcSource.GNSS
            return Instant(f"log:{self._path.name}", 0, utc, source, None if utc is None else UNCERTAINTY_MS)
        if utc is None or self._start.utc is None:
            return self._start
        return self._start.shift((utc - self._start.utc) / timedelta(milliseconds=1))


def first_fix_utc(path: Path) -> datetime | None:
    """When the log's first valid fix was, in UTC; None when there is none or no sentence has a date.

    Raises:
        PositionError: the file cannot be read.
    """
    for solution, after_s in _paced_solutions(path, SentenceTally()):
        utc = solution.utc(LOG_DATES)
        if utc is not None:
            return utc - timedelta(seconds=after_s)
    return None


def _paced_solutions(path: Path, tally: SentenceTally) -> Iterator[tuple[Solution, float]]:
    """Each solution with its seconds since the first; solutions that run back in time are left out.

    Times of day count, not dates: they are in every sentence, and a receiver's date jumps at a week roll-over.
    """
    before: Solution | None = None
    after_s = 0.0
    for solution in _solutions(path, tally):
        step_s = 0.0 if before is None else (solution.seconds_of_day - before.seconds_of_day) % DAY_S
        if step_s > DAY_S / 2:
            tally.rejections[Rejection.BACKWARDS] += 1
            continue
        before, after_s = solution, after_s + step_s
        yield solution, after_s


def _solutions(path: Path, tally: SentenceTally) -> Iterator[Solution]:
    splitter, merger = LineSplitter(tally), SentenceMerger(tally)
    origin = Instant("log", 0)
    with io_errors(f"{path}: cannot be read", PositionError), path.open("rb") as file:
        while chunk := file.read(CHUNK_BYTES):
            for line, _ in splitter.feed(chunk, origin):
                yield from merger.feed(line, origin)
    for line, _ in splitter.feed(b"\n", origin):
        yield from merger.feed(line, origin)
    yield from merger.flush()


def _reasons(tally: SentenceTally) -> dict[str, int]:
    return {str(reason): count for reason, count in tally.rejections.items()}
