"""Statements that look through reads, each bounded, in the order of plates or of time."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, RowMapping, Select, and_, literal, or_, select, text, tuple_

from alpr_edge.department.db.schema import reads
from alpr_edge.department.search.criteria import ReadCriteria
from alpr_edge.department.search.pages import ReadKey
from alpr_edge.department.search.wildcards import is_like

_ID = tuple_(reads.c.read_id, reads.c.unit_id)
_NEWEST_FIRST = reads.c.seen_at.desc().nulls_last(), reads.c.read_id.desc(), reads.c.unit_id.desc()


def plan_each_time(connection: Connection) -> None:
    """Have PostgreSQL plan each statement of this transaction for its values: a part of a plate may fit few or many."""
    if connection.dialect.name == "postgresql":
        connection.execute(text("SET LOCAL plan_cache_mode = force_custom_plan"))


def of_plates(
    connection: Connection, criteria: ReadCriteria, plates: Sequence[str], after: ReadKey | None, count: int
) -> list[RowMapping]:
    """The next reads of some plates, by plate and the newest first.

    Args:
        after: the read after which to begin; None: with the first.
        count: how many at most.
    """
    query = select(reads).where(reads.c.plate.in_(plates), *filters(criteria), *times(criteria))
    if after is not None:
        query = query.where(or_(reads.c.plate > after.plate, (reads.c.plate == after.plate) & _is_after(after)))
    return _rows(connection, query.order_by(reads.c.plate, *_NEWEST_FIRST), count)


def between(
    connection: Connection, criteria: ReadCriteria, begin: datetime, before: ReadKey, count: int
) -> list[RowMapping]:
    """The reads of a place or a unit from a moment up to a read, the newest first.

    Args:
        begin: the moment, UTC without a zone.
        count: how many at most.
    """
    last = reads.c.seen_at <= before.seen_at
    query = select(reads).where(*filters(criteria), reads.c.seen_at >= begin, last, _is_after(before))
    return _rows(connection, query.order_by(*_NEWEST_FIRST), count)


def without_time(connection: Connection, criteria: ReadCriteria, after: ReadKey | None, count: int) -> list[RowMapping]:
    """The next reads of a place or a unit whose time is not sure, by their ids, which go with the clocks of units."""
    query = select(reads).where(*filters(criteria), reads.c.seen_at.is_(None))
    if after is not None:
        query = query.where(tuple_(literal(after.read_id), literal(after.unit_id)) > _ID)
    return _rows(connection, query.order_by(reads.c.read_id.desc(), reads.c.unit_id.desc()), count)


def _rows(connection: Connection, query: Select[Any], count: int) -> list[RowMapping]:
    return list(connection.execute(query.limit(count)).mappings())


def _is_after(key: ReadKey) -> ColumnElement[bool]:
    """Whether a read comes after another in the order of a plate's reads, or of time."""
    later_id = tuple_(literal(key.read_id), literal(key.unit_id)) > _ID
    if key.seen_at is None:
        return and_(reads.c.seen_at.is_(None), later_id)
    same = and_(reads.c.seen_at == key.seen_at, later_id)
    return or_(reads.c.seen_at < key.seen_at, same, reads.c.seen_at.is_(None))


def filters(criteria: ReadCriteria) -> list[ColumnElement[bool]]:
    """What is asked of a read but for whole plates and for its time; of an area its cells alone."""
    place = [] if criteria.area is None else [reads.c.cell.in_(criteria.cells)]
    return [*filters_without_place(criteria), *place]


def filters_without_place(criteria: ReadCriteria) -> list[ColumnElement[bool]]:
    """The same, wherever it was read."""
    wanted = (
        (reads.c.unit_id, criteria.unit_id),
        (reads.c.camera_id, criteria.camera_id),
    )
    part = [is_like(criteria.pattern)] if criteria.pattern else []
    state = [or_(reads.c.state == criteria.state, reads.c.state.is_(None))] if criteria.state else []
    return [*(column == value for column, value in wanted if value is not None), *state, *part]


def times(criteria: ReadCriteria) -> list[ColumnElement[bool]]:
    """What is asked of a read's time."""
    return [reads.c.seen_at.is_(None)] if criteria.is_untimed else period(criteria)


def period(criteria: ReadCriteria) -> list[ColumnElement[bool]]:
    """That a read's time is sure and lies in the period, where one is asked for."""
    if criteria.begin is None or criteria.end is None:
        return []
    return [reads.c.seen_at >= criteria.begin, reads.c.seen_at < criteria.end]
