"""The application that answers invitations; people have no certificate, so it has a listener and a process of its own.

The one-time token stands behind ``#`` in the address that a person was given, where no server and no log sees it; a
form sends it, and from then on a cookie says whose invitation is open. Each step is a form that works without a script;
reading the token from the address and making a passkey need one.
"""

import asyncio
from collections.abc import Callable
from functools import partial

import structlog
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from alpr_edge.access.relying_party import RelyingParty
from alpr_edge.department.http.invitations.steps import InvitationSteps, StepRequest
from alpr_edge.department.http.invitations.templates import FILES, TEMPLATES
from alpr_edge.department.people.invitations import Invitations
from alpr_edge.domain.errors import AccessError
from alpr_edge.web.page_application import page_application
from alpr_edge.web.page_endpoints import page_endpoint
from alpr_edge.web.page_security import PageHeaders
from alpr_edge.web.requests import host_of

AT_ONCE_MAX = 4
"""Steps that are done at the same time: the hash of a password takes 64 MiB."""

log = structlog.get_logger(__name__)


def create_invitation_app(invitations: Invitations, site: RelyingParty) -> Starlette:
    """The ASGI application of the page."""
    steps = InvitationSteps(invitations, site)
    at_once = asyncio.Semaphore(AT_ONCE_MAX)

    def route(path: str, method: str, step: Callable[[StepRequest], Response]) -> Route:
        answer = partial(_answer, step)
        return Route(path, page_endpoint(answer, at_once), methods=[method])

    return page_application(
        [
            route("/invitation", "GET", steps.show_open),
            route("/invitation", "POST", steps.open),
            route("/invitation/password", "GET", steps.show_password),
            route("/invitation/password", "POST", steps.set_password),
            route("/invitation/code", "GET", steps.show_code),
            route("/invitation/code", "POST", steps.confirm_code),
            route("/invitation/passkeys", "GET", steps.show_passkeys),
            route("/invitation/passkeys/options", "POST", steps.passkey_options),
            route("/invitation/passkeys", "POST", steps.add_passkey),
            route("/invitation/finish", "POST", steps.finish),
            FILES.route,
        ],
        [Middleware(PageHeaders)],
        _refuse,
        _fail,
    )


def _answer(step: Callable[[StepRequest], Response], request: Request, body: bytes) -> Response:
    asked = StepRequest.of(request, body)
    try:
        return step(asked)
    except AccessError as error:
        log.warning("department.invitation_refused", reason=str(error), client=asked.client)
        return TEMPLATES.page("failed", 403, message=str(error))


def _refuse(request: Request, error: Exception) -> Response:
    """A request that is none of this page's."""
    assert isinstance(error, HTTPException)
    log.warning("department.request_refused", status=error.status_code, client=host_of(request))
    message = "there is no such page" if error.status_code == 404 else error.detail
    return TEMPLATES.page("failed", error.status_code, message=message)


def _fail(request: Request, error: Exception) -> Response:
    """A disk that is full, a key that is missing: nothing was changed."""
    log.error("department.invitation_failed", reason=str(error), client=host_of(request))
    return TEMPLATES.page("failed", 503, message="the department cannot do this at present; nothing was changed")
