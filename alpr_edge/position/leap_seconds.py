"""Decides whether a receiver can know the leap seconds by now; before that its time may be off by some of them.

A receiver that starts without memory takes their number from its firmware, until it hears it from the satellites: on
page 18 of the almanac, once in 12.5 minutes (IS-GPS-200, 20.3.3.5.1.6). Its sentences call the time before that valid
as well. Which receivers do so cannot be told, so in the first minutes the time of any is less certain.
"""

from dataclasses import replace
from datetime import timedelta

from alpr_edge.domain.fixes import Fix
from alpr_edge.domain.instants import Instant
from alpr_edge.domain.positioning import FIX_LATENCY_MS
from alpr_edge.position.fix_times import difference

LEAP_ERROR_MS = 4000.0
"""Most by which a firmware's number is too small: one of 2006 counts 14 leap seconds since the start of GPS, and since
2017 there are 18 (IERS, Bulletin C)."""
HEARD_MS = 900_000.0
"""Time from a receiver's first fix after which it knows the number: the almanac's 12.5 minutes, and what chronyd takes
to follow a correction by some seconds, 36 s and more of slewing (its default ``maxslewrate``)."""
KNOWN_UNCERTAINTY_MS_MAX = 1500.0
"""Most by which an earlier time may be off that proves a receiver's number: a receiver's, or a time server's."""


class LeapSecondCheck:
    """Follows one receiver's confirmed fixes, from each of its openings on."""

    def __init__(self) -> None:
        self._began: Instant | None = None
        """The first fix of this opening."""
        self._known: Instant | None = None
        self._is_heard = False

    @property
    def sure_time(self) -> Instant | None:
        """The newest time of this boot that cannot be off by leap seconds; None: there is none."""
        return self._known

    @property
    def error_ms(self) -> float:
        """How far the receiver's time may be off by leap seconds."""
        return 0.0 if self._is_heard else LEAP_ERROR_MS

    def resume(self, trusted_time: Instant) -> None:
        """Continue from a trusted time of this boot that was stored before the process was started again."""
        uncertainty_ms = trusted_time.uncertainty_ms
        if uncertainty_ms is not None and uncertainty_ms <= KNOWN_UNCERTAINTY_MS_MAX:
            self._known = trusted_time

    def reopen(self) -> None:
        """Begin anew with the next fix: the receiver may have been without power."""
        self._began = None

    def note(self, fix: Fix) -> None:
        """Note a fix whose time those before it confirm."""
        if self._began is None:
            self._began, self._is_heard = fix.received_at, False
        if not self._is_heard:
            self._is_heard = self._is_proved(fix) or fix.received_at.ms_since(self._began) >= HEARD_MS
        if self._is_heard:
            self._known = replace(fix.received_at, utc=fix.utc)

    def _is_proved(self, fix: Fix) -> bool:
        """Whether a fix is no further from an earlier known time than a fix may come late: no leap second is amiss."""
        if self._known is None:
            return False
        later, drift = difference(fix, self._known)
        return abs(later) + drift <= timedelta(milliseconds=FIX_LATENCY_MS)
