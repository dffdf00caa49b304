"""What becomes of a request, step by step; no step is ever changed or taken back (policy 462.7(b) and (c))."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from alpr_edge.domain.errors import ReleaseError
from alpr_edge.domain.permissions.profile import Profile
from alpr_edge.domain.releases.agencies import ReleaseRules, RequestWay
from alpr_edge.domain.releases.requests import ReleaseRequest, ReleaseScope

NOTE_CHARACTERS_MAX = 500


class ReleaseState(StrEnum):
    """Where a request is."""

    WAITING = "waiting"
    """For its review."""
    WITH_RECORDS = "with_records"
    """It was passed on, to be processed by the Records Maintenance and Release Policy."""
    BARRED = "barred"
    """The law refuses it."""
    APPROVED = "approved"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"
    """The agency took it back."""
    HANDED_OVER = "handed_over"
    """The agency has what was approved."""


@dataclass(frozen=True, slots=True)
class RequestStep:
    """One step of a request; the first one enters it."""

    state: ReleaseState
    """The state from here on."""
    person_id: str
    person: str
    at: datetime
    note: str = ""
    """Why; of what was handed over, how and to whom."""
    scope: ReleaseScope | None = None
    """What was approved."""
    package_sha256: str = ""
    """Of what was handed over."""


_NEXT = {
    ReleaseState.WAITING: {ReleaseState.APPROVED, ReleaseState.REFUSED, ReleaseState.WITHDRAWN},
    ReleaseState.APPROVED: {ReleaseState.HANDED_OVER, ReleaseState.REFUSED, ReleaseState.WITHDRAWN},
}
"""Which states follow; of every other one none does."""
_NEEDS_NOTE = {ReleaseState.REFUSED, ReleaseState.WITHDRAWN, ReleaseState.HANDED_OVER}


def first_state(request: ReleaseRequest, rules: ReleaseRules) -> tuple[ReleaseState, str]:
    """Where a request begins, and why, by who asks.

    Raises:
        ReleaseError: it may be approved only with a declaration, which it lacks.
    """
    way = rules.way_of(request.kind, request.seat)
    if way is RequestWay.BARRED:
        return ReleaseState.BARRED, rules.law
    if way is RequestWay.RECORDS:
        return ReleaseState.WITH_RECORDS, "Records Maintenance and Release Policy (Civil Code 1798.90.55)"
    if way is RequestWay.DECLARATION and not request.declaration.strip():
        raise ReleaseError(f"such an agency has to declare: {rules.declaration}; enter its declaration")
    return ReleaseState.WAITING, ""


def check_step(request: ReleaseRequest, steps: Sequence[RequestStep], step: RequestStep, profile: Profile) -> None:
    """Check that a step may follow.

    Args:
        request: the request.
        steps: what was done so far, the entry first.
        step: the next one.
        profile: the rules in force: what they bar by now is not approved, however it was entered.

    Raises:
        ReleaseError: it may not; the text says why.
    """
    last = steps[-1].state
    if step.state not in _NEXT.get(last, set()):
        raise ReleaseError(f"the request is {_words(last)}: it cannot be {_words(step.state)}")
    if step.state in _NEEDS_NOTE and not step.note.strip():
        raise ReleaseError("say why, and for what is handed over how and to whom; it stands on file")
    if len(step.note) > NOTE_CHARACTERS_MAX or not step.note.isprintable():
        raise ReleaseError(f"a note has {NOTE_CHARACTERS_MAX} characters at most, all printable")
    if step.state is ReleaseState.APPROVED:
        _check_approval(request, steps[0], step, profile)
    if step.state is ReleaseState.HANDED_OVER and not step.package_sha256:
        raise ReleaseError("what was handed over is named by the SHA-256 of its file")


def _check_approval(request: ReleaseRequest, entered: RequestStep, step: RequestStep, profile: Profile) -> None:
    """Another person than the one who entered it, nothing that the rules bar, and no more than was asked for."""
    if not step.person_id or step.person_id == entered.person_id:
        raise ReleaseError("whoever entered a request does not approve it; somebody else has to (policy 462.7(b))")
    state, reason = first_state(request, profile.releases)
    if state is not ReleaseState.WAITING or request.purpose.value not in profile.purposes:
        raise ReleaseError(f"the rules in force bar it by now: {reason or 'its purpose is offered no more'}")
    if step.scope is None or not step.scope.is_within(request.scope):
        raise ReleaseError("no more is approved than was asked for")


def _words(state: ReleaseState) -> str:
    return state.value.replace("_", " ")
