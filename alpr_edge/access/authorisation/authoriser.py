"""Decides whether somebody may do something, and puts the answer on record before anything is shown or changed.

Every service that touches plates, people, lists or logs begins with :meth:`Authoriser.access`. An access that only
shows something is recorded once its result is known and before the service returns it, with what is shown; a change is
recorded before it is made, and what it then shows is recorded once more. Either way a record is on the disk before
anybody sees anything; where it cannot be written, nothing is shown and nothing is changed.
"""

import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import NoReturn

from alpr_edge.access.authorisation.callers import Actor, Caller, login_actor, person_actor
from alpr_edge.access.authorisation.operations import RULES, Operation, OperationRule
from alpr_edge.access.authorisation.quota import AccessQuota
from alpr_edge.access.authorisation.record_log import RecordLog
from alpr_edge.access.authorisation.record_texts import record_code, record_objects, record_sentence, record_word
from alpr_edge.access.authorisation.refusals import GLASS_CLOSED, IN_CAR, NOT_OWNER, PlaceWords, refusal_sentence
from alpr_edge.access.sessions import SessionPlace, authorise_request
from alpr_edge.access.store import AccessStore
from alpr_edge.domain.access_log.changes import NONE, change_not_made, changes_between, in_records
from alpr_edge.domain.access_log.record_notes import DONE, NOT_DONE
from alpr_edge.domain.access_log.records import AccessEntry, AccessOutcome, RecordedChange, record_moment
from alpr_edge.domain.access_log.reports import FLAGGED
from alpr_edge.domain.errors import AccessError, StoreError
from alpr_edge.domain.instants import Instant
from alpr_edge.domain.people.person import SourcePermission
from alpr_edge.domain.permissions.decision import AccessDecision, AccessRequest, DecisionReason, decide_break_glass
from alpr_edge.domain.permissions.profile import Profile, SecurityProfile
from alpr_edge.domain.permissions.purposes import MAINTENANCE, Purpose, PurposeCode
from alpr_edge.domain.ports import Clock
from alpr_edge.domain.sessions.break_glass import BreakGlass


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


@dataclass(frozen=True, slots=True)
class _Answer:
    """What was decided: who it is, and why not, if not."""

    actor: Actor
    decision: AccessDecision
    purpose: Purpose
    refusal: str = ""
    """The sentence for whoever asked, where it was refused."""


