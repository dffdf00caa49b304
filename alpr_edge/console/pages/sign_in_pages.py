"""Signing in and out at the page: password and code, glance mode, and the notice that comes before."""

from collections.abc import Callable

import structlog
from starlette.responses import RedirectResponse, Response

from alpr_edge.access.attempts import PasswordAttempt, SignInResult
from alpr_edge.access.authorisation.sign_ins import SignInService
from alpr_edge.access.relying_party import RelyingParty
from alpr_edge.access.sessions import SessionPlace, person_fault
from alpr_edge.console.health_strip import hide_health
from alpr_edge.console.page_parts import PAGES, PageRoute, go
from alpr_edge.console.unit import ConsoleUnit
from alpr_edge.domain.errors import StoreError
from alpr_edge.domain.sessions.session import SessionState, token_digest
from alpr_edge.web.visitor import Visitor, give_session, take_session

HOME = "/"
log = structlog.get_logger(__name__)


class SignInPages:
    """The steps of signing in and out.

    Args:
        unit: the open unit.
        site: gives the site that passkeys sign in at; None: there is none.
        locked_page: shows what a locked session shows, with a line that says why it was not opened.
        tell: tells every page that is open that a session was locked or ended.
    """

    def __init__(
        self,
        unit: ConsoleUnit,
        site: Callable[[], RelyingParty | None],
        locked_page: Callable[[Visitor, str], Response],
        tell: Callable[[], None],
    ) -> None:
        self._unit = unit
        self._site = site
        self._locked_page = locked_page
        self._tell = tell
        self.steps: tuple[PageRoute, ...] = (
            ("/sign-in", "GET", self.show),
            ("/sign-in", "POST", self.sign_in),
            ("/reopen", "POST", self.reopen),
            ("/lock", "POST", self.lock),
            ("/sign-out", "POST", self.sign_out),
        )

    def show(self, visitor: Visitor) -> Response:
        """The form; the watch page where somebody is signed in already who may be shown something."""
        caller, is_open = visitor.caller, self._unit.sign_ins(visitor).state() is SessionState.OPEN
        place = SessionPlace(caller.token, caller.login, caller.address, self._unit.clock.now())
        return go(HOME) if is_open and person_fault(self._unit.accounts, place) is None else self._form()

    def sign_in(self, visitor: Visitor) -> Response:
        """Sign in with password and code; the session gets a new token, and that of the browser before is ended."""
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
        """Bring the session into glance mode; where that cannot be kept or put on record, the session is ended."""
        try:
            self._change(visitor, SignInService.lock)
        except StoreError as error:
            return self._sign_out_here(visitor, error)
        return go(HOME)

    def sign_out(self, visitor: Visitor) -> Response:
        """End the session; a mute does not outlive the last open one."""
        try:
            is_ended = self._change(visitor, SignInService.sign_out)
        except StoreError as error:
            return self._sign_out_here(visitor, error)
        if is_ended:
            self._end_mute(visitor)
        response = go("/sign-in")
        take_session(response)
        return response

    def _change(self, visitor: Visitor, change: Callable[[SignInService], bool]) -> bool:
        """Lock or end the session, and have every page that is open look at its own."""
        self._unit.speed.end_passenger(visitor)
        self._unit.lookups.forget(visitor)
        self._unit.views.shown.forget(token_digest(visitor.token))
        is_done = change(self._unit.sign_ins(visitor))
        if is_done:  # whoever has no session wakes nobody
            self._tell()
        return is_done

    def _sign_out_here(self, visitor: Visitor, error: StoreError) -> Response:
        """End the session for this page alone, as with a full disk: whoever leaves must not stay signed in for that."""
        log.error("console.end_not_recorded", failure=str(error))
        if visitor.token:
            self._unit.sign_ins(visitor).sign_out_here(self._unit.accounts.unwritten_ends)
            self._tell()
            self._end_mute(visitor)
        hide_health()
        response = PAGES.page("signed_out", 503)
        take_session(response)
        return response

    def _end_mute(self, visitor: Visitor) -> None:
        """End a mute that nobody with an open session is left to end."""
        try:
            if not self._unit.sign_ins(visitor).has_open_session():
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
