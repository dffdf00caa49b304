"""The steps of a request: approved in whole or in part, refused, withdrawn, handed over, confirmed, reported.

Who may make which, and that whoever entered a request does not approve it, the register decides (policy 462.7(b)).
"""

from collections.abc import Callable

from starlette.responses import Response

from alpr_edge.access.authorisation.operations import Operation
from alpr_edge.department.page.page_parts import PageRoute, Step, go, page_words, typed_text
from alpr_edge.department.page.releases.request_form import parse_part_form
from alpr_edge.department.page.releases.request_page import RequestPage
from alpr_edge.department.page.site import DepartmentSite
from alpr_edge.domain.errors import ReleaseError
from alpr_edge.domain.releases.steps import ReleaseState
from alpr_edge.web.visitor import Visitor

_Do = Callable[[Visitor, str, str], object]
"""Makes a step, of the request's id and the note."""


class StepPages:
    """What the forms of a request's page do."""

    def __init__(self, site: DepartmentSite) -> None:
        self._site = site
        self._page = RequestPage(site)
        decide, follow_up, state = self._decide, self._follow_up, ReleaseState
        self.steps: tuple[PageRoute, ...] = (
            ("/releases/{request_id}/approve", "POST", self._step(state.APPROVED, self._approve)),
            ("/releases/{request_id}/refuse", "POST", self._step(state.REFUSED, decide(state.REFUSED))),
            ("/releases/{request_id}/withdraw", "POST", self._step(state.WITHDRAWN, decide(state.WITHDRAWN))),
            ("/releases/{request_id}/hand-over", "POST", self._step(state.HANDED_OVER, self._hand_over)),
            ("/releases/{request_id}/confirm", "POST", self._step(state.CONFIRMED, follow_up(state.CONFIRMED))),
            ("/releases/{request_id}/report", "POST", self._step(state.REPORTED, follow_up(state.REPORTED))),
        )

    def _step(self, state: ReleaseState, do: _Do) -> Step:
        def answer(visitor: Visitor) -> Response:
            request_id = visitor.parameters["request_id"]
            try:
                do(visitor, request_id, typed_text(visitor.fields, "note"))
            except ReleaseError as error:
                return self._page.answer(visitor, page_words(error), state)
            return go(f"/releases/{request_id}")

        return answer

    def _approve(self, visitor: Visitor, request_id: str, note: str) -> None:
        part, register = parse_part_form(visitor.fields), self._site.office.releases
        register.decide(self._site.authoriser(visitor), request_id, ReleaseState.APPROVED, note, part)

    def _decide(self, state: ReleaseState) -> _Do:
        def do(visitor: Visitor, request_id: str, note: str) -> None:
            self._site.office.releases.decide(self._site.authoriser(visitor), request_id, state, note)
            self._site.office.waiting_packages.tidy()

        return do

    def _hand_over(self, visitor: Visitor, request_id: str, note: str) -> None:
        self._site.require(visitor, Operation.HAND_OVER_RELEASE)
        sha256 = typed_text(visitor.fields, "sha256").lower()
        is_waiting = visitor.fields.get("is_waiting") == "yes"
        if not sha256 and not is_waiting:
            raise ReleaseError("say which file was handed over")
        packages = self._site.office.waiting_packages
        packages.hand_over(self._site.authoriser(visitor), request_id, note, "" if is_waiting else sha256)

    def _follow_up(self, state: ReleaseState) -> _Do:
        def do(visitor: Visitor, request_id: str, note: str) -> None:
            self._site.office.releases.follow_up(self._site.authoriser(visitor), request_id, state, note)

        return do
