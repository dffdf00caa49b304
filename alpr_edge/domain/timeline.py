"""Places a boot's instants in UTC by its clock pairs, each of a boot time and a UTC.

A pair says that the UTC of its boot time lies within its uncertainty. For another instant of the same boot the interval
is wider, by the drift of the clock's crystal in between. So each pair gives an interval for every instant of its boot,
and the true time lies in the intersection of all (Marzullo, "Maintaining the time in a distributed system", 1984). Both
ends of the intersection grow with boot time, so placed instants keep their order and never fall before the boot.

Two pairs that cannot both be true mean that a receiver or the boot clock was wrong. Nobody can tell which, so no time
of that boot is sure any more. But at a leap second UTC itself steps by a second against boot time: pairs that agree but
for such a step, between two neighbours at the turn of a quarter, are true.
"""

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from itertools import accumulate

from alpr_edge.domain.instants import NS_PER_MS, Instant

DRIFT = 100e-6
"""Largest rate error of an uncompensated crystal, 100 ppm."""
PAIRS_MIN = 2
"""One pair alone may be wrong; two that agree confirm each other."""
LEAP = timedelta(seconds=1)
LEAP_LATE_MAX = timedelta(hours=1)
"""Most by which a clock follows a leap second late: a time server may be asked so seldom."""
_ROUNDING_MS = 1e-3
"""Pairs are kept to the microsecond."""


class Basis(StrEnum):
    """The evidence for an instant's place in time."""

    OWN = "own"
    """The trusted clock it was stamped by."""
    PLACED = "placed"
    """Clock pairs of its boot that came later, or earlier, and agree."""
    SINGLE = "single"
    """One pair alone: a likely time, not a sure one."""
    DISPUTED = "disputed"
    """The pairs of its boot contradict each other, or it contradicts them."""
    CLOCK = "clock"
    """An untrusted clock: no pair has come."""
    NONE = "none"
    """No evidence at all."""


@dataclass(frozen=True, slots=True)
class Placement:
    """An instant's place in time, beside what was stamped on it."""

    utc: datetime | None
    """The best estimate; None when nothing is known, or when the evidence contradicts itself."""
    uncertainty_ms: float | None
    """How far :attr:`utc` may be off; None when unknown."""
    basis: Basis

    @property
    def sure(self) -> bool:
        """Whether :attr:`utc` may be shown as the time."""
        return self.basis in {Basis.OWN, Basis.PLACED}


@dataclass(frozen=True, slots=True)
class _LeapSecond:
    """A second that was inserted into UTC, or left out of it.

    Boot time goes on evenly. So do **even times**: UTC before the leap second, counted on without it.
    """

    end: datetime
    """The UTC that begins after it, the first second of a quarter (ITU-R TF.460)."""
    ahead: timedelta
    """How far even times are ahead of UTC after it: a second, or minus one where a second was left out."""

    def utc_of(self, even: datetime) -> datetime:
        """The UTC of an even time; for the whole inserted second, which has no number, the moment at its end."""
        begins = self.end + min(self.ahead, timedelta(0))
        return even if even <= begins else max(self.end, even - self.ahead)

    def even_times(self, utc: datetime) -> list[datetime]:
        """The even times of a UTC that a clock said: two of them where it may have followed already or not."""
        after = [utc + self.ahead] if utc >= self.end - LEAP else []
        before = [utc] if utc <= self.end + LEAP_LATE_MAX else []
        return before + after


class _Bounds:
    """The bounds that pairs give to every instant of their boot.

    Args:
        pairs: the pairs by boot time, at least one.
    """

    def __init__(self, pairs: Sequence[Instant]) -> None:
        self._boottimes_ns = [pair.boottime_ns for pair in pairs]
        # From the first pair on, so that floats hold microseconds.
        self.origin = pairs[0]
        spans = [self.span_ms(pair) for pair in pairs]
        drifts = [self.elapsed_ms(pair.boottime_ns) * DRIFT for pair in pairs]
        # The bounds by all pairs up to a boot time, and from it on; shared_ms adds the drift.
        lows, highs = [low for low, _ in spans], [high for _, high in spans]
        self._low_before = list(accumulate(map(float.__add__, lows, drifts), max))
        self._high_before = list(accumulate(map(float.__sub__, highs, drifts), min))
        self._low_after = list(accumulate(map(float.__sub__, lows[::-1], drifts[::-1]), max))[::-1]
        self._high_after = list(accumulate(map(float.__add__, highs[::-1], drifts[::-1]), min))[::-1]
        self.is_disputed = any(self._is_contradicted(boottime_ns) for boottime_ns in self._boottimes_ns)
        """Whether two of the pairs cannot both be true."""

    def elapsed_ms(self, boottime_ns: int) -> float:
        """The time since the first pair."""
        return (boottime_ns - self.origin.boottime_ns) / NS_PER_MS

    def span_ms(self, pair: Instant) -> tuple[float, float]:
        """How much later than the first pair makes it, at least and at most, a trusted instant makes UTC."""
        assert pair.utc is not None, "trusted instants have a UTC"
        assert self.origin.utc is not None, "a trusted pair has a UTC"
        later_ms = (pair.utc - self.origin.utc) / timedelta(milliseconds=1) - self.elapsed_ms(pair.boottime_ns)
        uncertainty_ms = pair.uncertainty_ms or 0.0
        return later_ms - uncertainty_ms, later_ms + uncertainty_ms

    def shared_ms(self, boottime_ns: int) -> tuple[float, float]:
        """The interval that all pairs share at a boot time; its first end is above the second when there is none."""
        drifted_ms = self.elapsed_ms(boottime_ns) * DRIFT
        index = bisect_right(self._boottimes_ns, boottime_ns)
        lows, highs = [], []
        if index > 0:
            lows.append(self._low_before[index - 1] - drifted_ms)
            highs.append(self._high_before[index - 1] + drifted_ms)
        if index < len(self._boottimes_ns):
            lows.append(self._low_after[index] + drifted_ms)
            highs.append(self._high_after[index] - drifted_ms)
        return max(lows), min(highs)

    def agrees(self, instant: Instant) -> bool:
        """Whether a trusted instant and the pairs can both be true."""
        (low_ms, high_ms), (own_low_ms, own_high_ms) = self.shared_ms(instant.boottime_ns), self.span_ms(instant)
        return max(low_ms, own_low_ms) <= min(high_ms, own_high_ms) + _ROUNDING_MS

    def _is_contradicted(self, boottime_ns: int) -> bool:
        low_ms, high_ms = self.shared_ms(boottime_ns)
        return low_ms > high_ms + _ROUNDING_MS


