"""Entries that officers make themselves (policy 462.4(c)): in the car at once, durable, with an end.

A removed entry stays as a row, so that who watched for what, why and until when can be audited.
"""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, RowMapping, delete, func, insert, select, update

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
_GUESS = (
    ". The unit takes it to be {}, which no receiver or time server confirms: where that is wrong, set the clock, or "
    "wait for a fix"
)


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
        return Generation(OWN_SOURCE, self.serial, None, self.added_at, 1)


@dataclass(frozen=True, slots=True)
class AddedOwnEntry:
    """What adding an entry came to."""

    own: OwnEntry
    """The entry that is in force now."""
    is_new: bool
    """Whether it was stored; false: the same one was in force already."""


def add(
    database: Database,
    draft: OwnEntry,
    now: datetime | None,
    likely: datetime | None = None,
    *,
    is_compared_with_all: bool = True,
) -> AddedOwnEntry:
    """Store an entry, unless the same one is in force; it is on disk when this returns.

    Entries of one plate, state, reason and case are the same: a read of the plate would sound for each of them, and
    whoever removes one would leave the others.

    Args:
        now: the moment, UTC; None when it is not known.
        likely: the best guess at it then; None: there is none.
        is_compared_with_all: false: with entries of the same person alone, who may not learn of those of others.
    """
    passed = clock_pairs.passed_utc(database, now)
    _check_end(draft.entry, now, max(filter(None, (passed, likely)), default=None))
    entry = replace(draft.entry, source=OWN_SOURCE, record_id=uuid.uuid4().hex[:8])
    with database.write() as connection:
        same = _same_entries(connection, draft, passed, is_compared_with_all=is_compared_with_all)
        if same:
            return AddedOwnEntry(same[-1], is_new=False)
        expiries = connection.execute(select(own_entries.c.expires).where(own_entries.c.removed == 0)).scalars()
        if sum(now is None or expires > now for expires in expiries) >= ENTRIES_MAX:
            raise FeedError(f"{ENTRIES_MAX} entries are watched for already; remove one first")
        done = connection.execute(insert(own_entries), _row(replace(draft, entry=entry, added_at=now)))
        serial = int(done.inserted_primary_key[0]) if done.inserted_primary_key else 0
        _delete_oldest(connection, now)
    return AddedOwnEntry(replace(draft, entry=entry, added_at=now, serial=serial), is_new=True)


def shorten(database: Database, now: datetime) -> Sequence[str]:
    """Shorten entries that were made before the clock was confirmed and last too long, seen from now; their ids.

    The guess that their end was checked by may have been of a clock that was ahead by years.

    Args:
        now: the moment, UTC, by a confirmed clock.
    """
    latest = now + LASTS_MAX
    is_too_long = (own_entries.c.removed == 0) & own_entries.c.added.is_(None) & (own_entries.c.expires > latest)
    with database.read() as connection:
        entry_ids = connection.scalars(select(own_entries.c.entry_id).where(is_too_long)).all()
    if entry_ids:
        with database.write() as connection:
            connection.execute(update(own_entries).where(is_too_long).values(expires=latest))
    return entry_ids


def remove(database: Database, entry_id: str, by: str, now: datetime | None) -> OwnEntry:
    """Remove an entry from those in force."""
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


def _same_entries(
    connection: Connection, draft: OwnEntry, passed: datetime | None, *, is_compared_with_all: bool
) -> list[OwnEntry]:
    """The entries in force that are the same as a draft, the one that ends last at the end.

    A covert entry is another than one that is not: it would sound for nobody in the car, or tell of the covert one.
    """
    table, entry = own_entries.c, draft.entry
    query = select(own_entries).where(
        table.removed == 0,
        table.plate == entry.plate,
        table.state.is_not_distinct_from(entry.state),
        table.reason == entry.reason.value,
        table.case_number == draft.case_number,
        table.covert == int(entry.covert),
    )
    if not is_compared_with_all:
        query = query.where(table.added_by == draft.added_by)
    found = map(_own, connection.execute(query.order_by(table.expires)).mappings())
    return [own for own in found if not own.entry.has_ended(passed)]


def _delete_oldest(connection: Connection, now: datetime | None) -> None:
    """Delete the oldest rows of entries that were removed or have expired, where there are too many rows."""
    oldest = select(func.max(own_entries.c.seq) - ROWS_MAX).scalar_subquery()
    is_over = own_entries.c.removed == 1
    if now is not None:
        is_over |= own_entries.c.expires <= now
    connection.execute(delete(own_entries).where((own_entries.c.seq <= oldest) & is_over))


def _check_end(entry: HotlistEntry, now: datetime | None, likely: datetime | None) -> None:
    """Refuse an end that has come or is too far; without a confirmed clock by the best guess, which may be wrong."""
    expires, moment = entry.expires, now or likely
    if expires is None:
        raise FeedError("an entry needs an end; give one with --expires")
    guess = "" if now is not None or moment is None else _GUESS.format(rfc3339(moment))
    if entry.has_ended(moment):
        raise FeedError(f"the entry has ended already ({rfc3339(expires)}); give a later --expires{guess}")
    if moment is not None and expires - moment > LASTS_MAX:
        raise FeedError(f"an entry lasts {LASTS_MAX.days} days at most; give an earlier --expires{guess}")


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
