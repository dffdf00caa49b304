"""Keeps the fixes of the last minutes, which give the vehicle's position and the receiver's time.

A fix whose place cannot be right gives the time all the same, and no position.
"""

import threading
from bisect import bisect_left
from dataclasses import replace
from datetime import datetime, timedelta

from alpr_edge.domain.fixes import Fix, Position
from alpr_edge.domain.instants import NS_PER_MS, Instant, UtcSource
from alpr_edge.domain.motion.fix_check import FixCheck, FixFault
from alpr_edge.domain.ports import Clock
from alpr_edge.domain.positioning import FIX_LATENCY_MS, position_at
from alpr_edge.domain.timeline import DRIFT

AGREEMENT = timedelta(seconds=1.5)
"""Most by which fixes may differ in their time on the way to here; a leap second is less."""


def ahead(fix: Fix, trusted_time: Instant) -> timedelta:
    """How much later a fix's time is than boot time since a trusted moment allows, drift included."""
    later, drift = difference(fix, trusted_time)
    return later - drift


def behind(fix: Fix, trusted_time: Instant) -> timedelta:
    """How much earlier a fix's time is than boot time since a trusted moment allows, drift included."""
    later, drift = difference(fix, trusted_time)
    return -later - drift


def agrees(fix: Fix, trusted_time: Instant) -> bool:
    """Whether a fix's time is the one that boot time since a trusted moment gives, but for drift."""
    later, drift = difference(fix, trusted_time)
    return abs(later) <= AGREEMENT + drift


def difference(fix: Fix, trusted_time: Instant) -> tuple[timedelta, timedelta]:
    """How much later a fix's time is than boot time since a trusted moment gives, and how far that may have drifted."""
    assert fix.utc is not None, "only timed fixes are asked"
    assert trusted_time.utc is not None, "a trusted time has a UTC"
    elapsed_ms = fix.received_at.ms_since(trusted_time)
    later = fix.utc - trusted_time.utc - timedelta(milliseconds=elapsed_ms)
    return later, timedelta(milliseconds=abs(elapsed_ms) * DRIFT)


# Decides whether a receiver can know the leap seconds by now; before that its time may be off by some of them.
#
# A receiver that starts without memory takes their number from its firmware, until it hears it from the satellites: on
# page 18 of the almanac, once in 12.5 minutes (IS-GPS-200, 20.3.3.5.1.6). Its sentences call the time before that valid
# as well. Which receivers do so cannot be told, so in the first minutes the time of any is less certain.

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


FIXES_MAX = 1200
"""Most fixes kept: twenty minutes at one a second, two at ten."""
TIME_MS = 60_000.0
"""All fixes of this last span must agree on the time."""
SETTLED_MS = 4000.0
"""Least span over which they must agree: a receiver that wakes up may report old time from memory for some seconds."""
FAULT_MS = 10_000.0
"""Time for which a fix with a wrong place is told; others may be right in between."""
JUMP_MAX = timedelta(minutes=1)
"""Most by which a receiver's time may be ahead of what boot time allows, since more is no correction of an old time;
and most by which it may go back once it was known long enough to be right."""


