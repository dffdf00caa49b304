"""Lists holds with the number of their reads, and says which are in force."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import ColumnElement, Connection, RowMapping, exists, func, or_, select

from alpr_edge.department.db.hold_schema import held_reads, hold_releases, holds
from alpr_edge.department.db.schema import reads
from alpr_edge.domain.holds.hold import HoldOrigin
from alpr_edge.domain.instants import rfc3339

LISTED_MAX = 1000
_SAME = (hold_releases.c.hold_id == holds.c.hold_id) & (hold_releases.c.unit_id == holds.c.unit_id)
_OF_HOLD = (held_reads.c.hold_id == holds.c.hold_id) & (held_reads.c.unit_id == holds.c.unit_id)


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
    not_arrived: int
    """Of the reads of a hold of the department in force, those that are not here: on their way, or an id is wrong."""
    first_not_arrived: str | None
    """The id of one of them."""

    @property
    def arrival_words(self) -> str:
        """What is told of those; empty: none is missing."""
        if not self.not_arrived:
            return ""
        verb, noun = ("has", "id") if self.not_arrived == 1 else ("have", "ids, such as")
        count = f"{self.not_arrived} of {self.reads} {verb} not arrived here"
        return f"{count}: compare the {noun} {self.first_not_arrived}"


def in_force(now: datetime) -> ColumnElement[bool]:
    """Whether a hold, of a unit or of the department, is neither released nor over; RFC 3339 in UTC sorts by time."""
    lasts = or_(holds.c.until.is_(None), holds.c.until > rfc3339(now))
    return lasts & ~exists().where(_SAME)


def list_holds(connection: Connection, condition: ColumnElement[bool]) -> list[ListedHold]:
    """The newest holds of which a condition is true, the newest last."""
    count = select(func.count()).where(_OF_HOLD).scalar_subquery().label("reads")
    released = hold_releases.c.hold_id.is_not(None).label("is_released")
    end = hold_releases.c
    ending = end.released, end.person.label("released_by"), end.reason.label("release_reason"), released
    columns = select(holds, *ending, count)
    query = columns.select_from(holds.outerjoin(hold_releases, _SAME))
    query = query.order_by(holds.c.received_at.desc(), holds.c.hold_id).limit(LISTED_MAX)
    rows = connection.execute(query.where(condition)).mappings().all()
    missing = _not_arrived(connection, [row["hold_id"] for row in rows])
    return [_hold_of(row, *missing.get(row["hold_id"], (0, None))) for row in reversed(rows)]


def _not_arrived(connection: Connection, hold_ids: Collection[str]) -> dict[str, tuple[int, str]]:
    """Of holds of the department in force that lack reads, how many are not here, and the first of these.

    The ids of a unit's own holds are no typing errors, and reads that nothing holds any more may be deleted.
    """
    is_here = exists().where(reads.c.read_id == held_reads.c.read_id, reads.c.unit_id == held_reads.c.unit_id)
    query = select(holds.c.hold_id, func.count(), func.min(held_reads.c.read_id))
    query = query.select_from(holds.join(held_reads, _OF_HOLD))
    own = (holds.c.origin == HoldOrigin.DEPARTMENT.value) & in_force(datetime.now(UTC))
    query = query.where(holds.c.hold_id.in_(hold_ids), own, ~is_here).group_by(holds.c.hold_id)
    return {hold_id: (count, first) for hold_id, count, first in connection.execute(query)}


def _hold_of(row: RowMapping, not_arrived: int, first: str | None) -> ListedHold:
    values = {**row, "not_arrived": not_arrived, "first_not_arrived": first}
    return ListedHold(**{name: values[name] for name in ListedHold.__dataclass_fields__})
