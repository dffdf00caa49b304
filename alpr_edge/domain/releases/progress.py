"""What becomes of a request, step by step (policy 462.7(b) and (c))."""

from collections.abc import Sequence

from alpr_edge.domain.errors import ReleaseError
from alpr_edge.domain.permissions.profile import Profile
from alpr_edge.domain.releases.agencies import ReleaseRules, RequestWay
from alpr_edge.domain.releases.deadlines import approval_ends
from alpr_edge.domain.releases.requests import ReleaseRequest
from alpr_edge.domain.releases.steps import ReleaseState, RequestStep

NOTE_CHARACTERS_MAX = 500
_ENDED = {ReleaseState.REFUSED, ReleaseState.WITHDRAWN}
_NEXT = {
    ReleaseState.WAITING: {ReleaseState.APPROVED, *_ENDED},
    ReleaseState.APPROVED: {ReleaseState.PACKAGED, ReleaseState.APPROVED, *_ENDED},
    ReleaseState.PACKAGED: {ReleaseState.PACKAGED, ReleaseState.APPROVED, ReleaseState.HANDED_OVER, *_ENDED},
    ReleaseState.HANDED_OVER: {ReleaseState.PACKAGED, ReleaseState.CONFIRMED, ReleaseState.REPORTED},
    ReleaseState.CONFIRMED: {ReleaseState.REPORTED},
}
"""Which states follow; of every other one none does."""
_NEEDS_NOTE = {*_ENDED, ReleaseState.HANDED_OVER, ReleaseState.CONFIRMED, ReleaseState.REPORTED}


def next_states(state: ReleaseState) -> frozenset[ReleaseState]:
    """The states that may follow one; none where a request is at its end."""
    return frozenset(_NEXT.get(state, ()))


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
        _check_approval(request, steps, step, profile)
    if step.state is ReleaseState.PACKAGED:
        _check_package(request, steps, step, profile)
    if step.state is ReleaseState.HANDED_OVER:
        _check_hand_over(steps, step)


def _check_approval(request: ReleaseRequest, steps: Sequence[RequestStep], step: RequestStep, profile: Profile) -> None:
    """Another person than the one who entered it, nothing that the rules bar, and no more than was asked for."""
    ends = approval_ends(steps, profile.releases.deadlines)
    if ends is not None and step.at < ends:
        raise ReleaseError(
            f"the request is {_words(steps[-1].state)}: it cannot be approved again before {ends:%Y-%m-%d}"
        )
    if not step.person_id or step.person_id == steps[0].person_id:
        raise ReleaseError("whoever entered a request does not approve it; somebody else has to (policy 462.7(b))")
    _check_rules(request, profile)
    if step.scope is None or not step.scope.is_within(request.scope):
        raise ReleaseError("no more is approved than was asked for")


def _check_rules(request: ReleaseRequest, profile: Profile) -> None:
    """Nothing that the rules bar by now, however it was entered."""
    state, reason = first_state(request, profile.releases)
    if state is not ReleaseState.WAITING or request.purpose.value not in profile.purposes:
        raise ReleaseError(f"the rules in force bar it by now: {reason or 'its purpose is offered no more'}")


def _check_package(request: ReleaseRequest, steps: Sequence[RequestStep], step: RequestStep, profile: Profile) -> None:
    """An approval that still holds under the rules in force, and a reason for a second package."""
    ends = approval_ends(steps, profile.releases.deadlines)
    if ends is None or step.at >= ends:
        raise ReleaseError("the approval has ended: it has to be approved anew before a package is made")
    _check_rules(request, profile)
    if steps[-1].state is not ReleaseState.APPROVED and not step.note.strip():
        raise ReleaseError("a package was made by this approval: say with --again why it takes another one")


def _check_hand_over(steps: Sequence[RequestStep], step: RequestStep) -> None:
    """The package that was made last, and no other file."""
    if not step.package_sha256:
        raise ReleaseError("what was handed over is named by the SHA-256 of its file")
    made = next((each for each in reversed(steps) if each.state is ReleaseState.PACKAGED), None)
    if made is None or made.package_sha256 != step.package_sha256:
        raise ReleaseError("this file is not the package that was made last for this request; hand over that one")


def _words(state: ReleaseState) -> str:
    return state.value.replace("_", " ")
