"""The steps of signing in with a passkey at a page: a challenge for the browser, and its answer."""

from collections.abc import Callable

from starlette.responses import PlainTextResponse, Response

from alpr_edge.access.attempts import PasskeyAttempt, SignInResult
from alpr_edge.access.authorisation.sign_ins import SignInService
from alpr_edge.access.relying_party import RelyingParty
from alpr_edge.domain.errors import AccessError
from alpr_edge.web.challenges import Challenges
from alpr_edge.web.visitor import CHALLENGE_COOKIE, Visitor, give_session


class PasskeySteps:
    """The steps of signing in with a passkey.

    Args:
        site: gives the site that the page is at present; None: it has no name that passkeys are bound to.
    """

    def __init__(
        self,
        sign_ins: Callable[[Visitor], SignInService],
        site: Callable[[], RelyingParty | None],
        no_site: str,
        words: Callable[[SignInResult], str],
    ) -> None:
        self._sign_ins = sign_ins
        self._site = site
        self._no_site = no_site
        self._words = words
        self._challenges = Challenges()
        self.steps: tuple[tuple[str, str, Callable[[Visitor], Response]], ...] = (
            ("/passkey/options", "POST", self.options),
            ("/passkey", "POST", self.sign_in),
            ("/passkey/reopen", "POST", self.reopen),
        )

    def options(self, visitor: Visitor) -> Response:
        """What the browser needs to sign in, as JSON; it names no account."""
        from alpr_edge.access.passkeys import authentication_options  # noqa: PLC0415 - 8 MB for whoever has a passkey

        del visitor
        word, challenge = self._challenges.ask()
        response = Response(authentication_options(self.require_site(), challenge), media_type="application/json")
        response.set_cookie(CHALLENGE_COOKIE, word, path="/", secure=True, httponly=True, samesite="strict")
        return response

    def sign_in(self, visitor: Visitor) -> Response:
        """Sign in by the browser's answer."""
        site, is_acknowledged = self.require_site(), visitor.fields.get("acknowledged") == "yes"
        sign_ins, attempt = self._sign_ins(visitor), self.attempt(visitor)
        result = sign_ins.sign_in_with_passkey(site, attempt, is_acknowledged=is_acknowledged)
        response = self._answer(result)
        if result.session is not None:
            give_session(response, result.token)
        return response

    def reopen(self, visitor: Visitor) -> Response:
        """Open a locked session by the browser's answer."""
        site = self.require_site()
        return self._answer(self._sign_ins(visitor).reopen_with_passkey(site, self.attempt(visitor)))

    def attempt(self, visitor: Visitor) -> PasskeyAttempt:
        """The browser's answer with the challenge that it was asked, which is used up by that."""
        return PasskeyAttempt(visitor.fields.get("answer", ""), self._challenges.take(visitor.challenge_word))

    def require_site(self) -> RelyingParty:
        """The site that the page is at present.

        Raises:
            AccessError: it has no name that passkeys are bound to.
        """
        site = self._site()
        if site is None:
            raise AccessError(self._no_site)
        return site

    def _answer(self, result: SignInResult) -> Response:
        return PlainTextResponse(self._words(result), 403) if result.session is None else Response(status_code=204)
