"""Signing in with a passkey at the page: a challenge for the browser, and its answer."""

from collections.abc import Callable

from starlette.responses import PlainTextResponse, Response

from alpr_edge.access.attempts import PasskeyAttempt
from alpr_edge.access.relying_party import RelyingParty
from alpr_edge.console.page_parts import PageRoute
from alpr_edge.console.unit import ConsoleUnit
from alpr_edge.domain.errors import AccessError
from alpr_edge.web.challenges import Challenges
from alpr_edge.web.visitor import CHALLENGE_COOKIE, Visitor, give_session


class PasskeyPages:
    """The steps of signing in with a passkey.

    Args:
        unit: the open unit.
        site: gives the site that the page is at present; None: it has no name that passkeys are bound to.
    """

    def __init__(self, unit: ConsoleUnit, site: Callable[[], RelyingParty | None]) -> None:
        self._unit = unit
        self._site = site
        self._challenges = Challenges()
        self.steps: tuple[PageRoute, ...] = (
            ("/passkey/options", "POST", self.options),
            ("/passkey", "POST", self.sign_in),
            ("/passkey/reopen", "POST", self.reopen),
        )

    def options(self, visitor: Visitor) -> Response:
        """What the browser needs to sign in, as JSON; it names no account."""
        from alpr_edge.access.passkeys import authentication_options  # noqa: PLC0415 - 8 MB for whoever has a passkey

        del visitor
        word, challenge = self._challenges.ask()
        response = Response(authentication_options(self._require_site(), challenge), media_type="application/json")
        response.set_cookie(CHALLENGE_COOKIE, word, path="/", secure=True, httponly=True, samesite="strict")
        return response

    def sign_in(self, visitor: Visitor) -> Response:
        """Sign in by the browser's answer."""
        is_acknowledged = visitor.fields.get("acknowledged") == "yes"
        result = self._unit.desk(visitor).sign_in_with_passkey(
            self._require_site(), self._attempt(visitor), is_acknowledged=is_acknowledged
        )
        if result.session is None:
            return PlainTextResponse(result.answer, 403)
        response = Response(status_code=204)
        give_session(response, result.token)
        return response

    def reopen(self, visitor: Visitor) -> Response:
        """Open a session in glance mode by the browser's answer."""
        result = self._unit.desk(visitor).reopen_with_passkey(self._require_site(), self._attempt(visitor))
        return PlainTextResponse(result.answer, 403) if result.session is None else Response(status_code=204)

    def _attempt(self, visitor: Visitor) -> PasskeyAttempt:
        return PasskeyAttempt(visitor.fields.get("answer", ""), self._challenges.take(visitor.challenge_word))

    def _require_site(self) -> RelyingParty:
        site = self._site()
        if site is None:
            raise AccessError("passkeys need a certificate for a name below the department's domain")
        return site
