"""Lists holds with the number of their reads, and says which are in force."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, exists, func, or_, select

from alpr_edge.department.db.hold_schema import held_reads, hold_releases, holds
from alpr_edge.domain.instants import rfc3339

LISTED_MAX = 1000
_SAME = (hold_releases.c.hold_id == holds.c.hold_id) & (hold_releases.c.unit_id == holds.c.unit_id)


@dataclass(frozen=True, slots=True)
class ListedHold:
    """A hold with the number of its reads."""

    hold_id: str
    unit_id: str
    origin: str
    case_number: str
    reason: str
    person_id: str
    """Of the roster; ``login:NAME`` of a login here; empty: a unit's break-glass."""
    person: str
    made: str | None
    """RFC 3339, as whoever placed it believed; likewise the next two."""
    until: str | None
    released: str | None
    released_by: str | None
    """Who ended it; None: it was not released."""
    release_reason: str | None
    """Why; None or empty: it was not released, a unit did it, or nobody knows."""
    is_released: bool
    reads: int


def in_force(now: datetime) -> ColumnElement[bool]:
    """Whether a hold, of a unit or of the department, is neither released nor over; RFC 3339 in UTC sorts by time."""
    lasts = or_(holds.c.until.is_(None), holds.c.until > rfc3339(now))
    return lasts & ~exists().where(_SAME)


def list_holds(connection: Connection, condition: ColumnElement[bool]) -> list[ListedHold]:
    """The newest holds of which a condition is true, the newest last."""
    of_hold = (held_reads.c.hold_id == holds.c.hold_id) & (held_reads.c.unit_id == holds.c.unit_id)
    count = select(func.count()).where(of_hold).scalar_subquery().label("reads")
    released = hold_releases.c.hold_id.is_not(None).label("is_released")
    end = hold_releases.c
    ending = end.released, end.person.label("released_by"), end.reason.label("release_reason"), released
    columns = select(holds, *ending, count)
    query = columns.select_from(holds.outerjoin(hold_releases, _SAME))
    query = query.order_by(holds.c.received_at.desc(), holds.c.hold_id).limit(LISTED_MAX)
    rows = connection.execute(query.where(condition)).mappings().all()
    names = ListedHold.__dataclass_fields__
    return [ListedHold(**{name: row[name] for name in names}) for row in reversed(rows)]