class FixHistory:
    """A bounded history of one boot's fixes; safe to use from several threads.

    Args:
        fixes_max: the most fixes that are kept; a replay keeps its whole log.
    """

    def __init__(self, age_ms_max: float, fixes_max: int = FIXES_MAX) -> None:
        self._age_ms_max = age_ms_max
        self._fixes_max = fixes_max
        self._lock = threading.Lock()
        self._fixes: list[Fix] = []
        self._places: list[Fix] = []
        """Those of them whose place can be right."""
        self._check = FixCheck()
        self._wrong: tuple[FixFault, Instant] | None = None
        """Why the place of the last one that cannot be right is wrong, and when it came."""
        self._time_fix: Fix | None = None
        self._trusted_time: Instant | None = None
        self._jump = ""
        self._leap_seconds = LeapSecondCheck()

    def resume(self, trusted_time: Instant) -> None:
        """Continue from the trusted time of this boot that was known before the process was started again."""
        with self._lock:
            self._trusted_time = trusted_time
            self._leap_seconds.resume(trusted_time)

    def reopen(self) -> None:
        """Begin a new opening of the receiver, which may have been without power."""
        with self._lock:
            self._leap_seconds.reopen()

    def hear(self, now: Instant) -> None:
        """Accept a refused receiver once a time server agrees with it: what was known before was wrong."""
        uncertainty_ms = now.uncertainty_ms
        if now.utc_source is not UtcSource.NTP or uncertainty_ms is None or uncertainty_ms > KNOWN_UNCERTAINTY_MS_MAX:
            return
        with self._lock:
            newest = next(reversed(_fixes_with_time(self._fixes)), None) if self._jump else None
            if newest is None or newest.received_at.boot_id != now.boot_id or not agrees(newest, now):
                return
            self._trusted_time, self._leap_seconds = now, LeapSecondCheck()
            self._leap_seconds.resume(now)

    def estimated_utc(self, now: Instant) -> datetime | None:
        """The UTC of a moment by boot time since the last trusted one of its boot, late rather than early by the drift.

        Returns:
            None where no time of that boot was trusted.
        """
        with self._lock:
            trusted_time = self._trusted_time
        if trusted_time is None or trusted_time.utc is None or trusted_time.boot_id != now.boot_id:
            return None
        elapsed_ms = now.ms_since(trusted_time)
        return trusted_time.utc + timedelta(milliseconds=elapsed_ms + abs(elapsed_ms) * DRIFT)

    @property
    def latest(self) -> Fix | None:
        """The newest fix whose place can be right, however old."""
        with self._lock:
            return self._places[-1] if self._places else None

    @property
    def jump(self) -> str:
        """Why the receiver's time is not accepted at present; empty when it is."""
        with self._lock:
            return self._jump

    @property
    def leap_error_ms(self) -> float:
        """How far the receiver's time may be off by leap seconds that it has not heard of yet."""
        with self._lock:
            return self._leap_seconds.error_ms

    def place_fault(self, now: Instant) -> FixFault | None:
        """Why places that the receiver reports are not used at present; None: they are."""
        with self._lock:
            if self._wrong is None or self._wrong[1].boot_id != now.boot_id:
                return None
            return self._wrong[0] if now.ms_since(self._wrong[1]) < FAULT_MS else None

    def add(self, fix: Fix) -> None:
        """Add ``fix`` in the order of arrival; a fix of another boot ends the history before it."""
        with self._lock:
            if self._fixes and self._fixes[-1].received_at.boot_id != fix.received_at.boot_id:
                self._fixes.clear()
                self._places.clear()
                self._check = FixCheck()
                self._time_fix, self._trusted_time, self._jump = None, None, ""
                self._leap_seconds = LeapSecondCheck()
            self._insert(self._fixes, fix)
            if (fault := self._check.check(fix)) is None:
                self._insert(self._places, fix)
            else:
                self._wrong = fault, fix.received_at
            # Checked once a fix, as the clock asks with every frame.
            self._time_fix, self._jump = self._check_times(_fixes_with_time(self._fixes))
            if self._time_fix is fix:
                self._leap_seconds.note(fix)

    def at(self, instant: Instant) -> Position | None:
        """Where the vehicle was at ``instant``; None when no fix is near enough in time."""
        with self._lock:
            return position_at(self._places, instant, self._age_ms_max)

    def _insert(self, fixes: list[Fix], fix: Fix) -> None:
        """Put a fix in its place by the time of its arrival, and drop the oldest of too many."""
        index = bisect_left(fixes, fix.received_at.boottime_ns, key=_boottime_ns)
        if index < len(fixes) and _boottime_ns(fixes[index]) == fix.received_at.boottime_ns:
            fixes[index] = fix
        else:
            fixes.insert(index, fix)
        del fixes[: -self._fixes_max]

    def _check_times(self, fixes: list[Fix]) -> tuple[Fix | None, str]:
        """The newest of some fixes, if they agree on the time and boot time allows it; else why it is refused.

        Fixes of too short a span, as after a tunnel, need to agree with a time that was trusted before; where they do
        not, what was known before holds.
        """
        if not fixes or fixes[-1].received_at.ms_since(fixes[0].received_at) < SETTLED_MS:
            is_confirmed = fixes and self._trusted_time is not None and agrees(fixes[-1], self._trusted_time)
            return (fixes[-1], "") if is_confirmed else (self._time_fix, self._jump)
        moments = [_utc_at_boot(fix) for fix in fixes]
        apart = max(moments) - min(moments)
        if apart > AGREEMENT:
            return None, f"the receiver's date jumped by {_duration_text(apart)}" if apart > JUMP_MAX else ""
        if jump := self._jump_of(fixes[-1]):
            return None, f"the receiver's date jumped {jump}"
        self._trusted_time = replace(fixes[-1].received_at, utc=fixes[-1].utc)
        return fixes[-1], ""

    def _jump_of(self, fix: Fix) -> str:
        """How far a fix's time is from what boot time allows since the times before it; empty where it may be right.

        A time that goes back may correct one that a receiver had from memory, or was told by its first false signals,
        so it is refused only after one that was known to the second. Both cannot be right, and whatever took the later
        one would make every time of this boot a matter of dispute.
        """
        if self._trusted_time is not None and (jump := ahead(fix, self._trusted_time)) > JUMP_MAX:
            return f"{_duration_text(jump)} ahead"
        known = self._leap_seconds.sure_time
        if known is not None and (jump := behind(fix, known)) > JUMP_MAX:
            return f"{_duration_text(jump)} back"
        return ""

    def time_fix(self) -> Fix | None:
        """The newest fix whose UTC the fixes before it confirm; None when there is none.

        A receiver that wakes up may report a date or a leap second that it has from memory and then correct it; two
        receivers may contradict each other. After a jump no time is reported until the earlier fixes have left the
        history; where it went ahead of what boot time allows, or back from a time that was known to the second, none is
        reported any more until the receiver is right again, a time server says the same, or the computer was started
        again.
        """
        with self._lock:
            return self._time_fix


