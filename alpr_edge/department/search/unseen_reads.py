"""Counts what a search could not see."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, Connection, func, or_, select

from alpr_edge.department.db.retention_schema import deletion_runs
from alpr_edge.department.db.schema import certificates, reads
from alpr_edge.department.search import statements
from alpr_edge.department.search.criteria import ReadCriteria
from alpr_edge.department.search.pages import COUNT_MAX, UnseenReads
from alpr_edge.domain.fixes import Position

UNITS_MAX = 1_000
"""Most silent units that are named."""


def unseen_reads(connection: Connection, criteria: ReadCriteria, plates: Sequence[str]) -> UnseenReads:
    """Count what a search could not see.

    Args:
        plates: where it goes by plates, those that the page looked at: of these alone the reads are counted.
    """
    of_plates: list[ColumnElement[bool]] = [reads.c.plate.in_(plates)] if criteria.goes_by_plates else []
    deleted, until = connection.execute(select(func.sum(deletion_runs.c.reads), func.max(deletion_runs.c.begun))).one()
    return UnseenReads(
        untimed=_count_untimed(connection, criteria, of_plates),
        placeless=_count_placeless(connection, criteria, of_plates),
        silent_units=_silent_units(connection, criteria),
        deleted=int(deleted or 0),
        deleted_until=until,
    )


def _count_untimed(connection: Connection, criteria: ReadCriteria, of_plates: list[ColumnElement[bool]]) -> int | None:
    if criteria.begin is None or criteria.is_untimed:
        return None
    is_fit = [*of_plates, *statements.filters(criteria), reads.c.seen_at.is_(None)]
    places = connection.execute(select(reads.c.lat_deg, reads.c.lon_deg).where(*is_fit).limit(COUNT_MAX)).all()
    if len(places) == COUNT_MAX:  # more were not looked at: any of them may lie in the area
        return COUNT_MAX
    return sum(is_inside(criteria, row.lat_deg, row.lon_deg) for row in places)


def _count_placeless(
    connection: Connection, criteria: ReadCriteria, of_plates: list[ColumnElement[bool]]
) -> int | None:
    if criteria.area is None:
        return None
    conditions = [*of_plates, *statements.filters_without_place(criteria), *statements.times(criteria)]
    rows = select(reads.c.read_id).where(*conditions, reads.c.cell.is_(None)).limit(COUNT_MAX)
    return connection.scalar(select(func.count()).select_from(rows.subquery())) or 0


def _silent_units(connection: Connection, criteria: ReadCriteria) -> tuple[str, ...]:
    if criteria.begin is None or criteria.end is None:
        return ()
    unit = certificates.c
    of_unit = [reads.c.unit_id == unit.unit_id, *statements.period(criteria)]
    first = select(reads.c.seen_at).where(*of_unit).limit(1).scalar_subquery()
    was_valid = (unit.issued_at < criteria.end) & (unit.not_after >= criteria.begin)
    query = select(unit.unit_id).distinct().where(was_valid, first.is_(None))
    query = query.where(or_(unit.revoked_at.is_(None), unit.revoked_at >= criteria.begin))
    if criteria.unit_id is not None:
        query = query.where(unit.unit_id == criteria.unit_id)
    return tuple(connection.scalars(query.order_by(unit.unit_id).limit(UNITS_MAX)))


def is_inside(criteria: ReadCriteria, lat_deg: Any, lon_deg: Any) -> bool:  # noqa: ANN401 - columns of a row
    """Whether a place lies in the area of a search, where it has one."""
    if criteria.area is None:
        return True
    return lat_deg is not None and criteria.area.contains(Position(lat_deg, lon_deg, 0.0, None, ""))
