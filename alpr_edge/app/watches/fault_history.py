"""Remembers the faults that are over: what was wrong on a drive is asked for after it, when all is well again."""

from collections.abc import Iterable
from dataclasses import dataclass

from alpr_edge.app.unit_faults import Fault, FaultKey
from alpr_edge.domain.instants import Instant

ENDED_MAX = 10
"""Most ended faults kept, the newest."""
AGAIN_MS = 3_600_000.0
"""A fault that is back so soon after its end is kept as one with it: a loose plug must not push the others out."""


@dataclass(frozen=True, slots=True)
class EndedFault:
    """A fault that is over, as often as it came within an hour of its end before."""

    fault: Fault
    """As it was told last."""
    since: Instant
    """When it came the first time."""
    until: Instant
    """When it was over the last time."""
    lasted_ms: float
    """How long it was there, all times together."""
    times: int = 1


class FaultHistory:
    """Compares the present faults with those before, as :class:`~alpr_edge.app.unit_faults.FaultMonitor` does."""

    def __init__(self) -> None:
        self._present: dict[FaultKey, tuple[Fault, Instant]] = {}
        """Each present fault, and since when there is it."""
        self.ended: tuple[EndedFault, ...] = ()
        """The newest first."""

    def update(self, faults: Iterable[Fault], now: Instant) -> None:
        """Note which faults there are at a moment."""
        before, present = self._present, {fault.key: fault for fault in faults}
        over = [self._join(fault, since, now) for key, (fault, since) in before.items() if key not in present]
        merged = {(each.fault.key, each.since) for each in over}
        others = (each for each in self.ended if (each.fault.key, each.since) not in merged)
        self.ended = (*over, *others)[:ENDED_MAX]
        self._present = {key: (fault, before[key][1] if key in before else now) for key, fault in present.items()}

    def _join(self, fault: Fault, since: Instant, now: Instant) -> EndedFault:
        """A fault that is over now, joined with its last time where that was not long before."""
        lasted_ms = now.ms_since(since)
        last = next((each for each in self.ended if each.fault.key == fault.key), None)
        if last is None or since.ms_since(last.until) > AGAIN_MS:
            return EndedFault(fault, since, now, lasted_ms)
        return EndedFault(fault, last.since, now, last.lasted_ms + lasted_ms, last.times + 1)
