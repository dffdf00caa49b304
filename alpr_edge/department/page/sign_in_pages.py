"""Signing in and out at the department's page: password and code, or a passkey; a lock, and the notice before."""

from starlette.responses import Response

from alpr_edge.access.attempts import PasswordAttempt
from alpr_edge.access.authorisation.operations import Operation
from alpr_edge.department.inquiries.office import sign_in_answer
from alpr_edge.department.page.page_parts import PAGES, PageRoute, go
from alpr_edge.department.page.site import DepartmentSite, links_for
from alpr_edge.department.people.identity_links import SIGN_ON_FACTORS
from alpr_edge.domain.people.person import Role
from alpr_edge.domain.sessions.session import SessionState
from alpr_edge.web.passkey_steps import PasskeySteps
from alpr_edge.web.visitor import Visitor, give_session, take_session, take_sign_on_word

HOME = "/"
LOOK_S = 60
"""Seconds after which the page of whoever left looks again whether the session is open."""
NO_SITE = "passkeys need a name of the server that is no address: [people] domain"


class DepartmentSignInPages:
    """The steps of signing in and out."""

    def __init__(self, site: DepartmentSite) -> None:
        self._site = site
        self.passkeys = PasskeySteps(site.sign_ins, lambda: site.passkey_site, NO_SITE, sign_in_answer)
        """The steps of signing in with a passkey."""
        self.steps: tuple[PageRoute, ...] = (
            (HOME, "GET", self.home),
            ("/left", "GET", self.left),
            ("/sign-in", "GET", self.show),
            ("/sign-in", "POST", self.sign_in),
            ("/reopen", "POST", self.reopen),
            ("/lock", "POST", self.lock),
            ("/sign-out", "POST", self.sign_out),
            *self.passkeys.steps,
        )

    def home(self, visitor: Visitor) -> Response:
        """Lead to what the visitor may do at present."""
        presence = self._site.sign_ins(visitor).presence()
        if presence.state is SessionState.GLANCE:
            return self._locked_page()
        if presence.state is not SessionState.OPEN:
            return go("/sign-in")
        links = links_for(self._site.policy.profile, presence.person)
        if links:
            return go(links[0][0])
        is_trainer = presence.person is not None and Role.TRAINING_SUPERVISOR in presence.person.roles
        values = {"has_account": self._site.may(visitor, Operation.SHOW_OWN_ACCOUNT), "is_trainer": is_trainer}
        return PAGES.page("nothing_offered", department=self._site.name, **values)

    def left(self, visitor: Visitor) -> Response:
        """Where a page leads that nobody touched for long: it looks at the session, and does not use it."""
        return go(HOME) if self._site.is_closed(visitor) else PAGES.page("left", look_s=LOOK_S)

    def show(self, visitor: Visitor) -> Response:
        """The form; the home page where somebody is signed in already."""
        return go(HOME) if self._site.sign_ins(visitor).state() is SessionState.OPEN else self.form()

    def sign_in(self, visitor: Visitor) -> Response:
        """Sign in with password and code; the session gets a new token whatever the browser brought."""
        fields = visitor.fields
        attempt = PasswordAttempt(fields.get("name", ""), fields.get("password", ""), fields.get("code", ""))
        result = self._site.sign_ins(visitor).sign_in(attempt, is_acknowledged=fields.get("acknowledged") == "yes")
        if result.session is None:
            return self.form(sign_in_answer(result))
        response = go(HOME)
        give_session(response, result.token)
        return response

    def reopen(self, visitor: Visitor) -> Response:
        """Open a locked session by the password alone."""
        sign_ins = self._site.sign_ins(visitor)
        result = sign_ins.reopen(visitor.fields.get("password", ""))
        if result.session is not None:
            return go(HOME)
        answer = sign_in_answer(result)
        return self._locked_page(answer) if sign_ins.state() is SessionState.GLANCE else self.form(answer)

    def lock(self, visitor: Visitor) -> Response:
        """Lock the session."""
        self._site.sign_ins(visitor).lock()
        self._site.forget(visitor)
        return go(HOME)

    def sign_out(self, visitor: Visitor) -> Response:
        """End the session."""
        sign_ins = self._site.sign_ins(visitor)
        factor, sign_on = sign_ins.factor(), self._site.sign_on
        sign_ins.sign_out()
        self._site.forget(visitor)
        response: Response = go("/sign-in")
        if sign_on is not None and factor in SIGN_ON_FACTORS:
            address = sign_on.end_address(visitor.sign_on_word)
            response = PAGES.page("leave_to", address=address, host=sign_on.host) if address else response
        take_session(response)
        take_sign_on_word(response)
        return response

    def form(self, fault: str = "", status: int = 403) -> Response:
        """The form to sign in, with what went wrong before.

        Args:
            fault: what went wrong; empty: nothing.
        """
        provider = "" if self._site.sign_on is None else self._site.sign_on.host
        hint = f"{self._site.name}: reads of all units"
        shown = {"notice": self._site.policy.security.notice, "hint": hint, "fault": fault, "provider": provider}
        has_passkeys = self._site.passkey_site is not None
        return PAGES.page("sign_in_here", status if fault else 200, has_passkeys=has_passkeys, **shown)

    def _locked_page(self, fault: str = "") -> Response:
        has_passkeys = self._site.passkey_site is not None
        ways = {"has_passkeys": has_passkeys, "has_provider": self._site.sign_on is not None}
        return PAGES.page("locked", 403 if fault else 200, department=self._site.name, fault=fault, **ways)
