"""Clocks: the system's, and that of a recording, which is moved from frame to frame."""

import time
from dataclasses import replace
from datetime import UTC, datetime

from alpr_edge.domain.instants import Instant, UtcSource
from alpr_edge.runtime.boot import boot_id, boottime_ns
from alpr_edge.runtime.time_sources import TimeSources

PLAUSIBLE_SINCE = datetime(2024, 1, 1, tzinfo=UTC)
"""A system clock before this was never set: its UTC is unknown, not 1970."""


class SystemClock:
    """This machine's clock, with the sources that make its time trusted.

    Its UTC counts as the RTC's, which is not trusted, unless a source of time confirms it.

    Args:
        sources: the sources of trusted time; None: there is none, and only boot times can be relied on.
    """

    def __init__(self, sources: TimeSources | None = None) -> None:
        self._boot_id = boot_id()
        self._sources = sources

    def now(self) -> Instant:
        """The present instant."""
        since_boot_ns, utc = boottime_ns(), datetime.now(UTC)
        now = Instant(self._boot_id, since_boot_ns)
        if utc >= PLAUSIBLE_SINCE:
            now = replace(now, utc=utc, utc_source=UtcSource.RTC)
        return now if self._sources is None else self._sources.stamp(now)

    def publish(self) -> None:
        """Publish what is known of the clock for the unit's other processes, which may not ask for it.

        Raises:
            OSError: the runtime directory cannot be written.
        """
        if self._sources is not None:
            self._sources.publish(self.now())


def wall_ns_at(instant: Instant) -> int:
    """An instant of this boot by the wall clock as it is set now: ns since 1970.

    Unlike :class:`SystemClock` it answers also when the clock was never set: whoever sets it asks how far it is off.
    """
    return time.time_ns() - boottime_ns() + instant.boottime_ns


class ReplayedClock:
    """A recording's clock: it stays at the instant that it was last moved to, so two replays give the same times."""

    def __init__(self, start: Instant) -> None:
        self._now = start

    def now(self) -> Instant:
        """The instant of the recording that is being worked on."""
        return self._now

    def move_to(self, instant: Instant) -> None:
        """Go on to ``instant`` (never backwards)."""
        if instant.boottime_ns > self._now.boottime_ns:
            self._now = instant
