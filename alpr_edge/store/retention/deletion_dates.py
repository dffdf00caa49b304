"""Checks the present date against the witnesses in this database before anything is deleted by it."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.dialects.sqlite import insert as upsert

from alpr_edge.domain.deletion_dates import DepartmentDate, Objection, objection_to
from alpr_edge.domain.instants import Instant
from alpr_edge.domain.timeline import Timeline
from alpr_edge.store.db import clock_pairs
from alpr_edge.store.db.database import Database
from alpr_edge.store.db.row_mapping import instant_of
from alpr_edge.store.db.schema import department_dates, reads
from alpr_edge.store.retention import candidates

TIMELINE_MS = 60_000.0
"""Greatest age of the pairs of this boot: one comes a minute."""
EARLIER_STARTS = 64
"""Earlier starts of the computer that are looked through: a car may be started dozens of times a day."""
NEWEST_READS = 16
"""Reads looked through for the newest whose time is sure."""


def note_department_date(database: Database, date: DepartmentDate) -> None:
    """Store the time that the department stated, in place of the one before.

    Raises:
        StoreError: it cannot be stored.
    """
    heard_at = date.received_at
    row = {"utc": date.utc, "boot_id": heard_at.boot_id, "boottime_ns": heard_at.boottime_ns}
    with database.write() as connection:
        connection.execute(upsert(department_dates).on_conflict_do_update(set_=row), {"id": 1, **row})


def department_date(database: Database) -> DepartmentDate | None:
    """The time that the department stated last; None when it never did."""
    with database.read() as connection:
        row = connection.execute(select(department_dates)).one_or_none()
    return None if row is None else DepartmentDate(row.utc, Instant(row.boot_id, row.boottime_ns))


class DeletionDates:
    """Decides whether the present date may be used for deletion."""

    def __init__(self, database: Database, ages: candidates.Ages, *, has_department: bool = True) -> None:
        self._database = database
        self._ages = ages
        self._has_department = has_department
        self._earlier_dates: dict[str, list[datetime]] = {}
        """Dates of the starts before the present one, by its boot: they change no more."""
        self._timeline: tuple[Timeline, Instant] | None = None

    def objection(self, now: Instant) -> Objection | None:
        """Why nothing may be deleted for its age; None when it may.

        Raises:
            StoreError: the database does not answer.
        """
        timeline = self._timeline_of(now)
        if self._has_department:
            return objection_to(now, timeline, self._newest_read(), department_date(self._database))
        return objection_to(now, timeline, self._newest_read(), None, self._earlier_starts(now.boot_id))

    def _earlier_starts(self, boot_id: str) -> list[datetime]:
        if boot_id not in self._earlier_dates:
            self._earlier_dates = {boot_id: clock_pairs.earlier_dates(self._database, boot_id, EARLIER_STARTS)}
        return self._earlier_dates[boot_id]

    def _timeline_of(self, now: Instant) -> Timeline:
        if self._timeline is not None:
            timeline, at = self._timeline
            if at.boot_id == now.boot_id and 0 <= now.ms_since(at) < TIMELINE_MS:
                return timeline
        timeline = clock_pairs.timelines(self._database, [now.boot_id])[now.boot_id]
        self._timeline = timeline, now
        self._ages.forget(now.boot_id)
        return timeline

    def _newest_read(self) -> datetime | None:
        moment = [column for column in reads.c if column.name.startswith("last_seen_")]
        with self._database.read() as connection:
            newest = select(*moment).order_by(reads.c.seq.desc()).limit(NEWEST_READS)
            rows = connection.execute(newest).mappings().all()
        moments = (self._ages.seen_utc(instant_of(row, "last_seen")) for row in rows)
        return next((utc for utc in moments if utc is not None), None)
