"""Stores the dates that the department states in its answers: nothing is deleted by age without one."""

from datetime import datetime

import structlog

from alpr_edge.domain.deletion_dates import DepartmentDate
from alpr_edge.domain.errors import StoreError
from alpr_edge.domain.instants import Instant
from alpr_edge.domain.ports import Clock
from alpr_edge.store.db.database import Database
from alpr_edge.store.retention.deletion_dates import note_department_date

NOTE_MS = 600_000.0
"""Least time between two stored dates: each costs a write."""

log = structlog.get_logger(__name__)


class DepartmentDates:
    """Stores a date soon after it was received."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock
        self._last_date: datetime | None = None
        self._last_stored: Instant | None = None

    def hear(self, date: datetime | None) -> None:
        """Store the department's time of its newest answer; the same one again, and None, change nothing.

        Call it at once after an answer: any delay counts as time that the answer took.
        """
        if date is None or date == self._last_date:
            return
        self._last_date, now = date, self._clock.now()
        if self._last_stored is not None and now.ms_since(self._last_stored) < NOTE_MS:
            return
        try:
            note_department_date(self._database, DepartmentDate(date, now))
            self._last_stored = now
        except StoreError as error:
            log.error("uplink.department_date_not_stored", failure=str(error))
