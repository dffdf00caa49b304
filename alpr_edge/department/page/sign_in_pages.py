"""Signing in and out at the department's page: password and code, or a passkey; a lock, and the notice before."""

from starlette.responses import PlainTextResponse, Response

from alpr_edge.access.attempts import PasskeyAttempt, PasswordAttempt, SignInResult
from alpr_edge.access.authorisation.offers import offered_operations
from alpr_edge.access.authorisation.operations import Operation
from alpr_edge.access.relying_party import RelyingParty
from alpr_edge.department.inquiries.office import sign_in_answer
from alpr_edge.department.page.page_parts import PAGES, PageRoute, go
from alpr_edge.department.page.site import DepartmentSite
from alpr_edge.department.people.identity_links import SIGN_ON_FACTORS
from alpr_edge.domain.errors import AccessError
from alpr_edge.domain.sessions.session import SessionState
from alpr_edge.web.visitor import CHALLENGE_COOKIE, Visitor, give_session, take_session

HOME = "/"


class DepartmentSignInPages:
    """The steps of signing in and out.

    Args:
        site: the open department.
    """

    def __init__(self, site: DepartmentSite) -> None:
        self._site = site
        self.steps: tuple[PageRoute, ...] = (
            (HOME, "GET", self.home),
            ("/sign-in", "GET", self.show),
            ("/sign-in", "POST", self.sign_in),
            ("/reopen", "POST", self.reopen),
            ("/lock", "POST", self.lock),
            ("/sign-out", "POST", self.sign_out),
            ("/passkey/options", "POST", self.passkey_options),
            ("/passkey", "POST", self.passkey_sign_in),
            ("/passkey/reopen", "POST", self.passkey_reopen),
        )

    def home(self, visitor: Visitor) -> Response:
        """Lead to what the visitor may do at present."""
        presence = self._site.desk(visitor).presence()
        if presence.state is SessionState.GLANCE:
            return self._locked_page()
        if presence.state is not SessionState.OPEN:
            return go("/sign-in")
        may_search = offered_operations(self._site.policy.profile, presence.person, [Operation.SEARCH_READS])
        return go("/search") if may_search else PAGES.page("nothing_offered", department=self._site.name)

    def show(self, visitor: Visitor) -> Response:
        """The form; the home page where somebody is signed in already."""
        return go(HOME) if self._site.desk(visitor).state() is SessionState.OPEN else self.form()

    def sign_in(self, visitor: Visitor) -> Response:
        """Sign in with password and code; the session gets a new token whatever the browser brought."""
        fields = visitor.fields
        attempt = PasswordAttempt(fields.get("name", ""), fields.get("password", ""), fields.get("code", ""))
        result = self._site.desk(visitor).sign_in(attempt, is_acknowledged=fields.get("acknowledged") == "yes")
        if result.session is None:
            return self.form(sign_in_answer(result))
        response = go(HOME)
        give_session(response, result.token)
        return response

    def reopen(self, visitor: Visitor) -> Response:
        """Open a locked session by the password alone."""
        desk = self._site.desk(visitor)
        result = desk.reopen(visitor.fields.get("password", ""))
        if result.session is not None:
            return go(HOME)
        answer = sign_in_answer(result)
        return self._locked_page(answer) if desk.state() is SessionState.GLANCE else self.form(answer)

    def lock(self, visitor: Visitor) -> Response:
        """Lock the session."""
        self._site.desk(visitor).lock()
        self._site.forget(visitor)
        return go(HOME)

    def sign_out(self, visitor: Visitor) -> Response:
        """End the session."""
        desk = self._site.desk(visitor)
        factor, sign_on = desk.factor(), self._site.sign_on
        desk.sign_out()
        self._site.forget(visitor)
        address = sign_on.end_address() if sign_on is not None and factor in SIGN_ON_FACTORS else ""
        if address and sign_on is not None:
            response: Response = PAGES.page("leave_to", address=address, host=sign_on.host)
        else:
            response = go("/sign-in")
        take_session(response)
        return response

    def passkey_options(self, visitor: Visitor) -> Response:
        """What the browser needs to sign in with a passkey, as JSON; it names no account."""
        from alpr_edge.access.passkeys import authentication_options  # noqa: PLC0415 - 8 MB for whoever has a passkey

        del visitor
        word, challenge = self._site.challenges.ask()
        response = Response(authentication_options(self._require_site(), challenge), media_type="application/json")
        response.set_cookie(CHALLENGE_COOKIE, word, path="/", secure=True, httponly=True, samesite="strict")
        return response

    def passkey_sign_in(self, visitor: Visitor) -> Response:
        """Sign in by the browser's answer."""
        is_acknowledged, site = visitor.fields.get("acknowledged") == "yes", self._require_site()
        desk, attempt = self._site.desk(visitor), self._attempt(visitor)
        result = desk.sign_in_with_passkey(site, attempt, is_acknowledged=is_acknowledged)
        response = _passkey_answer(result)
        if result.session is not None:
            give_session(response, result.token)
        return response

    def passkey_reopen(self, visitor: Visitor) -> Response:
        """Open a locked session by the browser's answer."""
        site = self._require_site()
        return _passkey_answer(self._site.desk(visitor).reopen_with_passkey(site, self._attempt(visitor)))

    def _attempt(self, visitor: Visitor) -> PasskeyAttempt:
        return PasskeyAttempt(visitor.fields.get("answer", ""), self._site.challenges.take(visitor.challenge_word))

    def _require_site(self) -> RelyingParty:
        if self._site.passkey_site is None:
            raise AccessError("passkeys need a name of the server that is no address: [people] domain")
        return self._site.passkey_site

    def form(self, fault: str = "", status: int = 403) -> Response:
        """The form to sign in, with what went wrong before.

        Args:
            fault: what went wrong; empty: nothing.
            status: status of the answer where something did.
        """
        provider = "" if self._site.sign_on is None else self._site.sign_on.host
        shown = {"notice": self._site.policy.security.notice, "department": self._site.name, "fault": fault}
        has_passkeys = self._site.passkey_site is not None
        return PAGES.page("sign_in", status if fault else 200, has_passkeys=has_passkeys, provider=provider, **shown)

    def _locked_page(self, fault: str = "") -> Response:
        has_passkeys = self._site.passkey_site is not None
        ways = {"has_passkeys": has_passkeys, "has_provider": self._site.sign_on is not None}
        return PAGES.page("locked", 403 if fault else 200, department=self._site.name, fault=fault, **ways)


def _passkey_answer(result: SignInResult) -> Response:
    return PlainTextResponse(sign_in_answer(result), 403) if result.session is None else Response(status_code=204)
