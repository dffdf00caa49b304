"""The stage that keeps the disk from filling up: it measures usage, deletes what may go, and keeps the ballast.

One step does little: it counts for some milliseconds and deletes at most one batch, so that the writer of reads never
waits for long. When the disk is full all the same, the ballast is released, nothing new is kept (the newest reads
wait in memory, and alerts sound on), and what the ballast gave is left to the deletions and to the uplink's receipts.
"""

import threading
import time
from collections.abc import Callable
from typing import Any

import structlog

from alpr_edge.app.unit_faults import Fault, FaultKind, faults_of
from alpr_edge.domain.diagnostics.checks import DISK_REMEDY
from alpr_edge.domain.errors import StoreError
from alpr_edge.domain.ports import Clock
from alpr_edge.domain.retention import DiskState, Fill, excess_bytes, fill_of
from alpr_edge.services.audit.deletion_records import record_deletions
from alpr_edge.settings import Settings
from alpr_edge.store.retention.ballast import Ballast
from alpr_edge.store.retention.objection_time import ObjectionTime
from alpr_edge.store.retention.purge import Purge
from alpr_edge.store.retention.usage import Usage
from alpr_edge.store.unit_store import UnitStore

LOOK_S = 1.0
COUNTED_S = 0.02
"""Time for counting in each second: two hundredths of a core."""
PAUSE_S = 0.1
"""Wait between two batches of a purge, so that the writer can work."""
PAUSED_S_MAX = 86_400.0
"""Running time without a deletion by age after which that is a fault, whatever the reason: three shifts or so."""
FUTILE_S = 15.0
"""Wait after a round that found nothing to delete: receipts may come meanwhile."""

_LINES = {
    Fill.AMBER: f"disk: nearly full with what may not be deleted; {DISK_REMEDY}",
    Fill.RED: f"disk: full, no read is kept; {DISK_REMEDY}",
}
_KINDS = {Fill.AMBER: FaultKind.DISK_FILLING, Fill.RED: FaultKind.DISK_FULL}
_GRAVITY = list(Fill)

log = structlog.get_logger(__name__)


def open_ballast(settings: Settings) -> Ballast:
    """Open the ballast of the data folder and adjust it once: a database cannot even be opened at 0 bytes free."""
    ballast = Ballast(settings.unit.data_directory, settings.retention.ballast_bytes)
    ballast.tend()
    return ballast


class DiskStage:
    """Keeps the disk from filling up; a stage of :class:`~alpr_edge.runtime.supervisor.Supervisor`."""

    name = "disk"

    def __init__(
        self,
        settings: Settings,
        store: UnitStore,
        ballast: Ballast,
        clock: Clock,
        seconds: Callable[[], float] = time.monotonic,
    ) -> None:
        self._settings = settings
        self._store = store
        self._retention = settings.retention
        self._ballast = ballast
        self._clock = clock
        self._usage = Usage(settings.unit.data_directory, store.database, ballast)
        has_department = bool(settings.uplink.url)
        self._purge = Purge(store.database, store.reads, self._retention.limits, has_department=has_department)
        self._paused = ObjectionTime(settings.unit.data_directory, seconds)
        self._ended_s: float | None = None
        self._futile = False
        self._fill = Fill.ROOM
        self.state: DiskState | None = None
        """The disk at the last step; None before the first."""

    def run(self, beat: Callable[[], None], stop: threading.Event) -> None:
        """Step until the unit stops."""
        wait_s = 0.0
        while not stop.wait(wait_s):
            beat()
            wait_s = self.step()

    def finish(self) -> None:
        """Do nothing: the stage holds nothing."""

    def step(self) -> float:
        """Adjust the ballast, count a little, delete at most one batch; returns the seconds to wait."""
        self._ballast.tend()
        self._usage.count_for(COUNTED_S)
        self.state = self._usage.state()
        excess = excess_bytes(self.state, self._retention.quotas)
        self._paused.update(is_paused=self._purge.objection is not None or self._ended_s is None)
        if self._purge.at_start and not self._is_due(excess):
            return LOOK_S
        before = self._purge.done.freed_bytes
        more = self._purge.step(self._clock.now(), excess)
        self._usage.less(self._purge.done.freed_bytes - before)
        if more:
            return PAUSE_S
        self._ended_s, self._futile = time.monotonic(), bool(excess)
        self._record_deletions()
        return LOOK_S

    def _record_deletions(self) -> None:
        """Put on record what was deleted; a log that takes nothing is reported by its own stage, and tried again."""
        try:
            record_deletions(self._settings, self._store.database, self._clock.now())
        except StoreError as error:
            log.error("store.deletions_not_recorded", failure=str(error))

    def _is_due(self, excess: int) -> bool:
        """Whether to begin a round: at intervals, or at once when there is no room, unless a round was in vain."""
        if self._ended_s is None or (excess and not self._futile):
            return True
        wait_s = FUTILE_S if excess else self._retention.check_interval_s
        return time.monotonic() - self._ended_s >= wait_s

    def judge(self) -> None:
        """Grade how full the disk is; logged when that turned for the worse since the last call."""
        if self.state is None:
            return
        before, self._fill = self._fill, fill_of(self.state, self._retention.quotas, self._fill)
        if _GRAVITY.index(self._fill) > _GRAVITY.index(before):
            log.warning("disk.filling", fill=self._fill.value)

    def faults(self) -> list[Fault]:
        """A disk that is full or fills up, and a date that may not be used for deletion."""
        fill = [Fault(_KINDS[self._fill], "disk", _LINES[self._fill])] if self._fill in _KINDS else []
        return [*fill, *self._deletion_faults()]

    def _deletion_faults(self) -> list[Fault]:
        """A date that contradicts others, and any other reason that lasts."""
        objection, is_lasting = self._purge.objection, self._paused.total_s >= PAUSED_S_MAX
        if objection is None:
            return []
        contradictions = [f"deletion by age rests: {objection.reason}"] if objection.is_contradiction else []
        lasting = [f"no read was deleted for its age in a day of work: {objection.reason}"] if is_lasting else []
        return [*faults_of(FaultKind.DELETION, contradictions), *faults_of(FaultKind.DELETION_OVERDUE, lasting)]

    def figures(self) -> dict[str, Any]:
        """The disk's values for the health file."""
        if self.state is None:
            return {}
        done = self._purge.done
        return {
            "disk": self._fill.value,
            "disk_free_bytes": self.state.free_bytes,
            "disk_share": round(self.state.disk_share, 3),
            "store_bytes": self.state.store_bytes if self._usage.complete else None,
            "quota_share": round(self.state.quota_share(self._retention.quotas), 3) if self._usage.complete else None,
            "ballast": not self.state.is_full,
            "deletion_by_age_rests": "" if self._purge.objection is None else self._purge.objection.reason,
            "reads_deleted": {ground.value: count for ground, count in done.reads.items()},
        }
