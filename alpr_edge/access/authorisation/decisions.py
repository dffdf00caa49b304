"""Decides whether a caller may do something: one answer by role, purpose, source and covert entries, with who they are.

Whatever shows, counts, streams, holds, offers or exports asks for it, before it looks at anything that the answer must
not depend on. It shows nothing itself, and is on no record until it is used (:mod:`.authoriser`).
"""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from alpr_edge.access.authorisation.callers import Actor, Caller, login_actor, person_actor
from alpr_edge.access.authorisation.operations import RULES, Operation, OperationRule
from alpr_edge.access.authorisation.refusals import GLASS_CLOSED, NOT_OWNER, PlaceWords, refusal_sentence
from alpr_edge.access.sessions import Standing
from alpr_edge.domain.people.person import Person, SourcePermission
from alpr_edge.domain.permissions.actions import Action
from alpr_edge.domain.permissions.decision import (
    AccessDecision,
    AccessRequest,
    DecisionReason,
    decide_break_glass,
    offered_purposes,
)
from alpr_edge.domain.permissions.profile import Profile, PurposeRule
from alpr_edge.domain.permissions.purposes import MAINTENANCE, Purpose
from alpr_edge.domain.sessions.break_glass import BreakGlass
from alpr_edge.domain.sessions.session import SessionState


@dataclass(frozen=True, slots=True)
class CallerDecision:
    """Whether a caller may do something: who it is, and why not, if not."""

    actor: Actor
    answer: AccessDecision
    purpose: Purpose
    refusal: str = ""
    """The sentence for whoever asked, where it was refused."""
    standing: Standing | None = field(default=None, repr=False)
    """Of their session; None: they have none, or do not need it."""

    @property
    def is_allowed(self) -> bool:
        """Whether it may be done."""
        return self.answer.is_allowed

    @property
    def person(self) -> Person | None:
        """The holder of their session, if it is open, whether they may do it or not."""
        is_open = self.standing is not None and self.standing.state is SessionState.OPEN
        return self.standing.person if self.standing is not None and is_open else None

    def purposes(self, operation: Operation, profile: Profile) -> dict[str, PurposeRule]:
        """The purposes of the profile for which the roles of :attr:`person` may do an operation."""
        return {} if self.person is None else offered_purposes(self.person, RULES[operation].action, profile)

    def refuse(self, reason: DecisionReason) -> "CallerDecision":
        """The same, refused for another reason."""
        return replace(self, answer=replace(self.answer, reason=reason))


@dataclass(frozen=True, slots=True)
class Decider:
    """Decides for one caller.

    Args:
        standing: of their session; None: they have none.
    """

    caller: Caller
    standing: Standing | None = field(repr=False)
    profile: Profile = field(repr=False)
    words: PlaceWords = field(repr=False)

    def decide(self, rule: OperationRule, request: AccessRequest) -> CallerDecision:
        """Decide by the rule of an operation; upkeep is for maintenance, whatever was said."""
        if self.caller.break_glass is not None:
            return self._of_break_glass(self.caller.break_glass, request)
        if not rule.is_upkeep:
            return self._of_session(request)
        decision = self._of_session(replace(request, purpose=MAINTENANCE))
        if decision.is_allowed:
            return decision
        if self.caller.is_owner:
            return CallerDecision(login_actor(self.caller.login), AccessDecision(DecisionReason.ALLOWED), MAINTENANCE)
        return replace(decision, refusal=decision.refusal if self.caller.token else NOT_OWNER)

    def _of_session(self, request: AccessRequest) -> CallerDecision:
        standing, actor = self.standing, login_actor(self.caller.login)
        answer = AccessDecision(DecisionReason.SESSION_ENDED)
        if standing is not None:
            answer, actor = standing.decide(request, self.profile), person_actor(standing.person, standing.session)
        return self._decision(actor, answer, request)

    def _of_break_glass(self, record: BreakGlass, request: AccessRequest) -> CallerDecision:
        actor = Actor("", record.name, record.organisation, sources=frozenset(SourcePermission))
        decision = self._decision(actor, decide_break_glass(record, request, self.profile), request)
        is_closed = decision.answer.reason in {DecisionReason.NOT_GRANTED, DecisionReason.COVERT}
        return replace(decision, refusal=GLASS_CLOSED) if is_closed else decision

    def _decision(self, actor: Actor, answer: AccessDecision, request: AccessRequest) -> CallerDecision:
        purpose = request.purpose or Purpose("")
        sentence = "" if answer.is_allowed else self._refusal(answer.reason, purpose.code, request.action)
        return CallerDecision(actor, answer, purpose, sentence, self.standing)

    def _refusal(self, reason: DecisionReason, code: str, action: Action) -> str:
        allowed = offered_purposes(self.standing.person, action, self.profile) if self.standing else ()
        return refusal_sentence(reason, code, self.profile, self.words, allowed)


def offered_operations(profile: Profile, person: Person | None, operations: Iterable[Operation]) -> list[Operation]:
    """Those of some operations that a person's roles may do for at least one purpose; None may do nothing."""
    return [each for each in operations if person and offered_purposes(person, RULES[each].action, profile)]
