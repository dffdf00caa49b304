"""The rows of saved searches, sealed; nothing here asks whether somebody may see or make them."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from pydantic import TypeAdapter
from sqlalchemy import Connection, RowMapping, delete, insert, or_, select, update

from alpr_edge.department.db.people_schema import people, people_saved_searches
from alpr_edge.department.db.sealed_values import cipher_of
from alpr_edge.department.search.saved_search import SavedCriteria, SavedSearch, SavedSearchDates
from alpr_edge.domain.permissions.purposes import Purpose

_TABLE = people_saved_searches
_ROW = _TABLE.c


@dataclass(frozen=True, slots=True)
class _Body:
    """What of a saved search is sealed."""

    name: str
    purpose: Purpose
    criteria: SavedCriteria


_BODY = TypeAdapter(_Body)


def add_saved_search(connection: Connection, saved: SavedSearch) -> None:
    """Put a saved search on file."""
    dates = saved.dates
    body = _BODY.dump_json(_Body(saved.name, saved.purpose, saved.criteria))
    sealed = cipher_of(connection).seal(body, _place(dates.saved_id, dates.person_id))
    row = {"saved_id": dates.saved_id, "person_id": dates.person_id, "made_at": dates.made_at, "ends_at": dates.ends_at}
    connection.execute(insert(_TABLE).values(**row, body=sealed))


def saved_search(connection: Connection, saved_id: str, now: datetime) -> SavedSearch | None:
    """A saved search that has not ended; None: there is none."""
    query = select(_TABLE).where(_ROW.saved_id == saved_id, _ROW.ends_at > now)
    row = connection.execute(query).mappings().first()
    return None if row is None else _saved_of(connection, row)


def saved_searches_of(connection: Connection, person_id: str, now: datetime) -> list[SavedSearch]:
    """The saved searches of a person that have not ended, the oldest first; raises as above."""
    query = select(_TABLE).where(_ROW.person_id == person_id, _ROW.ends_at > now)
    rows = connection.execute(query.order_by(_ROW.made_at, _ROW.saved_id)).mappings().all()
    return [_saved_of(connection, row) for row in rows]


def saved_search_dates(connection: Connection, now: datetime) -> list[SavedSearchDates]:
    """That there are saved searches, of everybody, by person and age; nothing of what they look for."""
    query = select(_TABLE).where(_ROW.ends_at > now).order_by(_ROW.person_id, _ROW.made_at, _ROW.saved_id)
    return [_dates_of(row) for row in connection.execute(query).mappings()]


def delete_saved_search(connection: Connection, saved_id: str) -> bool:
    """Delete a saved search; whether there was one."""
    return bool(connection.execute(delete(_TABLE).where(_ROW.saved_id == saved_id)).rowcount)


def delete_ended_searches(connection: Connection, now: datetime) -> int:
    """Delete the saved searches that have ended, or whose person is not there any more; how many."""
    is_owned = _ROW.person_id.in_(select(people.c.person_id))
    return connection.execute(delete(_TABLE).where(or_(_ROW.ends_at <= now, ~is_owned))).rowcount


def bound_saved_searches(connection: Connection, ends: Mapping[str, datetime | None]) -> None:
    """End saved searches with the access of their people.

    Args:
        ends: by id of a person, until when account and trainings hold; None: they do not, and all are deleted.
    """
    with_some = set(connection.scalars(select(_ROW.person_id).distinct()))
    for person_id in sorted(with_some & ends.keys()):
        end, is_theirs = ends[person_id], _ROW.person_id == person_id
        if end is None:
            connection.execute(delete(_TABLE).where(is_theirs))
        else:
            connection.execute(update(_TABLE).where(is_theirs, _ROW.ends_at > end).values(ends_at=end))


def _saved_of(connection: Connection, row: RowMapping) -> SavedSearch:
    place = _place(row["saved_id"], row["person_id"])
    body = _BODY.validate_json(cipher_of(connection).open(row["body"], place))
    return SavedSearch(_dates_of(row), body.name, body.purpose, body.criteria)


def _dates_of(row: RowMapping) -> SavedSearchDates:
    return SavedSearchDates(row["saved_id"], row["person_id"], row["made_at"], row["ends_at"])


def _place(saved_id: str, person_id: str) -> str:
    """What a body is sealed for: put into another person's row it does not open."""
    return f"people_saved_searches/{saved_id}/{person_id}"
