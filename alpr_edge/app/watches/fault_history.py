"""Remembers the faults that are over: what was wrong on a drive is asked for after it, when all is well again."""

from collections.abc import Iterable
from dataclasses import dataclass

from alpr_edge.app.unit_faults import Fault, FaultKind
from alpr_edge.domain.instants import Instant

ENDED_MAX = 10
"""Most ended faults kept, the newest."""


@dataclass(frozen=True, slots=True)
class EndedFault:
    """A fault that is over."""

    fault: Fault
    """As it was told last."""
    since: Instant
    until: Instant


class FaultHistory:
    """Compares the present faults with those before, as :class:`~alpr_edge.app.unit_faults.FaultMonitor` does."""

    def __init__(self) -> None:
        self._present: dict[tuple[FaultKind, str], tuple[Fault, Instant]] = {}
        """Each present fault, and since when there is it."""
        self.ended: tuple[EndedFault, ...] = ()
        """The newest first."""

    def update(self, faults: Iterable[Fault], now: Instant) -> None:
        """Note which faults there are at a moment."""
        before, present = self._present, {(fault.kind, fault.subject): fault for fault in faults}
        over = [EndedFault(fault, since, now) for key, (fault, since) in before.items() if key not in present]
        self.ended = (*over, *self.ended)[:ENDED_MAX]
        self._present = {key: (fault, before[key][1] if key in before else now) for key, fault in present.items()}
