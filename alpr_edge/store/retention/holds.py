"""Reads that are kept from deletion: evidence, discovery, a lawful action to produce records (policy 462.5)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, func, select
from sqlalchemy.dialects.sqlite import insert

from alpr_edge.domain.errors import StoreError
from alpr_edge.store.db.database import Database
from alpr_edge.store.db.schema import holds, reads

LISTED_MAX = 1000


@dataclass(frozen=True, slots=True)
class Hold:
    """A hold on one read."""

    read_id: str
    reason: str
    held_by: str
    held: datetime | None
    """When it was held, UTC; None when the clock was unknown."""


def hold(database: Database, one: Hold) -> None:
    """Hold a read; one that is held already keeps its first reason.

    Raises:
        StoreError: there is no such read.
    """
    with database.write() as connection:
        if connection.scalar(select(reads.c.seq).where(reads.c.read_id == one.read_id)) is None:
            raise StoreError(f"{one.read_id}: no such read here; the department may have it")
        row = {"read_id": one.read_id, "reason": one.reason, "held_by": one.held_by, "held": one.held}
        connection.execute(insert(holds).on_conflict_do_nothing(), row)


def release(database: Database, read_id: str) -> None:
    """Release a read from its hold.

    Raises:
        StoreError: it is not held.
    """
    with database.write() as connection:
        if not connection.execute(delete(holds).where(holds.c.read_id == read_id)).rowcount:
            raise StoreError(f"{read_id}: not held")


def listed(database: Database) -> Sequence[Hold]:
    """What is held, by id, at most :data:`LISTED_MAX`."""
    query = select(holds).order_by(holds.c.read_id).limit(LISTED_MAX)
    with database.read() as connection:
        return [Hold(**row) for row in connection.execute(query).mappings()]


def count(database: Database) -> int:
    """How many reads are held."""
    with database.read() as connection:
        return int(connection.scalar(select(func.count()).select_from(holds)) or 0)
