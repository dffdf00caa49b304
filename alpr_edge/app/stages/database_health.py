"""Mends the database while the unit runs: one that shows damage is checked, and replaced if it fails again.

The alarm sounds when a database was set aside, at every start, and again every quarter of an hour, until a technician
acknowledges it or ``alpr-edge unit salvage`` has run. A damaged database is never deleted by itself: it may hold
evidence (policy 462.5); health says how many there are and how large.
"""

import threading
import time
from collections.abc import Callable
from typing import Any

import structlog

from alpr_edge.runtime.stages import Wait, beating
from alpr_edge.store.recovery.damage_check import sleep
from alpr_edge.store.recovery.damaged_databases import DamagedDatabase, damaged_databases
from alpr_edge.store.unit_store import UnitStore

REMIND_S = 900.0
"""Time after which the alarm sounds again."""
LOOK_S = 1.0
DATABASE_STAGE = "database"

log = structlog.get_logger(__name__)


class DatabaseHealth:
    """Mends the database, and says when to sound the alarm of one that was set aside; a stage of the supervisor.

    A check takes up to half a minute, and a disk may hang: the round of the daemon waits for neither.
    """

    name = DATABASE_STAGE

    def __init__(self, store: UnitStore) -> None:
        self._store = store
        self._directory = store.database.path.parent
        self._alarms: frozenset[DamagedDatabase] = frozenset()
        self._sounded_s = 0.0
        self._figures: dict[str, Any] = {}

    def run(self, beat: Callable[[], None], stop: threading.Event) -> None:
        """Mend once a second until the unit stops; what cannot be mended is tried again after a restart."""
        wait = beating(stop.wait, beat)
        while not wait(LOOK_S):
            self.mend(wait)

    def finish(self) -> None:
        """Do nothing: the next start checks the database."""

    def mend(self, wait: Wait = sleep) -> None:
        """Check a database that showed damage since the last call, and replace it if it fails again."""
        if self._store.database.damage is not None:
            log.error("store.damaged", fault=str(self._store.database.damage))
            self._store.replacement.mend(self._store.database, wait)

    def judge(self) -> bool:
        """Look for damaged databases; True when the alarm is to sound again (the first time it sounds as a fault)."""
        before, asides = self._alarms, damaged_databases(self._directory)
        self._alarms = frozenset(aside for aside in asides if not aside.is_acknowledged and aside.report is None)
        self._figures = {
            "databases_aside": len(asides),
            "databases_aside_bytes": sum(aside.size_bytes for aside in asides),
            "databases_to_salvage": sum(aside.report is None for aside in asides),
        }
        is_new = bool(self._alarms - before)
        is_due = bool(self._alarms) and not is_new and time.monotonic() - self._sounded_s >= REMIND_S
        if is_new or is_due:
            self._sounded_s = time.monotonic()
        return is_due

    def warnings(self) -> list[str]:
        """A line for each damaged database that nobody has acknowledged or salvaged yet."""
        return [
            f"database damaged and set aside as {aside.folder.name}; run: alpr-edge unit salvage"
            for aside in sorted(self._alarms, key=lambda aside: aside.folder.name)
        ]

    def figures(self) -> dict[str, Any]:
        """Number and size of the damaged databases at the last look. Never waits."""
        return self._figures
