"""The stage that compares how often reads are right with the weeks before: once an hour, while the time is trusted.

Once a day it compares how many reads are certain, and how wide plates are in the pictures, in the same way.

What it finds stays a fault while the comparison finds it: once it was mended the share falls, and three weeks later at
the latest what was worse has become what was before.
"""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime

import structlog

from alpr_edge.app.unit_faults import Fault, FaultKind
from alpr_edge.domain.errors import StoreError
from alpr_edge.domain.ports import Clock
from alpr_edge.domain.statistics.deterioration import Deterioration, SubjectKind
from alpr_edge.domain.statistics.quality_change import QualityChange
from alpr_edge.services.reports.deteriorations import deteriorations_at
from alpr_edge.services.reports.reading_quality import quality_changes_at
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
    _changes: tuple[QualityChange, ...] = ()
    _compared_on: date | None = None
    """The day (UTC) on which pictures were compared last: whole days are, so another look changes nothing."""
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
                    self._found = deteriorations_at(self.database, now)
                    self._compare_quality(now, beat)
                    self._failure = ""
                except StoreError as error:
                    log.error("precision.not_compared", failure=str(error))
                    self._failure = str(error)

    def finish(self) -> None:
        """Do nothing: the stage holds nothing."""

    def faults(self) -> list[Fault]:
        """What got worse by the last comparison. Never waits."""
        faults = [_fault_of(each) for each in self._found] + [_fault_of_change(each) for each in self._changes]
        if self._failure:
            faults.append(Fault(FaultKind.SIDE_STAGE, self.name, f"{self.name}: {self._failure}"))
        return faults

    def _compare_quality(self, now: datetime, beat: Callable[[], None]) -> None:
        today = now.astimezone(UTC).date()
        if today != self._compared_on:
            self._changes, self._compared_on = quality_changes_at(self.database, now, beat), today


def _fault_of_change(change: QualityChange) -> Fault:
    name = f"camera {change.camera_id}"
    return Fault(FaultKind.CAMERA_WORSE, name, f"{name}: {change.text}")


def _fault_of(worse: Deterioration) -> Fault:
    if worse.kind is SubjectKind.CAMERA:
        name = f"camera {worse.name}"
        return Fault(FaultKind.CAMERA_WORSE, name, f"{name}: reads more plates wrong than before: {worse.text}")
    return Fault(FaultKind.CHARACTERS_WORSE, worse.name, f"{worse.name}: more often than before: {worse.text}")
