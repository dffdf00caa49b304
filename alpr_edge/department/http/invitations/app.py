"""The application that answers invitations; people have no certificate, so it has a listener and a process of its own.

The one-time token stands behind ``#`` in the address that a person was given, where no server and no log sees it; a
form sends it, and from then on a cookie says whose invitation is open. Each step is a form that works without a script;
reading the token from the address and making a passkey need one.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Self

import structlog
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from alpr_edge.access.relying_party import RelyingParty
from alpr_edge.access.totp import groups_of_four, provisioning_uri
from alpr_edge.department.http.invitations.templates import FILES, TEMPLATES
from alpr_edge.department.people.invitations import COOKIE_VALID, Invitations, OpenInvitation
from alpr_edge.department.pki.server_certificate import utc_now
from alpr_edge.domain.errors import AccessError, PasswordError
from alpr_edge.runtime.network.rate_limit import WrongTries, subscriber_network
from alpr_edge.web.page_application import page_application
from alpr_edge.web.page_endpoints import page_endpoint
from alpr_edge.web.page_security import PageHeaders
from alpr_edge.web.qr_codes import qr_code
from alpr_edge.web.requests import form_fields, host_of

COOKIE = "__Host-invitation"
ADDRESS_TRIES_MAX = 10
WINDOW_S = 600.0


@dataclass(frozen=True, slots=True)
class StepRequest:
    """What a step needs of a request."""

    cookie: str
    body: bytes
    client: str
    """The address at the other end."""
    now: datetime

    @classmethod
    def of(cls, request: Request, body: bytes) -> Self:
        """Take it from a request whose body was read."""
        return cls(request.cookies.get(COOKIE, ""), body, host_of(request), utc_now())

    def field(self, name: str) -> str:
        """A field of the form; empty where it is missing or the body is no form."""
        return form_fields(self.body).get(name, "")


class InvitationSteps:
    """The steps over the invitations of a department; threads may share it."""

    def __init__(self, invitations: Invitations, site: RelyingParty, tries: WrongTries | None = None) -> None:
        self._invitations = invitations
        self._site = site
        self._tries = tries or WrongTries(ADDRESS_TRIES_MAX, WINDOW_S)

    def show_open(self, request: StepRequest) -> Response:
        """Ask for the token, which a script takes from the address."""
        del request
        return TEMPLATES.page("open", department=self._site.name)

    def open(self, request: StepRequest) -> Response:
        """Exchange the token for a cookie."""
        address = subscriber_network(request.client)
        try:
            cookie = self._invitations.begin(request.field("token").strip(), request.now)
        except AccessError:
            # Wrong ones alone wait: whoever has the right one does so for nobody else at their address.
            if self._tries.wait_s(address) > 0:
                raise AccessError("too many wrong invitations came from your address; wait ten minutes") from None
            self._tries.note(address)
            raise
        person_id = self._invitations.find(cookie, request.now).person.person_id
        log.info("department.invitation_begun", person=person_id, client=request.client)
        response = _go("/invitation/password")
        seconds = int(COOKIE_VALID.total_seconds())
        response.set_cookie(COOKIE, cookie, max_age=seconds, path="/", secure=True, httponly=True, samesite="strict")
        return response

    def show_password(self, request: StepRequest) -> Response:
        """Ask for a password."""
        return self._password_page(request)

    def set_password(self, request: StepRequest) -> Response:
        """Set the password that was typed twice."""
        password = request.field("password")
        if password != request.field("again"):
            return self._password_page(request, "The two passwords differ.")
        try:
            self._invitations.set_password(request.cookie, password, request.now)
        except PasswordError as error:
            return self._password_page(request, f"{str(error)[:1].upper()}{str(error)[1:]}.")
        return _go("/invitation/code")

    def show_code(self, request: StepRequest) -> Response:
        """Show the QR code for the authenticator app."""
        return self._code_page(request)

    def confirm_code(self, request: StepRequest) -> Response:
        """Check that the app shows the right code."""
        if not self._invitations.confirm_code(request.cookie, request.field("code"), request.now):
            return self._code_page(request, "This code is wrong; wait for the next one. Is the phone's clock right?")
        return _go("/invitation/passkeys")

    def show_passkeys(self, request: StepRequest) -> Response:
        """Offer to make passkeys, and to finish."""
        invitation = self._find_complete(request)
        count = len(invitation.pending.passkeys)
        return TEMPLATES.page("passkeys", department=self._site.name, count=count, is_possible=bool(self._site.domain))

    def passkey_options(self, request: StepRequest) -> Response:
        """Give the browser what it needs to make a passkey."""
        self._find_complete(request)
        options = self._invitations.passkey_options(request.cookie, self._site, request.now)
        return Response(options, media_type="application/json")

    def add_passkey(self, request: StepRequest) -> Response:
        """Add the passkey that the browser made."""
        self._find_complete(request)
        self._invitations.add_passkey(request.cookie, self._site, request.field("answer"), request.now)
        return Response(status_code=204)

    def finish(self, request: StepRequest) -> Response:
        """Make all of it count, and say so."""
        person_id = self._find_complete(request).person.person_id
        header = self._invitations.finish(request.cookie, request.now)
        log.info("department.invitation_finished", person=person_id, client=request.client, serial=header.serial)
        response = TEMPLATES.page("done", department=self._site.name)
        response.delete_cookie(COOKIE, path="/", secure=True, httponly=True, samesite="strict")
        return response

    def _find_complete(self, request: StepRequest) -> OpenInvitation:
        invitation = self._invitations.find(request.cookie, request.now)
        if not invitation.is_complete:
            raise AccessError("set a password and confirm a code first")
        return invitation

    def _password_page(self, request: StepRequest, fault: str = "") -> Response:
        person = self._invitations.find(request.cookie, request.now).person
        shown = {"person": person.name, "badge": person.badge, "least": self._invitations.password_characters_min}
        return TEMPLATES.page("password", 422 if fault else 200, department=self._site.name, fault=fault, **shown)

    def _code_page(self, request: StepRequest, fault: str = "") -> Response:
        invitation = self._invitations.find(request.cookie, request.now)
        if not invitation.pending.password_hash:
            return _go("/invitation/password")
        secret = self._invitations.shared_secret(request.cookie, request.now)
        address = provisioning_uri(secret, invitation.person.badge, self._site.name)
        shown = {"qr": qr_code(address), "secret": groups_of_four(secret)}
        return TEMPLATES.page("code", 422 if fault else 200, department=self._site.name, fault=fault, **shown)


def _go(path: str) -> RedirectResponse:
    """Lead a browser to a page by GET, so that reloading it sends nothing twice."""
    return RedirectResponse(path, 303)


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
