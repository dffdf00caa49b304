"""The pages on which somebody changes passkeys and code, once they gave both factors again.

What they gave is known by a random word to their session alone, and counts for some minutes.
"""

from dataclasses import dataclass, field

from starlette.responses import PlainTextResponse, Response

from alpr_edge.access.attempts import FactorsAttempt, PasskeyAttempt, SignInResult
from alpr_edge.access.authorisation.operations import Operation
from alpr_edge.access.totp import groups_of_four, new_secret, provisioning_uri
from alpr_edge.department.inquiries.accounts.credential_changes import FreshProof
from alpr_edge.department.page.accounts.account_pages import ACCOUNT_PATH
from alpr_edge.department.page.page_parts import PageRoute, go, page_words
from alpr_edge.department.page.session_answers import closed_words
from alpr_edge.department.page.site import DepartmentSite
from alpr_edge.domain.errors import AccessError
from alpr_edge.web.challenges import Challenges
from alpr_edge.web.passkey_steps import PasskeySteps
from alpr_edge.web.qr_codes import qr_code
from alpr_edge.web.visitor import CHALLENGE_COOKIE, Visitor

CONFIRM_PATH = f"{ACCOUNT_PATH}/confirm"
CONFIRM_BY_PASSKEY_PATH = f"{CONFIRM_PATH}/passkey"
FACTORS_PATH = f"{ACCOUNT_PATH}/factors/{{word}}"


@dataclass(frozen=True, slots=True)
class _Confirmation:
    """What somebody gave again, and the secret that they may set up next."""

    proof: FreshProof
    secret: str = field(repr=False)


