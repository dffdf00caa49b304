"""Holds of the department for somebody who is signed in: each look and each change is allowed, and on record.

A hold may be the order of a court (policy 462.5): it is changed for its own case alone, by whoever placed it or by
those who may hold for discovery.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from alpr_edge.access.authorisation.authoriser import Access, AccessSubject, Authoriser
from alpr_edge.access.authorisation.operations import Operation
from alpr_edge.department.db.database import DepartmentDatabase
from alpr_edge.department.holds.department_canvass import CanvassHolds, DepartmentCanvass
from alpr_edge.department.holds.department_holds import DepartmentHolds, HoldAuthor
from alpr_edge.department.holds.listed_holds import ListedHold
from alpr_edge.department.holds.reads_of_hold import HeldPage, read_of_hold, reads_of_hold
from alpr_edge.department.inquiries.read_inquiries import object_id, search_note
from alpr_edge.department.people.account_rows import DepartmentAccountRows
from alpr_edge.department.search.criteria import DepartmentSearch, SearchPeriod, check_search
from alpr_edge.department.search.pages import FoundRead
from alpr_edge.domain.errors import HoldError
from alpr_edge.domain.ground.areas import GroundArea, corners_text
from alpr_edge.domain.holds.hold import NOT_THEIRS, HoldKind, HoldTerms, check_release_reason, check_terms
from alpr_edge.domain.people.person import SourcePermission
from alpr_edge.domain.permissions.actions import Action
from alpr_edge.domain.permissions.purposes import Purpose, PurposeCode
from alpr_edge.domain.permissions.table import allows
from alpr_edge.domain.ports import Clock

NOTE_CHARACTERS_MAX = 200
OTHER_CASE = "this hold is of another case: give that one's number to see its reads"
NO_CASE = "a hold is for a case: give its number"


@dataclass(frozen=True, slots=True)
class CanvassOrder:
    """A canvass that somebody asks for: the reads of an area and a time, for the case of their purpose."""

    area: GroundArea
    period: SearchPeriod
    with_untimed: bool
    """Whether those of the area as well whose time is not sure, of any day."""
    reason: str
    until: datetime | None
    """When the holds end; None: when somebody releases them."""


class HoldService:
    """Places, lists, extends and releases holds for people; threads may share it."""

    def __init__(self, database: DepartmentDatabase, clock: Clock) -> None:
        self._database = database
        self._holds = DepartmentHolds(database)
        self._clock = clock

    def list(self, authoriser: Authoriser, purpose: Purpose, *, with_released: bool = False) -> Sequence[ListedHold]:
        """What is held for the case of a purpose, by the department and the units; without a case for every one."""
        with authoriser.access(Operation.SHOW_HOLDS, purpose) as access:
            found = self._holds.list(with_released=with_released, case=purpose.case or "")
            access.show(tuple(each.hold_id for each in found))
            return found

    def find(self, authoriser: Authoriser, purpose: Purpose, hold_id: str) -> ListedHold:
        """One hold; raises as above, and HoldError where there is none any more."""
        with authoriser.access(Operation.SHOW_HOLDS, purpose, AccessSubject((hold_id,))) as access:
            found = self._holds.find(hold_id)
            access.show((hold_id,))
            return found

    def reads(self, authoriser: Authoriser, purpose: Purpose, hold_id: str, number: int) -> HeldPage:
        """A page of the reads of a hold; it counts as a page of a search, so that no hold is a way around their bound.

        Args:
            number: which page, from 1.
        """
        hold = self._find_of_case(authoriser, purpose, hold_id)
        subject = AccessSubject((hold_id,), source=SourcePermission.DEPARTMENT, note=f"reads of hold {hold_id}")
        with authoriser.access(Operation.SEARCH_READS, purpose, subject) as access:
            with self._database.reading() as connection:
                page = reads_of_hold(connection, hold, number)
            access.show(tuple(object_id(each.read) for each in page.reads if each.read is not None))
            return page

    def read(self, authoriser: Authoriser, purpose: Purpose, hold_id: str, read_id: str) -> FoundRead:
        """A read of a hold, to be shown by whatever puts that on record; raises as above."""
        hold = self._find_of_case(authoriser, purpose, hold_id)
        with self._database.reading() as connection:
            return read_of_hold(connection, hold, read_id)

    def _find_of_case(self, authoriser: Authoriser, purpose: Purpose, hold_id: str) -> ListedHold:
        """A hold whose reads somebody looks at for its own case (policy 462.6(b)); raises as above."""
        hold = self.find(authoriser, purpose, hold_id)
        if hold.case_number != (purpose.case or ""):
            raise HoldError(OTHER_CASE)
        return hold

    def place(
        self, authoriser: Authoriser, purpose: Purpose, read_ids: Sequence[str], reason: str, until: datetime | None
    ) -> Sequence[ListedHold]:
        """Hold reads for the case of a purpose; their units fetch it.

        Args:
            reason: why: evidence, a subpoena, the order of a court.
            until: when it ends; None: when somebody releases it.
        """
        terms = self._terms(purpose, HoldKind.READ, reason, until)
        subject = AccessSubject(tuple(read_ids), source=SourcePermission.DEPARTMENT, note=_note(terms.reason))
        with authoriser.access(Operation.HOLD_READ, purpose, subject) as access:
            return self._holds.place(read_ids, terms, self._author(access))

    def canvass(
        self,
        authoriser: Authoriser,
        purpose: Purpose,
        request: CanvassOrder,
        show: Callable[[int], None] = lambda _: None,
    ) -> CanvassHolds:
        """Hold what has arrived of an area and a time for the case of a purpose (policy 462.4(c)).

        What was asked for is on record with the holds that were placed (Civil Code 1798.90.52(a)(2)).
        """
        terms = self._terms(purpose, HoldKind.SEARCH, request.reason, request.until)
        asked = check_search(DepartmentSearch(area=request.area, period=request.period))
        untimed = ", with those without a sure time" if request.with_untimed else ""
        note = f"{_note(terms.reason)}; {search_note(asked)}{untimed}"
        subject = AccessSubject(source=SourcePermission.DEPARTMENT, note=note, corners=corners_text(request.area))
        with authoriser.access(Operation.HOLD_READ, purpose, subject) as access:
            held = DepartmentCanvass(self._database, show).hold(
                request.area, request.period, terms, self._author(access), with_untimed=request.with_untimed
            )
            access.show(tuple(each.hold_id for each in held.placed))
            return held

    def extend(self, authoriser: Authoriser, purpose: Purpose, hold_id: str, until: datetime | None) -> ListedHold:
        """Have a hold last longer; raises as :meth:`place`, and HoldError where it is another's or of another case."""
        end = "until released" if until is None else f"until {until:%Y-%m-%d %H:%M} UTC"
        with authoriser.access(
            Operation.HOLD_READ, purpose, AccessSubject((hold_id,), note=f"longer, {end}")
        ) as access:
            self._require_change(access, hold_id)
            return self._holds.extend(hold_id, until, self._author(access))

    def release(self, authoriser: Authoriser, purpose: Purpose, hold_id: str, reason: str) -> None:
        """Release a hold, once it is said why; raises as :meth:`extend`."""
        reason = check_release_reason(reason)
        with authoriser.access(Operation.RELEASE_READ, purpose, AccessSubject((hold_id,), note=reason)) as access:
            self._require_change(access, hold_id)
            self._holds.release(hold_id, self._author(access), reason)

    def _terms(self, purpose: Purpose, kind: HoldKind, reason: str, until: datetime | None) -> HoldTerms:
        """The checked terms of a hold for the case of a purpose."""
        if not purpose.case:
            raise HoldError(NO_CASE)
        return check_terms(HoldTerms(kind, "", purpose.case, reason, until), self._clock.now().utc)

    def _require_change(self, access: Access, hold_id: str) -> None:
        """Refuse a change of a hold of another case, or of another person by an officer."""
        hold = self._holds.find(hold_id)
        if not access.purpose.case or hold.case_number != access.purpose.case:
            raise HoldError("this hold is of another case: give that one's number to change it")
        if hold.person_id != access.actor.person_id and not self._may_hold_for_discovery(access.actor.person_id):
            raise HoldError(NOT_THEIRS)

    def _may_hold_for_discovery(self, person_id: str) -> bool:
        with self._database.reading() as connection:
            person = DepartmentAccountRows(connection).person(person_id)
        return person is not None and allows(person.roles, Action.HOLD, PurposeCode.DISCOVERY)

    def _author(self, access: Access) -> HoldAuthor:
        utc = self._clock.now().utc
        if utc is None:
            raise HoldError("the clock of this server is not set")
        return HoldAuthor(access.actor.name, utc, access.actor.person_id)


def _note(reason: str) -> str:
    return reason[:NOTE_CHARACTERS_MAX]