class GnssClock:
    """A clock whose UTC comes from the receiver as long as its last fix is recent.

    Args:
        inner: the clock that gives the moment, and UTC when there is no recent fix.
        age_ms_max: the longest time for which the inner clock's rate carries the receiver's UTC on.
    """

    def __init__(self, inner: Clock, fix_history: FixHistory, age_ms_max: float = 600_000.0) -> None:
        self._inner = inner
        self._fix_history = fix_history
        self._age_ms_max = age_ms_max

    @property
    def trouble(self) -> str:
        """Why the receiver's time is not accepted at present; empty when it is."""
        jump, now, fix = self._fix_history.jump, self._inner.now(), self._fix_history.time_fix()
        if not jump and self._is_contradicted(fix, now):
            jump = "the receiver's date is ahead of the one that this computer's clock was set by"
        return f"{jump} and is refused; look at the receiver, or restart the computer if it is right" if jump else ""

    def now(self) -> Instant:
        """The present instant; the receiver's UTC unless a time server's is more precise, or contradicts its date."""
        now = self._inner.now()
        self._fix_history.hear(now)
        fix = self._fix_history.time_fix()
        now = self._independent_time(now, fix)
        if fix is None or fix.utc is None or fix.received_at.boot_id != now.boot_id:
            return now
        age_ms = now.ms_since(fix.received_at)
        uncertainty_ms = FIX_LATENCY_MS + age_ms * DRIFT + self._fix_history.leap_error_ms
        if not 0 <= age_ms <= self._age_ms_max or _is_more_precise(now, uncertainty_ms):
            return now
        if self._is_contradicted(fix, now):
            return now
        utc = fix.utc + timedelta(milliseconds=age_ms)
        return replace(now, utc=utc, utc_source=UtcSource.GNSS, uncertainty_ms=uncertainty_ms)

    @property
    def computer_clock(self) -> Instant:
        """The present instant by the inner clock alone, which other programs of the unit go by."""
        return self._inner.now()

    def _is_contradicted(self, fix: Fix | None, now: Instant) -> bool:
        """Whether a fix's time is much later than a trusted time by a time server or by earlier fixes."""
        if fix is None or not now.trusted or fix.received_at.boot_id != now.boot_id:
            return False
        return now.ms_since(fix.received_at) <= self._age_ms_max and ahead(fix, now) > JUMP_MAX

    def _independent_time(self, now: Instant, fix: Fix | None) -> Instant:
        """The inner clock's instant, not trusted where chronyd may have it from the receiver's false date.

        chronyd follows the same receiver: it is off by the same leap seconds, and after a false date it needs a while
        to be right again.
        """
        if now.utc_source is not UtcSource.GNSS or now.utc is None:
            return now
        is_of_boot = fix is not None and fix.received_at.boot_id == now.boot_id
        if self._fix_history.jump or (fix is not None and is_of_boot and ahead(fix, now) < -JUMP_MAX):
            return replace(now, utc_source=UtcSource.RTC, uncertainty_ms=None)
        return now.less_certain(self._fix_history.leap_error_ms)


def _fixes_with_time(fixes: list[Fix]) -> list[Fix]:
    """The fixes of the last minute that have a time."""
    return [fix for fix in fixes if fix.utc is not None and fixes[-1].received_at.ms_since(fix.received_at) <= TIME_MS]


def _duration_text(span: timedelta) -> str:
    return f"{span / timedelta(days=1):.0f} days" if span.days else f"{span / timedelta(minutes=1):.0f} minutes"


def _is_more_precise(now: Instant, uncertainty_ms: float) -> bool:
    """Whether an instant is trusted and at most so uncertain."""
    return now.trusted and now.uncertainty_ms is not None and now.uncertainty_ms <= uncertainty_ms


def _boottime_ns(fix: Fix) -> int:
    return fix.received_at.boottime_ns


def _utc_at_boot(fix: Fix) -> datetime:
    """The UTC of boot time 0 by a timed fix."""
    assert fix.utc is not None, "only timed fixes are asked"
    return fix.utc - timedelta(milliseconds=fix.received_at.boottime_ns / NS_PER_MS)