class FactorPages:
    """The pages of passkeys and code."""

    def __init__(self, site: DepartmentSite, passkeys: PasskeySteps) -> None:
        self._site = site
        self._accounts = site.office.own_accounts
        self._passkeys = passkeys
        self._challenges = Challenges()
        self.steps: tuple[PageRoute, ...] = (
            (CONFIRM_PATH, "GET", self.ask),
            (CONFIRM_PATH, "POST", self.confirm),
            (CONFIRM_BY_PASSKEY_PATH, "POST", self.confirm_with_passkey),
            (FACTORS_PATH, "GET", self.show),
            (f"{FACTORS_PATH}/passkeys/options", "POST", self.passkey_options),
            (f"{FACTORS_PATH}/passkeys", "POST", self.add_passkey),
            (f"{FACTORS_PATH}/passkeys/{{passkey_id}}/remove", "POST", self.remove_passkey),
            (f"{FACTORS_PATH}/code", "GET", self.ask_code),
            (f"{FACTORS_PATH}/code", "POST", self.change_code),
        )

    def ask(self, visitor: Visitor) -> Response:
        """The form that asks for both factors."""
        self._site.require(visitor, Operation.CHANGE_OWN_FACTORS)
        return self._confirm_page(visitor)

    def confirm(self, visitor: Visitor) -> Response:
        """Take password and code, and lead to what may be changed then."""
        self._site.require(visitor, Operation.CHANGE_OWN_FACTORS)
        attempt = FactorsAttempt(visitor.fields.get("password", ""), visitor.fields.get("code", ""))
        try:
            return go(self._confirmed_path(visitor, self._site.sign_ins(visitor).confirm(attempt)))
        except AccessError as error:
            if self._site.is_closed(visitor):
                raise
            return self._confirm_page(visitor, str(error))

    def confirm_with_passkey(self, visitor: Visitor) -> Response:
        """Take a passkey's answer, and tell the script where to go on; it shows what it is told instead."""
        sign_ins, attempt = self._site.sign_ins(visitor), self._passkeys.attempt(visitor)
        try:
            self._site.require(visitor, Operation.CHANGE_OWN_FACTORS)
            path = self._confirmed_path(visitor, sign_ins.confirm_with_passkey(self._passkeys.require_site(), attempt))
        except AccessError as error:
            return PlainTextResponse(closed_words(self._site, visitor) or page_words(error), 403)
        return PlainTextResponse(path)

    def show(self, visitor: Visitor) -> Response:
        """Passkeys, each with its end, and what may be added."""
        self._confirmation(visitor)
        account = self._accounts.overview(self._site.authoriser(visitor))
        is_possible = self._site.passkey_site is not None
        return self._site.page(
            "account/factors", visitor, account=account, is_possible=is_possible, **self._at(visitor)
        )

    def passkey_options(self, visitor: Visitor) -> Response:
        """What the browser needs to make a passkey, as JSON."""
        proof, site = self._confirmation(visitor).proof, self._passkeys.require_site()
        word, challenge = self._challenges.ask()
        options = self._accounts.factors.passkey_options(self._site.authoriser(visitor), proof, site, challenge)
        response = Response(options, media_type="application/json")
        response.set_cookie(CHALLENGE_COOKIE, word, path="/", secure=True, httponly=True, samesite="strict")
        return response

    def add_passkey(self, visitor: Visitor) -> Response:
        """Add the passkey that the browser made."""
        proof, site = self._confirmation(visitor).proof, self._passkeys.require_site()
        attempt = PasskeyAttempt(visitor.fields.get("answer", ""), self._challenges.take(visitor.challenge_word))
        self._accounts.factors.add_passkey(self._site.authoriser(visitor), proof, site, attempt)
        return Response(status_code=204)

    def remove_passkey(self, visitor: Visitor) -> Response:
        proof, passkey_id = self._confirmation(visitor).proof, visitor.parameters["passkey_id"]
        self._accounts.factors.remove_passkey(self._site.authoriser(visitor), proof, passkey_id)
        return go(FACTORS_PATH.format(word=visitor.parameters["word"]))

    def ask_code(self, visitor: Visitor) -> Response:
        """The QR code for the authenticator app."""
        return self._code_page(visitor)

    def change_code(self, visitor: Visitor) -> Response:
        """Give the account the secret of the QR code, once the app shows the right code."""
        given, typed = self._confirmation(visitor), visitor.fields.get("code", "")
        try:
            self._accounts.factors.change_code(self._site.authoriser(visitor), given.proof, given.secret, typed)
        except AccessError as error:
            if self._site.is_closed(visitor):
                raise
            return self._code_page(visitor, str(error))
        # What was confirmed holds the secret that counts from now on: it is shown to nobody again.
        self._site.lookups.take(visitor, visitor.parameters["word"], _Confirmation)
        return go(ACCOUNT_PATH)

    def _confirmed_path(self, visitor: Visitor, result: SignInResult) -> str:
        """Where what was confirmed leads. Raises AccessError where it was not right."""
        confirmation = _Confirmation(self._accounts.proof_of(result), new_secret())
        return FACTORS_PATH.format(word=self._site.lookups.add(visitor, confirmation))

    def _confirmation(self, visitor: Visitor) -> _Confirmation:
        """What was confirmed in this session. Raises SearchError where nothing was, or it is over."""
        return self._site.lookups.find(visitor, visitor.parameters["word"], _Confirmation)

    def _at(self, visitor: Visitor) -> dict[str, str]:
        return {"path": FACTORS_PATH.format(word=visitor.parameters["word"])}

    def _confirm_page(self, visitor: Visitor, fault: str = "") -> Response:
        has_passkeys = self._site.passkey_site is not None
        return self._site.page(
            "account/confirm", visitor, 422 if fault else 200, fault=fault, has_passkeys=has_passkeys
        )

    def _code_page(self, visitor: Visitor, fault: str = "") -> Response:
        secret = self._confirmation(visitor).secret
        self._site.require(visitor, Operation.CHANGE_OWN_FACTORS)
        person = self._site.sign_ins(visitor).presence().person
        address = provisioning_uri(secret, "" if person is None else person.badge, self._site.name)
        shown = {"qr": qr_code(address), "secret": groups_of_four(secret), **self._at(visitor)}
        return self._site.page("account/code", visitor, 422 if fault else 200, fault=fault, **shown)
