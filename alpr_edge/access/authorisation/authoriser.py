"""Asks for decisions, and puts each on record before anything is shown or changed.

Every service that touches plates, people, lists or logs begins with :meth:`Authoriser.access`. An access that only
shows something is recorded once its result is known and before the service returns it, with what is shown; a change is
recorded before it is made, and what it then shows once more. Where that fails, nothing is shown and nothing is changed.
"""

import sys
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Protocol

from alpr_edge.access.authorisation.callers import Actor, Caller
from alpr_edge.access.authorisation.decisions import CallerDecision, Decider
from alpr_edge.access.authorisation.operations import RULES, Operation
from alpr_edge.access.authorisation.record_log import RecordLog
from alpr_edge.access.authorisation.record_texts import record_code, record_objects, record_sentence, record_word
from alpr_edge.access.authorisation.refusals import IN_CAR, NO_OPEN_SESSION, NOT_OFFERED, PlaceWords
from alpr_edge.access.sessions import SessionPlace, find_standing
from alpr_edge.access.store import AccessStore
from alpr_edge.domain.access_log.changes import NONE, change_not_made, changes_between, in_records
from alpr_edge.domain.access_log.record_notes import DONE, NOT_DONE
from alpr_edge.domain.access_log.records import AccessEntry, AccessOutcome, RecordedChange, record_moment
from alpr_edge.domain.access_log.reports import FLAGGED
from alpr_edge.domain.errors import AccessError, StoreError
from alpr_edge.domain.instants import Instant
from alpr_edge.domain.people.person import SourcePermission
from alpr_edge.domain.permissions.decision import AccessDecision, AccessRequest, DecisionReason
from alpr_edge.domain.permissions.profile import Profile, PurposeRule, SecurityProfile
from alpr_edge.domain.permissions.purposes import MAINTENANCE, Purpose, PurposeCode
from alpr_edge.domain.ports import Clock


class AccessQuota(Protocol):
    """Bounds accesses by what is on record of a person already. StoreError where that cannot be read."""

    def refusal(self, person_id: str, operation: Operation, now: Instant) -> str:
        """Why a person may not do something once more for now, in a sentence; empty: they may."""


@dataclass(frozen=True, slots=True)
class Policy:
    """The rules that are in force."""

    profile: Profile
    """Of the state."""
    security: SecurityProfile
    words: PlaceWords = IN_CAR
    """What whoever is refused is told to do."""


@dataclass(frozen=True, slots=True)
class AccessSubject:
    """What an access is about, as far as it is known before."""

    objects: tuple[str, ...] = ()
    """Ids; never plates."""
    query: str = ""
    """The plate that is searched for, which Civil Code 1798.90.52(a)(2) asks for."""
    source: SourcePermission | None = None
    is_covert: bool = False
    """Whether covert entries are asked for."""
    note: str = ""
    corners: str = ""
    """Those of an area that is searched (:func:`~alpr_edge.domain.ground.areas.corners_text`)."""
    free_texts: tuple[str, ...] = ()
    """What somebody typed, beside the note: looked through for hints at barred purposes, and not on record."""
    changes: tuple[RecordedChange, ...] = ()
    """Old and new values; a secret or a plate stands as its digest."""


@dataclass(slots=True)
class Access:
    """An access that was allowed; the service says here what it shows."""

    actor: Actor
    """Who it is."""
    purpose: Purpose
    now: Instant
    objects: tuple[str, ...] = ()
    shown: int = 0
    shown_bytes: int = 0
    changes: tuple[RecordedChange, ...] = ()
    """What was changed by now, where that is not known before."""

    def show(self, objects: tuple[str, ...] = (), *, count: int | None = None, byte_count: int = 0) -> None:
        """Say what the service is about to return.

        Args:
            objects: ids of what is shown; never plates.
            count: how many objects are shown; None: as many as there are ids.
            byte_count: bytes of pictures or files.
        """
        self.objects = objects
        self.shown = len(objects) if count is None else count
        self.shown_bytes = byte_count

    def may_see(self, source: SourcePermission) -> bool:
        """Whether data of a source may be shown (policy 462.4(e)); otherwise a hit shows level and list alone."""
        return source in self.actor.sources


