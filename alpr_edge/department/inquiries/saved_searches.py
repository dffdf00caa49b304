"""Searches that people save to run them again: each belongs to its person and ends by itself.

A run is a search of its own, by the person's own act (:mod:`.read_inquiries`): permission is asked for and it goes on
record, as the saving does, with every plate. To anybody else it is told that there is one, not what it looks for;
whoever audits reads that in the access log. Nobody is alerted by a saved search: that would be an entry of a hotlist,
which asks for what policy 462.4(c) says.
"""

import secrets
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from sqlalchemy import Connection

from alpr_edge.access.authorisation.authoriser import Access, AccessSubject, Authoriser
from alpr_edge.access.authorisation.operations import Operation
from alpr_edge.department.db.database import DepartmentDatabase
from alpr_edge.department.inquiries.read_inquiries import OF_READS, check_inquiry, plate_accesses
from alpr_edge.department.people.account_rows import DepartmentAccountRows
from alpr_edge.department.search import saved_rows
from alpr_edge.department.search.saved_search import SavedCriteria, SavedSearch, SavedSearchDates, check_name
from alpr_edge.department.settings import SearchTable
from alpr_edge.domain.errors import SearchError
from alpr_edge.domain.people.person import SourcePermission
from alpr_edge.domain.permissions.purposes import MAINTENANCE, Purpose
from alpr_edge.domain.ports import Clock

PER_PERSON_MAX = 50
"""Saved searches of one person."""
GONE = "you have no such saved search; it has ended, or was deleted"


@dataclass(frozen=True, slots=True)
class SavedSearchCount:
    """How many saved searches somebody has, and when the last of them ends."""

    person_id: str
    name: str
    """The person's."""
    count: int
    ends_at: datetime


class SavedSearches:
    """The saved searches of a department's people; threads may share it."""

    def __init__(self, database: DepartmentDatabase, table: SearchTable, clock: Clock) -> None:
        self._database = database
        self._table = table
        self._clock = clock

    @property
    def days(self) -> tuple[int, int]:
        """After how many days one ends where nobody says otherwise, and at the latest."""
        return self._table.saved_days, self._table.saved_days_max

    def save(
        self, authoriser: Authoriser, purpose: Purpose, name: str, criteria: SavedCriteria, days: int | None = None
    ) -> SavedSearch:
        """Save a search; it is not run.

        Args:
            days: after how many days it ends, or before with the person's account or training; None: by the settings.
        """
        now, name = self._now(), check_name(name, criteria)
        wanted, most = self._table.saved_days if days is None else days, self._table.saved_days_max
        if not 1 <= wanted <= most:
            raise SearchError(f"a saved search lasts 1 to {most} days")
        checked = check_inquiry(criteria.search_at(now))
        saved_id = f"saved-{secrets.token_hex(6)}"
        subject = replace(OF_READS, objects=(saved_id,), note=_note(criteria, wanted), free_texts=(name,))
        with plate_accesses(authoriser, Operation.SAVE_SEARCH, purpose, checked, subject) as accesses:
            access = next(iter(accesses.values()))
            dates = SavedSearchDates(saved_id, access.actor.person_id, now, now + timedelta(days=wanted))
            with self._database.writing() as connection:
                saved_rows.delete_ended_searches(connection, now)
                saved = SavedSearch(_within_access(connection, dates), name, purpose, criteria)
                _require_room(saved_rows.saved_searches_of(connection, dates.person_id, now), name)
                saved_rows.add_saved_search(connection, saved)
        return saved

    def list(self, authoriser: Authoriser) -> Sequence[SavedSearch]:
        """One's own saved searches, the oldest first, to be shown without what they look for."""
        with authoriser.access(Operation.LIST_SAVED_SEARCHES, MAINTENANCE) as access:
            with self._database.reading() as connection:
                found = saved_rows.saved_searches_of(connection, access.actor.person_id, self._now())
            access.show(tuple(each.dates.saved_id for each in found))
            return found

    def open(self, authoriser: Authoriser, saved_id: str) -> SavedSearch:
        """One of one's own saved searches, with what it looks for; to run it is another access."""
        with self._database.reading() as connection:
            saved = saved_rows.saved_search(connection, saved_id, self._now())
        if saved is None:
            raise SearchError(GONE)
        subject = AccessSubject((saved_id,), source=SourcePermission.DEPARTMENT)
        with authoriser.access(Operation.OPEN_SAVED_SEARCH, saved.purpose, subject) as access:
            _require_owner(access, saved)
            access.show((saved_id,))
            return saved

    def delete(self, authoriser: Authoriser, saved_id: str) -> None:
        """Delete one of one's own saved searches; raises as :meth:`open`."""
        subject = AccessSubject((saved_id,))
        with (
            authoriser.access(Operation.DELETE_SAVED_SEARCH, MAINTENANCE, subject) as access,
            self._database.writing() as connection,
        ):
            saved = saved_rows.saved_search(connection, saved_id, self._now())
            if saved is None:
                raise SearchError(GONE)
            _require_owner(access, saved)
            saved_rows.delete_saved_search(connection, saved_id)

    def counts(self, authoriser: Authoriser) -> Sequence[SavedSearchCount]:
        """Who has how many saved searches, for the administrator; nothing of what they look for; raises as list."""
        with authoriser.access(Operation.COUNT_SAVED_SEARCHES, MAINTENANCE) as access:
            with self._database.reading() as connection:
                dates = saved_rows.saved_search_dates(connection, self._now())
                names = {each.person_id: DepartmentAccountRows(connection).person(each.person_id) for each in dates}
            counts, ends = Counter(each.person_id for each in dates), dict[str, datetime]()
            for each in dates:
                ends[each.person_id] = max(each.ends_at, ends.get(each.person_id, each.ends_at))
            access.show(tuple(each.saved_id for each in dates))
            return [
                SavedSearchCount(person_id, "" if person is None else person.name, counts[person_id], ends[person_id])
                for person_id, person in names.items()
            ]

    def _now(self) -> datetime:
        utc = self._clock.now().trusted_utc
        if utc is None:
            raise SearchError("this server's clock is not set: no saved search can be used without a date")
        return utc


def purpose_of_run(saved: SavedSearch) -> Purpose:
    """What a run of a saved search is for, with a note on its records that it was saved."""
    return replace(saved.purpose, note=f"run of {saved.dates.saved_id}")


def _note(criteria: SavedCriteria, days: int) -> str:
    last = "" if criteria.last_days is None else f", always of the last {criteria.last_days} days"
    return f"saved for {days} days{last}"


def _within_access(connection: Connection, dates: SavedSearchDates) -> SavedSearchDates:
    """The dates, the end no later than that of the person's account and trainings (policy 462.4(d))."""
    person = DepartmentAccountRows(connection).person(dates.person_id)
    until = None if person is None else person.access_until
    if until is None or until <= dates.made_at:
        raise SearchError("your account or training ends; a search cannot be saved")
    return replace(dates, ends_at=min(dates.ends_at, until))


def _require_room(there: Sequence[SavedSearch], name: str) -> None:
    if len(there) >= PER_PERSON_MAX:
        raise SearchError(f"you have {PER_PERSON_MAX} saved searches, as many as may be; delete one first")
    if name.casefold() in {each.name.casefold() for each in there}:
        raise SearchError("you have a saved search of this name; choose another, or delete that one first")


def _require_owner(access: Access, saved: SavedSearch) -> None:
    if access.actor.person_id != saved.dates.person_id:
        raise SearchError(GONE)
