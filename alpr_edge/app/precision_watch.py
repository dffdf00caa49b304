"""The stage that compares how often reads are right with the weeks before: once an hour, while the time is trusted.

What it finds stays a fault while the comparison finds it: once it was mended the share falls, and three weeks later at
the latest what was worse has become what was before.
"""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

import structlog

from alpr_edge.app.unit_faults import Fault, FaultKind
from alpr_edge.domain.errors import StoreError
from alpr_edge.domain.ports import Clock
from alpr_edge.domain.statistics.deterioration import Deterioration, SubjectKind
from alpr_edge.services.reports.deteriorations import deteriorations_at
from alpr_edge.store.db.database import Database

STEP_S = 1.0
COMPARE_S = 3600.0

log = structlog.get_logger(__name__)


@dataclass(slots=True, eq=False)
class PrecisionWatch:
    """Compares until the unit stops; a stage of :class:`~alpr_edge.runtime.supervisor.Supervisor`."""

    database: Database
    clock: Clock
    name: str = "precision"
    _found: tuple[Deterioration, ...] = ()
    _failure: str = ""
    _due_s: float = 0.0

    def run(self, beat: Callable[[], None], stop: threading.Event) -> None:
        """Compare once the time is trusted, then each hour."""
        while not stop.wait(STEP_S):
            beat()
            now = self.clock.now().trusted_utc
            if now is not None and time.monotonic() >= self._due_s:
                self._due_s = time.monotonic() + COMPARE_S
                try:
                    self._found, self._failure = deteriorations_at(self.database, now), ""
                except StoreError as error:
                    log.error("precision.not_compared", failure=str(error))
                    self._failure = str(error)

    def finish(self) -> None:
        """Do nothing: the stage holds nothing."""

    def faults(self) -> list[Fault]:
        """What got worse by the last comparison. Never waits."""
        faults = [_fault_of(each) for each in self._found]
        if self._failure:
            faults.append(Fault(FaultKind.SIDE_STAGE, self.name, f"{self.name}: {self._failure}"))
        return faults


def _fault_of(worse: Deterioration) -> Fault:
    if worse.kind is SubjectKind.CAMERA:
        name = f"camera {worse.name}"
        return Fault(FaultKind.CAMERA_WORSE, name, f"{name}: reads more plates wrong than before: {worse.text}")
    return Fault(FaultKind.CHARACTERS_WORSE, worse.name, f"{worse.name}: more often than before: {worse.text}")