@dataclass(frozen=True, slots=True, eq=False)
class Authoriser:
    """Decides and records for one caller; opened once for a command, and for each request of a page.

    Args:
        accounts: people and sessions; None: there are none on this machine, so nobody is signed in.
        log: the access log.
        policy: the rules in force.
        clock: says when.
        caller: who calls.
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

        Args:
            operation: what is done.
            purpose: what for, as the person says; upkeep is for maintenance, whatever they say.
            subject: what it is about.

        Yields:
            Who it is, and what they may see; the block says there what it shows.

        Raises:
            AccessError: it is refused; the sentence says what to do.
            StoreError: it cannot be put on record: nothing was changed, and nothing may be shown.
        """
        subject = subject or AccessSubject()
        rule, now = RULES[operation], self.clock.now()
        answer = self._within_quota(operation, self._decide(rule, purpose, subject, now), now)
        if not answer.decision.is_allowed:
            self._append(self._entry(operation, answer, subject, now))
            raise AccessError(answer.refusal)
        access = Access(answer.actor, answer.purpose, now, subject.objects)
        if rule.is_change:
            self._append(self._entry(operation, answer, subject, now))
        is_done = False
        try:
            yield access
            is_done = True
        finally:
            if not is_done:
                undone, end = replace(subject, changes=tuple(map(change_not_made, subject.changes))), sys.exception()
                self._append(self._entry(operation, answer, undone, now, note=f"{NOT_DONE}: {type(end).__name__}"))
        if not rule.is_change or access.shown:
            self._append(self._entry(operation, answer, subject, now, access))
        for changes in in_records(access.changes):
            self._append(self._entry(operation, answer, replace(subject, changes=changes), now, note=DONE))

    def refuse(self, operation: Operation, sentence: str) -> NoReturn:
        """Refuse somebody, on record, before they could say what for: none of their roles may do it at all.

        Raises AccessError with the sentence, and StoreError as above.
        """
        subject, now = AccessSubject(), self.clock.now()
        answer = self._decide_session(RULES[operation], Purpose(""), subject, now)
        if answer.decision.reason is DecisionReason.PURPOSE_MISSING:
            answer = replace(answer, decision=AccessDecision(DecisionReason.NOT_GRANTED))
        self._append(self._entry(operation, answer, subject, now))
        raise AccessError(sentence)

    def may_see_covert(self) -> bool:
        """Whether covert entries may be shown to the caller, as :meth:`may`."""
        purpose = Purpose(PurposeCode.STOLEN_VEHICLE)
        return self.may(Operation.SHOW_COVERT_ENTRIES, purpose, AccessSubject(is_covert=True))

    def may(self, operation: Operation, purpose: Purpose, subject: AccessSubject) -> bool:
        """Whether an access would be allowed to the caller; to be asked is no access and no use, and on no record."""
        unused, rule = self.without_use(), RULES[operation]
        return unused._decide(rule, purpose, subject, self.clock.now()).decision.is_allowed  # noqa: SLF001 - its own

    def without_use(self) -> "Authoriser":
        """The same for what a page asks for by itself, such as its pictures: the session does not count as used."""
        return replace(self, caller=replace(self.caller, is_use=False))

    def changes_to(self, values: Mapping[str, str]) -> tuple[RecordedChange, ...]:
        """How values differ from those on record of the same names; an empty one is not in force."""
        on_record = self.log.values().values
        return changes_between({name: on_record.get(name, NONE) for name in values}, values)

    def _within_quota(self, operation: Operation, answer: _Answer, now: Instant) -> _Answer:
        if self.quota is None or not answer.decision.is_allowed:
            return answer
        sentence = self.quota.refusal(answer.actor.person_id, operation, now)
        decision = replace(answer.decision, reason=DecisionReason.TOO_MUCH) if sentence else answer.decision
        return replace(answer, decision=decision, refusal=sentence)

    def _decide(self, rule: OperationRule, purpose: Purpose, subject: AccessSubject, now: Instant) -> _Answer:
        caller = self.caller
        if caller.break_glass is not None:
            return self._decide_break_glass(caller.break_glass, rule, purpose, subject)
        if not rule.is_upkeep:
            return self._decide_session(rule, purpose, subject, now)
        if (answer := self._decide_session(rule, MAINTENANCE, subject, now)).decision.is_allowed:
            return answer
        if caller.is_owner:
            return _Answer(login_actor(caller.login), AccessDecision(DecisionReason.ALLOWED), MAINTENANCE)
        return replace(answer, refusal=answer.refusal if caller.token else NOT_OWNER)

    def _decide_session(self, rule: OperationRule, purpose: Purpose, subject: AccessSubject, now: Instant) -> _Answer:
        caller, request = self.caller, _request(rule, purpose, subject)
        if self.accounts is None or not caller.token:
            ended = AccessDecision(DecisionReason.SESSION_ENDED)
            return _Answer(login_actor(caller.login), ended, purpose, self._refusal(ended, purpose))
        place = SessionPlace(caller.token, caller.login, caller.address, now, caller.is_use)
        found = authorise_request(self.accounts, place, request, self.policy.profile, self.policy.security.sessions)
        sentence = self._refusal(found.decision, purpose)
        if found.person is None or found.session is None:
            return _Answer(login_actor(caller.login), found.decision, purpose, sentence)
        return _Answer(person_actor(found.person, found.session), found.decision, purpose, sentence)

    def _decide_break_glass(
        self, record: BreakGlass, rule: OperationRule, purpose: Purpose, subject: AccessSubject
    ) -> _Answer:
        decision = decide_break_glass(record, _request(rule, purpose, subject), self.policy.profile)
        actor = Actor("", record.name, record.organisation, sources=frozenset(SourcePermission))
        is_closed = decision.reason in {DecisionReason.NOT_GRANTED, DecisionReason.COVERT}
        return _Answer(actor, decision, purpose, GLASS_CLOSED if is_closed else self._refusal(decision, purpose))

    def _refusal(self, decision: AccessDecision, purpose: Purpose) -> str:
        """What somebody is told, where it was refused."""
        if decision.is_allowed:
            return ""
        return refusal_sentence(decision.reason, purpose.code, self.policy.profile, self.policy.words)

    def _entry(
        self,
        operation: Operation,
        answer: _Answer,
        subject: AccessSubject,
        now: Instant,
        access: Access | None = None,
        note: str = "",
    ) -> AccessEntry:
        """The entry of an access: as it was asked for, or with what it shows."""
        actor, decision, purpose = answer.actor, answer.decision, answer.purpose
        return AccessEntry(
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
            reason=self._reason(decision, subject),
            shown=0 if access is None else access.shown,
            shown_bytes=0 if access is None else access.shown_bytes,
            address=record_word(self.caller.address),
            changes=subject.changes if access is None else (),
            happened=record_moment(now),
        )

    def _reason(self, decision: AccessDecision, subject: AccessSubject) -> str:
        """Why it was refused, what the free texts hint at, and why the glass was broken."""
        record, terms = self.caller.break_glass, self.policy.profile.barred_terms
        hints = [flag for text in (subject.note, *subject.free_texts) for flag in terms.flags_in(text)]
        parts = [] if decision.is_allowed else [decision.reason.value]
        parts += [f"{FLAGGED}{flag.value}" for flag in dict.fromkeys((*decision.flags, *hints))]
        parts += [] if record is None else [f"break-glass by {record.login}: {record.reason}"]
        return record_sentence("; ".join(parts))

    def _append(self, entry: AccessEntry) -> None:
        try:
            self.log.append(entry, self.clock.now())
        except StoreError as error:
            raise StoreError(f"nothing is shown or changed, as it cannot be put on record: {error}") from None


def _request(rule: OperationRule, purpose: Purpose, subject: AccessSubject) -> AccessRequest:
    return AccessRequest(rule.action, purpose, subject.source or rule.source, is_covert=subject.is_covert)
