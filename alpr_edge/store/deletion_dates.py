"""The witnesses that a date must agree with before it deletes, as this database holds them."""

import json
from datetime import datetime

from sqlalchemy import select

from alpr_edge.domain.deletion_dates import DepartmentDate, Objection, objection_to
from alpr_edge.domain.instants import Instant, rfc3339
from alpr_edge.domain.timeline import Timeline
from alpr_edge.store import boots, standing
from alpr_edge.store.database import Database
from alpr_edge.store.rows import instant_of
from alpr_edge.store.schema import meta, reads

TIMELINE_MS = 60_000.0
"""How old the pairs of this boot may be: one comes a minute."""
NEWEST_READS = 16
"""Reads looked through for the newest whose time is sure."""
_NAME = "department_date"


def note_department_date(database: Database, date: DepartmentDate) -> None:
    """Keep what the department said of the time, in place of what it said before.

    Raises:
        StoreError: it cannot be kept.
    """
    heard = date.heard
    value = {"utc": rfc3339(date.utc), "boot_id": heard.boot_id, "boottime_ns": heard.boottime_ns}
    with database.write() as connection:
        row = {"name": _NAME, "value": json.dumps(value)}
        connection.execute(meta.insert().prefix_with("OR REPLACE"), row)


def department_date(database: Database) -> DepartmentDate | None:
    """What the department said of the time last; None when it never did."""
    with database.read() as connection:
        value = connection.scalar(select(meta.c.value).where(meta.c.name == _NAME))
    if value is None:
        return None
    told = json.loads(value)
    return DepartmentDate(datetime.fromisoformat(told["utc"]), Instant(told["boot_id"], told["boottime_ns"]))


class DeletionDates:
    """Says whether the present date may delete.

    Args:
        database: of this vehicle.
        ages: tells when reads were; made anew with the pairs of the present boot.
    """

    def __init__(self, database: Database, ages: standing.Ages) -> None:
        self._database = database
        self._ages = ages
        self._timeline: tuple[Timeline, Instant] | None = None

    def objection(self, now: Instant) -> Objection | None:
        """Why nothing may be deleted for its age; None when it may.

        Raises:
            StoreError: the database does not answer.
        """
        timeline = self._timeline_of(now)
        return objection_to(now, timeline, self._newest_read(), department_date(self._database))

    def _timeline_of(self, now: Instant) -> Timeline:
        if self._timeline is not None:
            timeline, at = self._timeline
            if at.boot_id == now.boot_id and 0 <= now.ms_since(at) < TIMELINE_MS:
                return timeline
        timeline = boots.timelines(self._database, [now.boot_id])[now.boot_id]
        self._timeline = timeline, now
        self._ages.forget(now.boot_id)
        return timeline

    def _newest_read(self) -> datetime | None:
        moment = [column for column in reads.c if column.name.startswith("last_seen_")]
        with self._database.read() as connection:
            newest = select(*moment).order_by(reads.c.seq.desc()).limit(NEWEST_READS)
            rows = connection.execute(newest).mappings().all()
        seen = (self._ages.seen_utc(instant_of(row, "last_seen")) for row in rows)
        return next((utc for utc in seen if utc is not None), None)
