"""Places, releases and lists holds of a unit: reads that nothing deletes, for a case (policy 462.5)."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import Connection

from alpr_edge.access.authorisation.authoriser import Access, AccessSubject, Authoriser
from alpr_edge.access.authorisation.operations import Operation
from alpr_edge.domain.errors import HoldError
from alpr_edge.domain.holds.case_numbers import normal_case
from alpr_edge.domain.holds.hold import (
    HOLD_READS_MAX,
    NOT_THEIRS,
    Hold,
    HoldKind,
    HoldOrigin,
    HoldPerson,
    HoldRelease,
    HoldTerms,
    check_release_reason,
    check_terms,
)
from alpr_edge.domain.holds.hold import covers as lasts_as_long
from alpr_edge.domain.permissions.purposes import Purpose, PurposeCode
from alpr_edge.store.db.database import Database
from alpr_edge.store.reads.hit_queries import read_ids_of_hits
from alpr_edge.store.retention import holds

OTHER_CASE = "this hold is for another case; give its number as the case"


@dataclass(frozen=True, slots=True)
class HoldRequest:
    """A hold that somebody asks for."""

    kind: HoldKind
    subject_ids: tuple[str, ...]
    """The reads, or the hits whose reads are meant; at most :data:`HOLD_READS_MAX`."""
    case_number: str
    reason: str
    """Why: evidence, discovery, the order of a court; lists of holds show it."""
    until: datetime | None = None
    """The end of the hold, UTC; None: until somebody releases it."""
    note: str = ""
    """What stands on record beside it, such as what was searched for; never a plate."""
    query: str = ""
    """The plate that was searched for, which Civil Code 1798.90.52(a)(2) asks for on record."""


class UnitHolds:
    """The holds of a unit."""

    def __init__(self, database: Database, unit_id: str, new_id: Callable[[], str]) -> None:
        self._database = database
        self._unit_id = unit_id
        self._new_id = new_id

    def place(self, authoriser: Authoriser, purpose: Purpose, request: HoldRequest) -> Hold:
        """Keep reads from being deleted.

        Asked again for the same case and the same reads, a hold is at most prolonged: a new one takes its place in the
        same transaction. Another case gets a hold of its own beside it. Ids of nothing that is here do not keep the
        others from being held; :meth:`uncovered_ids` names them.

        Returns:
            The hold that keeps them now.

        Raises:
            AccessError: it is refused.
            HoldError: none of the reads is here, there are too many, or the case, the reason or the end will not do.
        """
        ids = tuple(dict.fromkeys(request.subject_ids))
        note = "; ".join(part for part in (request.reason.strip(), request.note) if part)
        subject = AccessSubject(
            ids, request.query, note=f"case {normal_case(request.case_number)}, {len(ids)} named: {note}"
        )
        with authoriser.access(Operation.HOLD_READ, purpose, subject) as access:
            terms = _terms(authoriser, access, request, ids)
            with self._database.write() as connection:
                return self._place(connection, access, terms, _reads_of(connection, terms.kind, ids))

    def release(self, authoriser: Authoriser, purpose: Purpose, hold_id: str, reason: str) -> Hold:
        """Let the reads of a hold be deleted like the others again, as far as no other hold covers them.

        Returns:
            The hold as it was.

        Raises:
            AccessError: it is refused.
            HoldError: no reason is given, there is no such hold, it was released, it is somebody else's or for another
                case than the purpose, or the department placed it and has to release it.
        """
        reason = check_release_reason(reason)
        subject = AccessSubject((hold_id,), note=reason)
        with (
            authoriser.access(Operation.RELEASE_READ, purpose, subject) as access,
            self._database.write() as connection,
        ):
            hold = holds.find_hold(connection, hold_id)
            if hold is not None:
                _require_release(authoriser, access, hold)
            return holds.release(
                connection, hold_id, self._unit_id, HoldRelease(hold_person(access), access.now, reason)
            )

    def list(self, authoriser: Authoriser, purpose: Purpose, *, with_released: bool = False) -> Sequence[Hold]:
        """The holds, with case, reason, by whom, since when and until when; shows no plates.

        Raises:
            AccessError: it is refused.
        """
        with authoriser.access(Operation.SHOW_HOLDS, purpose) as access:
            found = holds.list_holds(self._database, with_released=with_released)
            access.show(tuple(hold.hold_id for hold in found))
            return found

    def uncovered_ids(self, hold: Hold, ids: Sequence[str]) -> Sequence[str]:
        """Of the ids that a hold was asked for, those of no read that it covers: not here any more, or never."""
        with self._database.read() as connection:
            covered = set(holds.read_ids_of(connection, hold.hold_id))
            if hold.terms.kind is HoldKind.HIT:
                return [each for each in dict.fromkeys(ids) if covered.isdisjoint(read_ids_of_hits(connection, [each]))]
            return [each for each in dict.fromkeys(ids) if each not in covered]

    def on_reads(self, read_ids: Sequence[str]) -> Mapping[str, Sequence[Hold]]:
        """The unreleased holds on reads that an access shows, by read; every one of them has an entry."""
        with self._database.read() as connection:
            found = holds.holds_on(connection, read_ids)
        return {read_id: found.get(read_id, ()) for read_id in read_ids}

    def _place(self, connection: Connection, access: Access, terms: HoldTerms, read_ids: Sequence[str]) -> Hold:
        same = holds.same_holds(connection, terms, read_ids)
        if lasting := next((hold for hold in same if lasts_as_long(hold, terms)), None):
            return lasting
        by = hold_person(access)
        hold = Hold(self._new_id(), terms, by, access.now)
        hold = replace(hold, read_count=holds.add_hold(connection, hold, read_ids, self._unit_id))
        prolonged = HoldRelease(by, access.now, f"prolonged by {hold.hold_id}")
        for shorter in same:
            holds.release(connection, shorter.hold_id, self._unit_id, prolonged)
        return hold


def hold_person(access: Access) -> HoldPerson:
    """Whoever an access was allowed to, as a hold or a canvass names them."""
    actor = access.actor
    return HoldPerson(actor.person_id, actor.name, actor.session_id)


def reads_of_case(database: Database, case_number: str, utc: datetime | None) -> list[str]:
    """The reads that are held under a case, in the order in which they were read: what its evidence package holds.

    For services, inside an access of their own; it shows nothing by itself.

    Args:
        utc: the present moment of a trusted clock, None when unknown: then no hold is over.
    """
    with database.read() as connection:
        return holds.read_ids_of_case(connection, case_number, utc)


def _terms(authoriser: Authoriser, access: Access, request: HoldRequest, ids: tuple[str, ...]) -> HoldTerms:
    """The checked terms of a request."""
    if not ids:
        raise HoldError("nothing to hold: no read is named")
    if len(ids) > HOLD_READS_MAX:
        raise HoldError(f"{len(ids)} reads are more than one hold takes ({HOLD_READS_MAX}); narrow the search")
    terms = HoldTerms(request.kind, ids[0], request.case_number, request.reason, request.until)
    checked = check_terms(terms, access.now.utc)
    formats = authoriser.policy.profile.case_formats
    if not formats.fit(checked.case_number):
        raise HoldError(f"a case number looks like {' or '.join(formats.formats)}")
    return checked


def _reads_of(connection: Connection, kind: HoldKind, ids: tuple[str, ...]) -> list[str]:
    read_ids = read_ids_of_hits(connection, ids) if kind is HoldKind.HIT else list(ids)
    found = holds.stored_ids(connection, read_ids)
    if not found:
        raise HoldError("none of these reads is here (any more); the department may have them")
    return found


def _require_release(authoriser: Authoriser, access: Access, hold: Hold) -> None:
    """Refuse to release a hold of the department, of another case, or of another person, as the department does.

    Whoever placed it may leave its case out. A hold of an early release names no case, and anybody releases it.
    """
    purpose, case_number = access.purpose, hold.terms.case_number
    if hold.origin is HoldOrigin.DEPARTMENT:
        raise HoldError(f"{hold.hold_id}: the department placed this hold; it has to release it")
    is_theirs = bool(access.actor.person_id) and access.actor.person_id == hold.by.person_id
    if case_number and purpose.case != case_number and (purpose.case or not is_theirs):
        raise HoldError(f"{hold.hold_id}: {OTHER_CASE}")
    for_discovery = replace(purpose, code=PurposeCode.DISCOVERY)
    if case_number and not is_theirs and not authoriser.decide(Operation.RELEASE_READ, for_discovery).is_allowed:
        raise HoldError(f"{hold.hold_id}: {NOT_THEIRS}")
