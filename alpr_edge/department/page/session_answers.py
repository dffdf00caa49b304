"""What the page answers whoever has to be signed in for it, also once their session is locked or over."""

from starlette.responses import Response

from alpr_edge.department.page.page_parts import PAGES, Step, answer_of, go, page_words
from alpr_edge.department.page.site import DepartmentSite
from alpr_edge.domain.errors import AccessError
from alpr_edge.domain.sessions.session import SessionState
from alpr_edge.web.visitor import Visitor

LOCKED = "the session is locked; nothing was sent. Open it and enter it again"
SIGNED_OUT = "you are not signed in any more; nothing was sent. Sign in and enter it again"


def answer_in_session(site: DepartmentSite, step: Step, visitor: Visitor, *, is_form: bool) -> Response:
    """What a step answers; a refusal, and what is not here, as pages of their own.

    Args:
        is_form: whether they sent a form, and did not only ask for a page.
    """

    def answer(visitor: Visitor) -> Response:
        try:
            return step(visitor)
        except AccessError as error:
            return refusal_page(site, visitor, error, is_form=is_form)

    return answer_of(answer, visitor)


def refusal_page(site: DepartmentSite, visitor: Visitor, error: AccessError, *, is_form: bool) -> Response:
    """What somebody is shown who is refused; where no session is open, how they come to one instead of why."""
    words = closed_words(site, visitor)
    if not words:
        return PAGES.page("refused", 403, message=page_words(error))
    return PAGES.page("refused", 403, message=words, is_form=True) if is_form else go("/")


def closed_words(site: DepartmentSite, visitor: Visitor) -> str:
    """What is said to whoever sent a form without an open session; empty: theirs is open."""
    state = site.sign_ins(visitor).state()
    return {SessionState.OPEN: "", SessionState.GLANCE: LOCKED}.get(state, SIGNED_OUT)