class Timeline:
    """The clock pairs of one boot.

    Args:
        pairs: the instants, in any order; those without a trusted UTC are ignored.
    """

    def __init__(self, boot_id: str, pairs: Iterable[Instant] = ()) -> None:
        self.boot_id = boot_id
        usable = [pair for pair in pairs if pair.boot_id == boot_id and pair.trusted]
        usable.sort(key=lambda pair: pair.boottime_ns)
        self._pair_count = len(usable)
        self._bounds = _Bounds(usable) if usable else None
        self._leap: _LeapSecond | None = None
        if self.is_disputed:
            self._allow_leap_second(usable)

    @property
    def is_disputed(self) -> bool:
        """Whether two of the pairs cannot both be true."""
        return self._bounds is not None and self._bounds.is_disputed

    @property
    def is_settled(self) -> bool:
        """Whether instants of this boot can be placed and be sure."""
        return self._pair_count >= PAIRS_MIN and not self.is_disputed

    def place(self, instant: Instant) -> Placement:
        """Place ``instant`` in time; its own UTC is only checked, never rewritten."""
        bounds = self._bounds
        if instant.boot_id != self.boot_id or bounds is None:
            return _own_placement(instant)
        if bounds.is_disputed:
            return Placement(None, None, Basis.DISPUTED)
        if instant.trusted:
            return self._check(instant, bounds)
        low_ms, high_ms = bounds.shared_ms(instant.boottime_ns)
        assert bounds.origin.utc is not None, "a trusted pair has a UTC"
        after_ms = bounds.elapsed_ms(instant.boottime_ns) + (low_ms + high_ms) / 2
        utc = bounds.origin.utc + timedelta(milliseconds=after_ms)
        basis = Basis.PLACED if self.is_settled else Basis.SINGLE
        uncertainty_ms = max(0.0, (high_ms - low_ms) / 2)
        return Placement(utc if self._leap is None else self._leap.utc_of(utc), uncertainty_ms, basis)

    def _check(self, instant: Instant, bounds: _Bounds) -> Placement:
        """Place an instant that had a trusted clock: its time holds unless the pairs contradict it."""
        assert instant.utc is not None, "trusted instants have a UTC"
        even_times = [instant.utc] if self._leap is None else self._leap.even_times(instant.utc)
        if not any(bounds.agrees(replace(instant, utc=even)) for even in even_times):
            return Placement(None, None, Basis.DISPUTED)
        return Placement(instant.utc, instant.uncertainty_ms, Basis.OWN)

    def _allow_leap_second(self, pairs: Sequence[Instant]) -> None:
        """Take pairs that contradict each other for true where they agree but for a leap second."""
        for leap, even_pairs in _with_leap_second(pairs):
            bounds = _Bounds(even_pairs)
            if not bounds.is_disputed:
                self._bounds, self._leap = bounds, leap
                return


def _with_leap_second(pairs: Sequence[Instant]) -> Iterator[tuple[_LeapSecond, list[Instant]]]:
    """Each leap second that may lie between two neighbouring pairs, with the pairs in even times."""
    for number in range(1, len(pairs)):
        before, after = pairs[number - 1].utc, pairs[number].utc
        assert before is not None, "trusted instants have a UTC"
        assert after is not None, "trusted instants have a UTC"
        end = _quarter_of(after + LEAP)
        if before <= end + LEAP_LATE_MAX:
            for ahead in (LEAP, -LEAP):
                yield _LeapSecond(end, ahead), [*pairs[:number], *(_later(pair, ahead) for pair in pairs[number:])]


def _later(pair: Instant, by: timedelta) -> Instant:
    assert pair.utc is not None, "trusted instants have a UTC"
    return replace(pair, utc=pair.utc + by)


def _quarter_of(utc: datetime) -> datetime:
    """When the quarter of a moment began."""
    return utc.replace(month=(utc.month - 1) // 3 * 3 + 1, day=1, hour=0, minute=0, second=0, microsecond=0)


def _own_placement(instant: Instant) -> Placement:
    """Place an instant without any pair: only its own stamp is known."""
    if instant.utc is None:
        return Placement(None, None, Basis.NONE)
    return Placement(instant.utc, instant.uncertainty_ms, Basis.OWN if instant.trusted else Basis.CLOCK)
