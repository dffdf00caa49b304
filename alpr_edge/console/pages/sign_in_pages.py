"""Signing in and out at the page: password and code, glance mode, and the notice that comes before."""

from collections.abc import Callable

import structlog
from starlette.responses import RedirectResponse, Response

from alpr_edge.access.attempts import PasswordAttempt, SignInResult
from alpr_edge.access.relying_party import RelyingParty
from alpr_edge.console.page_parts import PAGES, PageRoute, go
from alpr_edge.console.unit import ConsoleUnit
from alpr_edge.domain.errors import StoreError
from alpr_edge.domain.sessions.session import SessionState
from alpr_edge.web.visitor import Visitor, give_session, take_session

HOME = "/"
log = structlog.get_logger(__name__)


class SignInPages:
    """The steps of signing in and out.

    Args:
        unit: the open unit.
        site: gives the site that passkeys sign in at; None: there is none.
        locked_page: shows what a locked session shows, with a line that says why it was not opened.
    """

    def __init__(
        self,
        unit: ConsoleUnit,
        site: Callable[[], RelyingParty | None],
        locked_page: Callable[[Visitor, str], Response],
    ) -> None:
        self._unit = unit
        self._site = site
        self._locked_page = locked_page
        self.steps: tuple[PageRoute, ...] = (
            ("/sign-in", "GET", self.show),
            ("/sign-in", "POST", self.sign_in),
            ("/reopen", "POST", self.reopen),
            ("/lock", "POST", self.lock),
            ("/sign-out", "POST", self.sign_out),
        )

    def show(self, visitor: Visitor) -> Response:
        """The form; the watch page where somebody is signed in already."""
        return go(HOME) if self._unit.sign_ins(visitor).state() is SessionState.OPEN else self._form()

    def sign_in(self, visitor: Visitor) -> Response:
        """Sign in with password and code; the session gets a new token whatever the browser brought."""
        fields = visitor.fields
        attempt = PasswordAttempt(fields.get("name", ""), fields.get("password", ""), fields.get("code", ""))
        is_acknowledged = fields.get("acknowledged") == "yes"
        result = self._unit.sign_ins(visitor).sign_in(attempt, is_acknowledged=is_acknowledged)
        return self._answer(result)

    def reopen(self, visitor: Visitor) -> Response:
        """Open a session in glance mode by the password alone."""
        sign_ins = self._unit.sign_ins(visitor)
        result = sign_ins.reopen(visitor.fields.get("password", ""))
        if result.session is not None:
            return go(HOME)
        is_locked = sign_ins.state() is SessionState.GLANCE
        return self._locked_page(visitor, result.answer) if is_locked else self._form(result.answer)

    def lock(self, visitor: Visitor) -> Response:
        """Bring the session into glance mode."""
        self._unit.speed.end_passenger(visitor)
        self._unit.sign_ins(visitor).lock()
        self._unit.lookups.forget(visitor)
        return go(HOME)

    def sign_out(self, visitor: Visitor) -> Response:
        """End the session; a mute does not outlive the last one."""
        self._unit.speed.end_passenger(visitor)
        sign_ins = self._unit.sign_ins(visitor)
        if sign_ins.sign_out() and not sign_ins.is_anybody_signed_in():
            self._end_mute()
        self._unit.lookups.forget(visitor)
        response = go("/sign-in")
        take_session(response)
        return response

    def _end_mute(self) -> None:
        try:
            self._unit.mutes.end_unattended(self._unit.clock.now())
        except StoreError as error:  # whoever signs out is signed out all the same
            log.warning("console.mute_not_ended", failure=str(error))

    def _answer(self, result: SignInResult) -> Response:
        if result.session is None:
            return self._form(result.answer)
        response: RedirectResponse = go(HOME)
        give_session(response, result.token)
        return response

    def _form(self, fault: str = "") -> Response:
        hint = f"Unit {self._unit.settings.unit.id}"
        shown = {"notice": self._unit.policy.security.notice, "hint": hint, "fault": fault}
        return PAGES.page("sign_in", 403 if fault else 200, has_passkeys=self._site() is not None, **shown)
