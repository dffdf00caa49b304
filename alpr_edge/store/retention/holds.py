"""Reads that are kept from deletion: evidence, discovery, a lawful action to produce records (policy 462.5).

A hold without an end lasts until it is released. One with an end is over once a trusted clock has passed it: the read
is deleted when the rules next choose it, and the hold with it.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import Connection, RowMapping, Select, delete, func, or_, select
from sqlalchemy.dialects.sqlite import insert

from alpr_edge.domain.errors import StoreError
from alpr_edge.store.db.database import Database
from alpr_edge.store.db.schema import hold_ends, holds, reads

LISTED_MAX = 1000


@dataclass(frozen=True, slots=True)
class Hold:
    """A hold on one read."""

    read_id: str
    reason: str
    held_by: str
    since: datetime | None
    """When the hold was placed, UTC; None when the clock was unknown."""
    until: datetime | None = None
    """When it ends, UTC; None: when somebody releases it."""

    def is_over(self, utc: datetime | None) -> bool:
        """Whether it has ended at a moment; with an unknown clock none has."""
        return utc is not None and self.until is not None and self.until <= utc


def hold(database: Database, new_hold: Hold) -> Hold:
    """Hold a read; returns the hold as it stands then.

    One that is held already keeps its first reason and is at most prolonged; a hold that is over is replaced.

    Raises:
        StoreError: there is no such read.
    """
    with database.write() as connection:
        if connection.scalar(select(reads.c.seq).where(reads.c.read_id == new_hold.read_id)) is None:
            raise StoreError(f"{new_hold.read_id}: no such read here; the department may have it")
        current = _stored_hold(connection, new_hold.read_id)
        if current is not None and not current.is_over(new_hold.since):
            new_hold = replace(current, until=_later_end(current.until, new_hold.until))
        _write(connection, new_hold)
    return new_hold


def release(database: Database, read_id: str) -> None:
    """Release a read from its hold.

    Raises:
        StoreError: it is not held.
    """
    with database.write() as connection:
        if not connection.execute(delete(holds).where(holds.c.read_id == read_id)).rowcount:
            raise StoreError(f"{read_id}: not held")


def list_holds(database: Database) -> list[Hold]:
    """The holds, the oldest first and those of an unknown time before them; at most :data:`LISTED_MAX`."""
    query = _query().order_by(holds.c.held, holds.c.read_id).limit(LISTED_MAX)
    with database.read() as connection:
        return [_hold_of(row) for row in connection.execute(query).mappings()]


def count(database: Database, utc: datetime | None = None) -> int:
    """How many reads are held at a moment; with an unknown clock no hold is over."""
    query = select(func.count()).select_from(holds.outerjoin(hold_ends))
    if utc is not None:
        query = query.where(or_(hold_ends.c.until.is_(None), hold_ends.c.until > utc))
    with database.read() as connection:
        return int(connection.scalar(query) or 0)


def remove_ended(connection: Connection, read_ids: Sequence[str], utc: datetime | None) -> None:
    """Remove the holds of reads that are about to be deleted; those that are not over stay, and keep their reads."""
    if utc is not None:
        is_over = hold_ends.c.read_id.in_(read_ids) & (hold_ends.c.until <= utc)
        connection.execute(delete(holds).where(holds.c.read_id.in_(select(hold_ends.c.read_id).where(is_over))))


def _query() -> Select[*tuple[object, ...]]:
    return select(holds, hold_ends.c.until).select_from(holds.outerjoin(hold_ends))


def _stored_hold(connection: Connection, read_id: str) -> Hold | None:
    """The hold of a read as it is stored."""
    row = connection.execute(_query().where(holds.c.read_id == read_id)).mappings().one_or_none()
    return None if row is None else _hold_of(row)


def _later_end(first: datetime | None, second: datetime | None) -> datetime | None:
    return None if first is None or second is None else max(first, second)


def _write(connection: Connection, new_hold: Hold) -> None:
    """Write a hold and its end in place of those of the read before."""
    connection.execute(delete(holds).where(holds.c.read_id == new_hold.read_id))
    row = {"read_id": new_hold.read_id, "reason": new_hold.reason, "held_by": new_hold.held_by, "held": new_hold.since}
    connection.execute(insert(holds), row)
    if new_hold.until is not None:
        connection.execute(insert(hold_ends), {"read_id": new_hold.read_id, "until": new_hold.until})


def _hold_of(row: RowMapping) -> Hold:
    return Hold(row["read_id"], row["reason"], row["held_by"], row["held"], row["until"])
