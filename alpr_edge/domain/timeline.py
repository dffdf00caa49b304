"""Places a boot's instants in UTC by its clock pairs, each of a boot time and a UTC.

A pair says that the UTC of its boot time lies within its uncertainty. For another instant of the same boot the interval
is wider, by the drift of the clock's crystal in between. So each pair gives an interval for every instant of its boot,
and the true time lies in the intersection of all (Marzullo, "Maintaining the time in a distributed system", 1984). Both
ends of the intersection grow with boot time, so placed instants keep their order and never fall before the boot.

Two pairs that cannot both be true mean that a receiver or the boot clock was wrong. Nobody can tell which, so no time
of that boot is sure any more.
"""

from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from itertools import accumulate

from alpr_edge.domain.instants import NS_PER_MS, Instant

DRIFT = 100e-6
"""Largest rate error of an uncompensated crystal, 100 ppm."""
PAIRS_MIN = 2
"""One pair alone may be wrong; two that agree confirm each other."""
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


class Timeline:
    """The clock pairs of one boot.

    Args:
        boot_id: the boot; pairs of others are ignored.
        pairs: the instants, in any order; those without a trusted UTC are ignored.
    """

    def __init__(self, boot_id: str, pairs: Iterable[Instant] = ()) -> None:
        self.boot_id = boot_id
        usable = [pair for pair in pairs if pair.boot_id == boot_id and pair.trusted]
        usable.sort(key=lambda pair: pair.boottime_ns)
        self._boottimes_ns = [pair.boottime_ns for pair in usable]
        # From the first pair on, so that floats hold microseconds.
        self._origin = usable[0] if usable else None
        spans = [self._span_ms(pair) for pair in usable]
        drifts = [self._elapsed_ms(pair.boottime_ns) * DRIFT for pair in usable]
        # The bounds by all pairs up to a boot time, and from it on; _shared_ms adds the drift.
        lows, highs = [low for low, _ in spans], [high for _, high in spans]
        self._low_before = list(accumulate(map(float.__add__, lows, drifts), max))
        self._high_before = list(accumulate(map(float.__sub__, highs, drifts), min))
        self._low_after = list(accumulate(map(float.__sub__, lows[::-1], drifts[::-1]), max))[::-1]
        self._high_after = list(accumulate(map(float.__add__, highs[::-1], drifts[::-1]), min))[::-1]
        self.is_disputed = any(self._is_contradicted(boottime_ns) for boottime_ns in self._boottimes_ns)
        """Whether two of the pairs cannot both be true."""

    @property
    def is_settled(self) -> bool:
        """Whether instants of this boot can be placed and be sure."""
        return len(self._boottimes_ns) >= PAIRS_MIN and not self.is_disputed

    def place(self, instant: Instant) -> Placement:
        """Place ``instant`` in time; its own UTC is only checked, never rewritten."""
        if instant.boot_id != self.boot_id or self._origin is None:
            return _own_placement(instant)
        if self.is_disputed:
            return Placement(None, None, Basis.DISPUTED)
        low_ms, high_ms = self._shared_ms(instant.boottime_ns)
        if instant.trusted:
            return self._check(instant, low_ms, high_ms)
        assert self._origin.utc is not None, "a trusted pair has a UTC"
        after_ms = self._elapsed_ms(instant.boottime_ns) + (low_ms + high_ms) / 2
        basis = Basis.PLACED if self.is_settled else Basis.SINGLE
        return Placement(self._origin.utc + timedelta(milliseconds=after_ms), max(0.0, (high_ms - low_ms) / 2), basis)

    def _check(self, instant: Instant, low_ms: float, high_ms: float) -> Placement:
        """Place an instant that had a trusted clock: its time holds unless the pairs contradict it."""
        own_low_ms, own_high_ms = self._span_ms(instant)
        if max(low_ms, own_low_ms) > min(high_ms, own_high_ms) + _ROUNDING_MS:
            return Placement(None, None, Basis.DISPUTED)
        return Placement(instant.utc, instant.uncertainty_ms, Basis.OWN)

    def _elapsed_ms(self, boottime_ns: int) -> float:
        assert self._origin is not None, "asked only where there is a pair"
        return (boottime_ns - self._origin.boottime_ns) / NS_PER_MS

    def _span_ms(self, pair: Instant) -> tuple[float, float]:
        """How much later than the first pair makes it, at least and at most, a trusted instant makes UTC."""
        assert self._origin is not None, "asked only where there is a pair"
        assert pair.utc is not None, "trusted instants have a UTC"
        assert self._origin.utc is not None, "a trusted pair has a UTC"
        later_ms = (pair.utc - self._origin.utc) / timedelta(milliseconds=1) - self._elapsed_ms(pair.boottime_ns)
        uncertainty_ms = pair.uncertainty_ms or 0.0
        return later_ms - uncertainty_ms, later_ms + uncertainty_ms

    def _shared_ms(self, boottime_ns: int) -> tuple[float, float]:
        """The interval that all pairs share at a boot time; its first end is above the second when there is none."""
        drifted_ms = self._elapsed_ms(boottime_ns) * DRIFT
        index = bisect_right(self._boottimes_ns, boottime_ns)
        lows, highs = [], []
        if index > 0:
            lows.append(self._low_before[index - 1] - drifted_ms)
            highs.append(self._high_before[index - 1] + drifted_ms)
        if index < len(self._boottimes_ns):
            lows.append(self._low_after[index] + drifted_ms)
            highs.append(self._high_after[index] - drifted_ms)
        return max(lows), min(highs)

    def _is_contradicted(self, boottime_ns: int) -> bool:
        low_ms, high_ms = self._shared_ms(boottime_ns)
        return low_ms > high_ms + _ROUNDING_MS


def _own_placement(instant: Instant) -> Placement:
    """Place an instant without any pair: only its own stamp is known."""
    if instant.utc is None:
        return Placement(None, None, Basis.NONE)
    return Placement(instant.utc, instant.uncertainty_ms, Basis.OWN if instant.trusted else Basis.CLOCK)
