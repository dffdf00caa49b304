"""Finds the reads that are due for deletion: each with all its corrections, which go together or not at all."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, and_, exists, func, or_, select, tuple_

from alpr_edge.department.db.exchange_schema import import_runs
from alpr_edge.department.db.hold_schema import held_reads, holds
from alpr_edge.department.db.schema import hits, items, reads
from alpr_edge.department.holds.listed_holds import in_force
from alpr_edge.department.retention.read_versions import Key, kept_versions, rows_of, whole_reads
from alpr_edge.domain.collection.department_periods import DepartmentPeriods, is_old_enough
from alpr_edge.domain.protocol.items import ItemKind

Place = tuple[datetime, str, str]
"""Where an item stands in the order of arrival: when it arrived, its unit, its id."""
START: Place = (datetime(1970, 1, 1), "", "")  # noqa: DTZ001 - the database holds times without a zone

_READ_ID = func.coalesce(reads.c.read_id, hits.c.read_id)
"""The version that an item of a read or a hit is of."""
_OF_HOLD = (held_reads.c.hold_id == holds.c.hold_id) & (held_reads.c.unit_id == holds.c.unit_id)


@dataclass(frozen=True, slots=True)
class DueRead:
    """A read with its corrections, old enough to be deleted; one that never arrived, and whose hits did, has its id."""

    unit_id: str
    read_ids: tuple[str, ...]
    is_held: bool
    """Whether it stays all the same."""
    own_items: int
    """How many of its versions arrived as items of this page: a read may be on several pages, each of these on one."""


@dataclass(frozen=True, slots=True)
class DuePage:
    """Some of the reads that are old enough, and where the next begin; None: there are no more."""

    reads: tuple[DueRead, ...]
    next_place: Place | None

    @property
    def keys(self) -> list[Key]:
        """Unit and id of each version."""
        return [(due.unit_id, read_id) for due in self.reads for read_id in due.read_ids]


def due_page(
    connection: Connection,
    periods: DepartmentPeriods,
    now: datetime,
    after: Place,
    count: int,
    *,
    with_held: bool = True,
) -> DuePage:
    """The next reads in the order of arrival that are old enough, the held ones among them.

    Args:
        count: how many items are looked at, at most.
        with_held: False: items of versions that are held are passed over, so held reads need not be among the next.
    """
    imported = connection.scalars(select(import_runs.c.unit_id).distinct()).all()
    query = _old_items(periods, now, after, imported)
    if not with_held:
        query = query.where(~_is_held(now))
    rows = connection.execute(query.limit(count)).all()
    whole = whole_reads(connection, [(row.unit_id, row.read_id) for row in rows])
    versions = kept_versions(connection, [key for keys in whole for key in keys], now)
    old = [keys for keys in whole if is_old_enough([versions[key] for key in keys], periods, now)]
    held = _keys_on_hold(connection, [key for keys in old for key in keys], now)
    own = {(row.unit_id, row.item_id) for row in rows if row.item_id == row.read_id}
    found = [_due_read(keys, held, own) for keys in old]
    place = rows[-1] if len(rows) == count else None
    return DuePage(tuple(found), None if place is None else (place.received_at, place.unit_id, place.item_id))


def _due_read(keys: Sequence[Key], held: set[Key], own: set[Key]) -> DueRead:
    """A read of some versions; which of all versions are held, and which arrived as items of the page."""
    read_ids = tuple(read_id for _, read_id in keys)
    return DueRead(keys[0][0], read_ids, not held.isdisjoint(keys), len(own.intersection(keys)))


def _old_items(periods: DepartmentPeriods, now: datetime, after: Place, imported: Sequence[str] = ()) -> Select[Any]:
    """Items of reads and hits that may be old enough, each with the read that it is of."""
    cut = (now - periods.shortest).astimezone(UTC).replace(tzinfo=None)
    is_old: ColumnElement[bool] = items.c.received_at <= cut
    if periods.counts_from_capture:
        is_old = or_(is_old, reads.c.seen_at <= cut)
    elif imported:
        is_old = or_(is_old, items.c.unit_id.in_(imported) & (reads.c.seen_at <= cut))
    of_read = and_(reads.c.read_id == items.c.item_id, reads.c.unit_id == items.c.unit_id)
    of_hit = and_(hits.c.hit_id == items.c.item_id, hits.c.unit_id == items.c.unit_id)
    columns = select(items.c.received_at, items.c.unit_id, items.c.item_id, _READ_ID.label("read_id"))
    place = (items.c.received_at, items.c.unit_id, items.c.item_id)
    query = columns.select_from(items).outerjoin(reads, of_read).outerjoin(hits, of_hit)
    kinds = items.c.kind.in_([ItemKind.READ.value, ItemKind.HIT.value])
    return query.where(kinds, _READ_ID.is_not(None), is_old, tuple_(*place) > tuple_(*after)).order_by(*place)


def _is_held(now: datetime) -> ColumnElement[bool]:
    """Whether a hold is for the version that an item is of."""
    of_item = (held_reads.c.read_id == _READ_ID) & (held_reads.c.unit_id == items.c.unit_id)
    return exists().where(of_item, _OF_HOLD, in_force(now))


def _keys_on_hold(connection: Connection, keys: Sequence[Key], now: datetime) -> set[Key]:
    """Those of some versions that a hold is for."""
    query = select(held_reads.c.unit_id, held_reads.c.read_id).join(holds, _OF_HOLD).where(in_force(now))
    rows = rows_of(connection, query, held_reads.c.unit_id, held_reads.c.read_id, keys)
    return {(row.unit_id, row.read_id) for row in rows}


def ids_of(reads_due: Sequence[DueRead]) -> list[str]:
    """``UNIT READ`` of each version, in order."""
    return [f"{due.unit_id} {read_id}" for due in reads_due for read_id in due.read_ids]