@dataclass(frozen=True, slots=True, eq=False)
class Authoriser:
    """Decides and records for one caller; opened once for a command, and for each request of a page.

    Args:
        accounts: people and sessions; None: there are none on this machine, so nobody is signed in.
        quota: bounds what one person may look at; None: nothing does.
    """

    accounts: AccessStore | None = field(repr=False)
    log: RecordLog = field(repr=False)
    policy: Policy = field(repr=False)
    clock: Clock = field(repr=False)
    caller: Caller
    quota: AccessQuota | None = field(default=None, repr=False)

    @contextmanager
    def access(
        self, operation: Operation, purpose: Purpose = MAINTENANCE, subject: AccessSubject | None = None
    ) -> Iterator[Access]:
        """Allow one access and put it on record, or refuse it, which goes on record as well.

        The block is the access: what it computes may leave it only through its end, and any other end goes on record.

        Yields:
            Who it is, and what they may see; the block says there what it shows.

        Raises:
            AccessError: it is refused; the sentence says what to do.
            StoreError: it cannot be put on record: nothing was changed, and nothing may be shown.
        """
        subject, rule, now = subject or AccessSubject(), RULES[operation], self.clock.now()
        decision = self._within_quota(operation, self.decide(operation, purpose, subject), now)
        if not decision.is_allowed:
            self.record(operation, decision, subject, now)
            raise AccessError(decision.refusal)
        access = Access(decision.actor, decision.purpose, now, subject.objects)
        if rule.is_change:
            self.record(operation, decision, subject, now)
        is_done = False
        try:
            yield access
            is_done = True
        finally:
            if not is_done:
                undone, end = replace(subject, changes=tuple(map(change_not_made, subject.changes))), sys.exception()
                self.record(operation, decision, undone, now, note=f"{NOT_DONE}: {type(end).__name__}")
        if not rule.is_change or access.shown:
            self.record(operation, decision, subject, now, access)
        for changes in in_records(access.changes):
            self.record(operation, decision, replace(subject, changes=changes), now, note=DONE)

    def decide(
        self, operation: Operation, purpose: Purpose | None = MAINTENANCE, subject: AccessSubject | None = None
    ) -> CallerDecision:
        """Decide whether the caller may do something, by the one rule of the operation; on no record.

        Args:
            purpose: None: for any purpose, as they have not said yet.

        Raises:
            StoreError: the accounts cannot be read; then nothing is allowed.
        """
        rule, caller, standing = RULES[operation], self.caller, None
        if self.accounts is not None and caller.token:
            place = SessionPlace(caller.token, caller.login, caller.address, self.clock.now(), caller.is_use)
            standing = find_standing(self.accounts, place, self.policy.security.sessions)
        about = subject or AccessSubject()
        request = AccessRequest(rule.action, purpose, about.source or rule.source, is_covert=about.is_covert)
        return Decider(caller, standing, self.policy.profile, self.policy.words).decide(rule, request)

    def require(
        self,
        operation: Operation,
        purpose: Purpose | None = None,
        subjects: Iterable[AccessSubject] = (),
        *,
        is_page: bool = False,
        is_current: bool = False,
    ) -> Mapping[str, PurposeRule]:
        """Refuse, on record, whoever may do something for no purpose at all (policy 462.6(a), Civil Code 1798.90.52).

        Args:
            purpose: what for, as they say; None: they were not asked yet.
            is_page: whether they only open a page: without an open session that is on no record, and leads to sign-in.
            is_current: whether account, trainings and roster have to be in force now, and not only when it is done.

        Returns:
            The purposes of the profile for which they may.

        Raises:
            AccessError: none of their roles may, or no session is open.
            StoreError: it cannot be put on record.
        """
        asked = self.decide(operation, None)
        purposes = asked.purposes(operation, self.policy.profile)
        if purposes and (asked.is_allowed or not is_current):
            return purposes
        if asked.person is not None or not is_page:
            said = purpose if purpose is not None and purpose.code else None
            for subject in tuple(subjects) or (AccessSubject(),):
                self.record(operation, self.decide(operation, said, subject), subject, self.clock.now())
        raise AccessError(NO_OPEN_SESSION if asked.person is None else asked.refusal if purposes else NOT_OFFERED)

    def refuse_unknown(self, operation: Operation, purpose: Purpose, subject: AccessSubject) -> None:
        """Put on record that somebody asked for what is not here, or what they may not know of: both alike.

        Raises:
            AccessError: they may not ask at all.
            StoreError: it cannot be put on record.
        """
        decision = self.decide(operation, purpose, subject)
        found = decision.refuse(DecisionReason.NOT_FOUND) if decision.is_allowed else decision
        self.record(operation, found, subject, self.clock.now())
        if not decision.is_allowed:
            raise AccessError(decision.refusal)

    def may_see_covert(self) -> bool:
        """Whether covert entries and hits may be shown to the caller."""
        asked = Operation.SHOW_COVERT_ENTRIES, Purpose(PurposeCode.STOLEN_VEHICLE), AccessSubject(is_covert=True)
        return self.without_use().decide(*asked).is_allowed

    def without_use(self) -> "Authoriser":
        """The same for what a page asks for by itself, such as pictures: the session does not count as used."""
        return replace(self, caller=replace(self.caller, is_use=False))

    def changes_to(self, values: Mapping[str, str]) -> tuple[RecordedChange, ...]:
        """How values differ from those on record of the same names; an empty one is not in force."""
        on_record = self.log.values().values
        return changes_between({name: on_record.get(name, NONE) for name in values}, values)

    def record(
        self,
        operation: Operation,
        decision: CallerDecision,
        subject: AccessSubject,
        now: Instant,
        access: Access | None = None,
        note: str = "",
    ) -> None:
        """Put on record what was decided: as it was asked for, or with what is shown.

        Raises:
            StoreError: it is not on record: nothing may be shown or changed.
        """
        actor, purpose = decision.actor, decision.purpose
        entry = AccessEntry(
            person_id=actor.person_id,
            person=record_word(actor.name),
            organisation=record_word(actor.organisation),
            break_glass=self.caller.break_glass is not None,
            session=actor.session_id,
            component=self.caller.component,
            action=operation.value,
            objects=tuple(record_objects(subject.objects if access is None else access.objects or subject.objects)),
            query=subject.query,
            purpose=record_code(purpose.code),
            offence=record_word(purpose.offence or ""),
            case=record_word(purpose.case or ""),
            note=record_sentence("; ".join(part for part in (note, subject.note, purpose.note) if part)),
            corners=subject.corners,
            outcome=AccessOutcome.ALLOWED if decision.is_allowed else AccessOutcome.REFUSED,
            reason=self._reason(decision.answer, subject),
            shown=0 if access is None else access.shown,
            shown_bytes=0 if access is None else access.shown_bytes,
            address=record_word(self.caller.address),
            changes=subject.changes if access is None else (),
            happened=record_moment(now),
        )
        self._append(entry)

    def _append(self, entry: AccessEntry) -> None:
        try:
            self.log.append(entry, self.clock.now())
        except StoreError as error:
            raise StoreError(f"nothing is shown or changed, as it cannot be put on record: {error}") from None

    def _within_quota(self, operation: Operation, decision: CallerDecision, now: Instant) -> CallerDecision:
        if self.quota is None or not decision.is_allowed:
            return decision
        sentence = self.quota.refusal(decision.actor.person_id, operation, now)
        return replace(decision.refuse(DecisionReason.TOO_MUCH), refusal=sentence) if sentence else decision

    def _reason(self, decision: AccessDecision, subject: AccessSubject) -> str:
        """Why it was refused, what the free texts hint at, and why the glass was broken."""
        record, terms = self.caller.break_glass, self.policy.profile.barred_terms
        hints = [flag for text in (subject.note, *subject.free_texts) for flag in terms.flags_in(text)]
        parts = [] if decision.is_allowed else [decision.reason.value]
        parts += [f"{FLAGGED}{flag.value}" for flag in dict.fromkeys((*decision.flags, *hints))]
        parts += [] if record is None else [f"break-glass by {record.login}: {record.reason}"]
        return record_sentence("; ".join(parts))
