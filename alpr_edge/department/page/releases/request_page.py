"""The page of one request: what was asked for, what was done, and the forms of what may be done next."""

from collections.abc import Mapping
from datetime import UTC, datetime

from starlette.responses import Response

from alpr_edge.access.authorisation.operations import Operation
from alpr_edge.department.page.page_parts import page_words
from alpr_edge.department.page.releases.release_words import KINDS, PICTURES, SEATS, due_words, way_words
from alpr_edge.department.page.site import DepartmentSite
from alpr_edge.department.releases.release_record import LEFT_OUT_WORDS
from alpr_edge.department.releases.release_rows import FiledRequest
from alpr_edge.domain.errors import ReleaseError, SearchError
from alpr_edge.domain.permissions.purposes import PurposeCode
from alpr_edge.domain.releases.progress import next_states
from alpr_edge.domain.releases.steps import ReleaseState
from alpr_edge.web.visitor import Visitor

OPERATIONS: Mapping[ReleaseState, Operation] = {
    ReleaseState.APPROVED: Operation.DECIDE_RELEASE,
    ReleaseState.REFUSED: Operation.DECIDE_RELEASE,
    ReleaseState.WITHDRAWN: Operation.DECIDE_RELEASE,
    ReleaseState.PACKAGED: Operation.PACKAGE_RELEASE,
    ReleaseState.HANDED_OVER: Operation.HAND_OVER_RELEASE,
    ReleaseState.CONFIRMED: Operation.FOLLOW_UP_RELEASE,
    ReleaseState.REPORTED: Operation.FOLLOW_UP_RELEASE,
}
"""What a step to each state is, for whoever may make it."""


class RequestPage:
    """Shows a request."""

    def __init__(self, site: DepartmentSite) -> None:
        self._site = site

    def answer(self, visitor: Visitor, fault: str = "", at: ReleaseState | None = None) -> Response:
        """The page of the request that the path names.

        Args:
            fault: what is wrong with what was sent; empty: nothing.
            at: the step whose form was sent; None: none.
        """
        purpose = self._site.purpose_of(visitor, Operation.SHOW_RELEASES, PurposeCode.RELEASE)
        register, request_id = self._site.office.releases, visitor.parameters["request_id"]
        try:
            filed = register.show(self._site.authoriser(visitor), request_id, purpose)
        except ReleaseError as error:
            raise SearchError(page_words(error)) from None
        fields = visitor.fields if fault else {}
        typed: dict[str, Mapping[str, str]] = {state.value: fields if state is at else {} for state in ReleaseState}
        person = self._site.sign_ins(visitor).presence().person
        is_own = person is not None and person.person_id == filed.steps[0].person_id
        values = self._about(filed) | {"steps": self._steps(visitor, filed), "typed": typed, "is_own": is_own}
        return self._site.page("releases/request", visitor, 422 if fault else 200, fault=fault, **values)

    def _about(self, filed: FiledRequest) -> dict[str, object]:
        """What is told of a request to whoever may see it."""
        profile, purpose = self._site.policy.profile, filed.request.purpose.value
        rules, offered = profile.releases, profile.purposes.get(purpose)
        return {
            "filed": filed,
            "request": filed.request,
            "way": way_words(filed.request, rules),
            "rules": rules,
            "due": due_words(filed.steps, rules, datetime.now(UTC)),
            "scans_letters": self._site.office.releases.scans_letters,
            "is_waiting": self._site.office.waiting_packages.waiting(filed) is not None,
            "purpose_words": purpose if offered is None else offered.words,
            "words": {"kinds": KINDS, "seats": SEATS, "pictures": PICTURES, "left_out": LEFT_OUT_WORDS},
        }

    def _steps(self, visitor: Visitor, filed: FiledRequest) -> set[str]:
        """The steps whose forms are offered."""
        may = {operation: self._site.may(visitor, operation) for operation in set(OPERATIONS.values())}
        return {state.value for state in next_states(filed.state) if may[OPERATIONS[state]]}
