"""Signing in and out at the page: password and code, glance mode, and the notice that comes before."""

from collections.abc import Callable

import structlog
from starlette.responses import RedirectResponse, Response

from alpr_edge.access.attempts import PasswordAttempt, SignInOutcome, SignInResult
from alpr_edge.access.authorisation.sign_ins import SignInService
from alpr_edge.access.relying_party import RelyingParty
from alpr_edge.access.sessions import SessionPlace, person_fault
from alpr_edge.console.health_strip import hide_health
from alpr_edge.console.lookups.navigation import lookup_page
from alpr_edge.console.page_parts import PAGES, PageRoute, go, locked_address, page_to_return_to
from alpr_edge.console.pages.health_pages import may_look_at_hits
from alpr_edge.console.unit import ConsoleUnit
from alpr_edge.domain.errors import StoreError
from alpr_edge.domain.permissions.decision import DecisionReason
from alpr_edge.domain.sessions.session import SessionState, token_digest
from alpr_edge.services.shifts import ShiftSummary
from alpr_edge.web.visitor import Visitor, give_session, take_session

HOME = "/"
END_OF_SHIFT = "/end-of-shift"
WRONG_PASSWORD = "wrong password, or the account is locked"  # noqa: S105 - a sentence
log = structlog.get_logger(__name__)


class SignInPages:
    """The steps of signing in and out.

    Args:
        site: gives the site that passkeys sign in at; None: there is none.
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
            (END_OF_SHIFT, "GET", self.ask_for_end),
            ("/sign-out", "POST", self.sign_out),
        )

    def show(self, visitor: Visitor) -> Response:
        """The form; the watch page where somebody is signed in already who may be shown something."""
        is_open = self._unit.sign_ins(visitor).state() is SessionState.OPEN
        return go(HOME) if is_open and self._person_fault(visitor) is None else self._form()

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
            return go(locked_address(page_to_return_to(visitor)))
        is_locked = sign_ins.state() is SessionState.GLANCE
        is_refused = result.outcome in {SignInOutcome.WRONG_PASSWORD, SignInOutcome.LOCKED}
        answer = WRONG_PASSWORD if is_refused else result.answer
        return self._locked_page(visitor, answer) if is_locked else self._form(result.answer)

    def lock(self, visitor: Visitor) -> Response:
        """Bring the session into glance mode; where that cannot be kept or put on record, the session is ended."""
        try:
            self._change(visitor, SignInService.lock)
        except StoreError as error:
            return self._sign_out_here(visitor, error)
        return go(locked_address(page_to_return_to(visitor)))

    def ask_for_end(self, visitor: Visitor) -> Response:
        """Ask once whether the shift ends, with what it held."""
        presence = self._unit.sign_ins(visitor).presence()
        person, begun = presence.person, presence.begun
        if presence.state is not SessionState.OPEN or person is None or begun is None:
            return go(locked_address(END_OF_SHIFT))
        if may_look_at_hits(person):
            self._unit.speed.require_slow(visitor)  # a technician has the page of health at speed as well
        try:
            may_see = self._person_fault(visitor) is None
            summary = self._unit.shifts.summary(person, self._unit.policy.profile, begun) if may_see else ShiftSummary()
            back = page_to_return_to(visitor)
            shown = {"begun": begun, "summary": summary, "back": HOME if back == END_OF_SHIFT else back}
            return lookup_page(self._unit, visitor, END_OF_SHIFT, "shift_end", 200, **shown)
        except StoreError as error:  # the user can sign out all the same
            log.warning("console.shift_not_counted", failure=str(error))
            return PAGES.page("refused", 503, message="the unit cannot count this shift at present", may_sign_out=True)

    def sign_out(self, visitor: Visitor) -> Response:
        """End the session; what lasts for a shift does not outlive the last open one."""
        try:
            is_ended = self._change(visitor, SignInService.sign_out)
        except StoreError as error:
            return self._sign_out_here(visitor, error)
        if is_ended:
            self._end_shift(visitor)
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
            self._end_shift(visitor)
        hide_health()
        response = PAGES.page("signed_out", 503)
        take_session(response)
        return response

    def _end_shift(self, visitor: Visitor) -> None:
        try:
            self._unit.shifts.end_if_last(self._unit.sign_ins(visitor), self._unit.clock.now())
        except StoreError as error:  # the user is signed out all the same
            log.warning("console.shift_not_ended", failure=str(error))

    def _person_fault(self, visitor: Visitor) -> DecisionReason | None:
        """Return why the user may be shown nothing; None if they may."""
        caller = visitor.caller
        place = SessionPlace(caller.token, caller.login, caller.address, self._unit.clock.now())
        return person_fault(self._unit.accounts, place)

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
