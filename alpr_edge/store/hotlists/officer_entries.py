"""Entries that officers make themselves (policy 462.4(c)): in the car at once, durable, with an end.

A removed entry stays as a row, so that who watched for what, why and until when can be audited.
"""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import RowMapping, delete, func, insert, select, update

from alpr_edge.domain.errors import FeedError
from alpr_edge.domain.hits import OWN_SOURCE, Generation, HotlistEntry, Reason
from alpr_edge.domain.instants import rfc3339
from alpr_edge.domain.restrictions import Area, Hours
from alpr_edge.store.db import clock_pairs
from alpr_edge.store.db.database import Database
from alpr_edge.store.db.schema import own_entries

ENTRIES_MAX = 200
"""Most entries in force at a time."""
ROWS_MAX = 10_000
"""Most rows kept with those removed and expired; the oldest of these are deleted first."""
LASTS_MAX = timedelta(days=90)
"""Longest time that an entry may last; a plate wanted for longer belongs on a list of the department."""


@dataclass(frozen=True, slots=True)
class OwnEntry:
    """An officer's entry, with who made it."""

    entry: HotlistEntry
    """Its ``record_id`` is this entry's id."""
    case_number: str
    added_at: datetime | None
    """When it was made; None: the clock was not known."""
    added_by: str
    serial: int = 0
    """Grows with each entry of the unit."""

    @property
    def generation(self) -> Generation:
        """The entry as a list of one."""
        return Generation(OWN_SOURCE, self.serial, None, self.added_at, 1)


def add(database: Database, draft: OwnEntry, now: datetime | None) -> OwnEntry:
    """Store an entry; it is on disk when this returns.

    Args:
        database: the database that the entry is written to.
        draft: the entry; its id and serial are given here.
        now: the moment, UTC; None when it is not known.

    Raises:
        FeedError: it has no end, has ended, lasts too long, or too many are in force already.
        StoreError: it cannot be stored.
    """
    _check_end(draft.entry, now, clock_pairs.passed_utc(database, now))
    entry = replace(draft.entry, source=OWN_SOURCE, record_id=uuid.uuid4().hex[:8])
    with database.write() as connection:
        expiries = connection.execute(select(own_entries.c.expires).where(own_entries.c.removed == 0)).scalars()
        if sum(now is None or expires > now for expires in expiries) >= ENTRIES_MAX:
            raise FeedError(f"{ENTRIES_MAX} entries are watched for already; remove one first")
        done = connection.execute(insert(own_entries), _row(replace(draft, entry=entry, added_at=now)))
        serial = int(done.inserted_primary_key[0]) if done.inserted_primary_key else 0
        oldest = select(func.max(own_entries.c.seq) - ROWS_MAX).scalar_subquery()
        is_over = own_entries.c.removed == 1
        if now is not None:
            is_over |= own_entries.c.expires <= now
        connection.execute(delete(own_entries).where((own_entries.c.seq <= oldest) & is_over))
    return replace(draft, entry=entry, added_at=now, serial=serial)


def remove(database: Database, entry_id: str, by: str, now: datetime | None) -> OwnEntry:
    """Remove an entry from those in force.

    Raises:
        FeedError: there is none with that id, or it was removed before.
    """
    is_target = (own_entries.c.entry_id == entry_id) & (own_entries.c.removed == 0)
    with database.write() as connection:
        row = connection.execute(select(own_entries).where(is_target)).mappings().one_or_none()
        if row is None:
            raise FeedError(f"no entry {entry_id}; alpr-edge hotlist status shows them all")
        connection.execute(update(own_entries).where(is_target).values(removed=1, removed_utc=now, removed_by=by))
    return _own(row)


def entries_in_force(database: Database, now: datetime | None) -> list[OwnEntry]:
    """The entries neither removed nor expired, the oldest first.

    Args:
        database: the database of this unit.
        now: the moment, UTC; None when the clock is not confirmed: then as many have expired as did for certain.
    """
    passed = clock_pairs.passed_utc(database, now)
    return [own for own in entries_not_removed(database) if not own.entry.has_ended(passed)]


def entries_not_removed(database: Database) -> list[OwnEntry]:
    """The entries in force and those that expired, the oldest first."""
    query = select(own_entries).where(own_entries.c.removed == 0).order_by(own_entries.c.seq)
    with database.read() as connection:
        rows: Sequence[RowMapping] = connection.execute(query).mappings().all()
    return [_own(row) for row in rows]


def _check_end(entry: HotlistEntry, now: datetime | None, passed: datetime | None) -> None:
    expires = entry.expires
    if expires is None:
        raise FeedError("an entry needs an end; give one with --expires")
    if entry.has_ended(passed):
        raise FeedError(f"the entry has ended already ({rfc3339(expires)}); give a later --expires")
    if now is not None and expires - now > LASTS_MAX:
        raise FeedError(f"an entry lasts {LASTS_MAX.days} days at most; give an earlier --expires")


def _row(own: OwnEntry) -> dict[str, Any]:
    entry = own.entry
    return {
        "entry_id": entry.record_id,
        "plate": entry.plate,
        "plate_raw": entry.plate_raw,
        "state": entry.state,
        "reason": entry.reason.value,
        "case_number": own.case_number,
        "vehicle": entry.vehicle,
        "remarks": entry.remarks,
        "effective": entry.effective,
        "expires": entry.expires,
        "area": None if entry.area is None else str(entry.area),
        "hours": None if entry.hours is None else str(entry.hours),
        "covert": int(entry.covert),
        "added": own.added_at,
        "added_by": own.added_by,
        "removed": 0,
    }


def _own(row: RowMapping) -> OwnEntry:
    entry = HotlistEntry(
        source=OWN_SOURCE,
        plate=row["plate"],
        plate_raw=row["plate_raw"],
        state=row["state"],
        reason=Reason(row["reason"]),
        record_id=row["entry_id"],
        vehicle=row["vehicle"],
        remarks=row["remarks"],
        effective=row["effective"],
        expires=row["expires"],
        area=Area.parse(row["area"]) if row["area"] else None,
        hours=Hours.parse(row["hours"]) if row["hours"] else None,
        covert=bool(row["covert"]),
    )
    return OwnEntry(entry, row["case_number"], row["added"], row["added_by"], row["seq"])
