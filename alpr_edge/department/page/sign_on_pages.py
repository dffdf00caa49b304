"""Single sign-on at the department's page: to the provider and back, and a code where the provider saw one factor.

The browser comes back by a link of another site, to which the session's cookie would not be sent: so the answer is a
page of this site, which leads on by itself.
"""

import structlog
from starlette.responses import Response

from alpr_edge.access.attempts import SignInOutcome, SignInResult
from alpr_edge.access.provider_sign_in import ProviderAttempt
from alpr_edge.department.inquiries.office import sign_in_answer
from alpr_edge.department.page.page_parts import PAGES, PageRoute
from alpr_edge.department.page.sign_in_pages import DepartmentSignInPages
from alpr_edge.department.page.site import DepartmentSite
from alpr_edge.department.single_sign_on.faults import ProviderDownError, SignOnError
from alpr_edge.department.single_sign_on.sign_on import ANSWER_PATH, ProviderAnswer, SingleSignOn
from alpr_edge.web.visitor import Visitor, give_session, give_sign_on_word, take_sign_on_word

UNREACHED = "the sign-in page of the department's provider does not answer; sign in with password and code"
BEGIN_PATH, CODE_PATH = "/single-sign-on", "/single-sign-on/code"

log = structlog.get_logger(__name__)


class SignOnPages:
    """The steps of a single sign-on."""

    def __init__(self, site: DepartmentSite, sign_on: SingleSignOn, pages: DepartmentSignInPages) -> None:
        self._site = site
        self._sign_on = sign_on
        self._pages = pages
        self.steps: tuple[PageRoute, ...] = (
            (BEGIN_PATH, "POST", self.begin),
            (ANSWER_PATH, "GET", self.answer),
            (CODE_PATH, "POST", self.code),
        )

    def begin(self, visitor: Visitor) -> Response:
        """Lead to the provider, once the notice was acknowledged (CJIS AC-8)."""
        if visitor.fields.get("acknowledged") != "yes":
            return self._pages.form(sign_in_answer(SignInResult(SignInOutcome.NOTICE)))
        try:
            begun = self._sign_on.begin()
        except ProviderDownError as error:
            log.error("department.provider_unreached", reason=str(error))
            return self._pages.form(UNREACHED, 503)
        response = PAGES.page("leave_to", address=begun.address, host=self._sign_on.host)
        give_sign_on_word(response, begun.word)
        return response

    def answer(self, visitor: Visitor) -> Response:
        """Take the provider's answer."""
        try:
            answer = self._sign_on.read_answer(visitor.fields, visitor.sign_on_word)
        except SignOnError as error:
            response = self._refusal(visitor, error)
            take_sign_on_word(response)
            return response
        return self._sign_in(visitor, answer)

    def code(self, visitor: Visitor) -> Response:
        """Take the code that a provider which saw one factor is not enough without."""
        try:
            answer = self._sign_on.kept_answer(visitor.sign_on_word)
        except SignOnError as error:
            return self._refusal(visitor, error)
        return self._sign_in(visitor, answer, visitor.fields.get("code", "").strip() or "none")

    def _sign_in(self, visitor: Visitor, answer: ProviderAnswer, code: str = "") -> Response:
        identity = answer.identity
        person_id = self._site.office.identities.person_id(identity.issuer, identity.subject)
        attempt = ProviderAttempt(person_id, identity.is_strong, code)
        # Whoever links a person later needs to know by which subject they came.
        note = "" if person_id else f"subject {identity.subject}"
        result = self._site.sign_ins(visitor).sign_in_with_provider(attempt, is_acknowledged=True, note=note)
        if result.outcome is SignInOutcome.CODE_NEEDED:
            response: Response = PAGES.page("sign_on_code", department=self._site.name, fault="")
            give_sign_on_word(response, self._sign_on.keep(answer))
            return response
        if result.session is None:
            if code:  # the word is good for some minutes, and failures lock the account
                fault = sign_in_answer(result)
                return PAGES.page("sign_on_code", 403, department=self._site.name, fault=fault)
            response = self._pages.form(sign_in_answer(result))
            take_sign_on_word(response)
            return response
        response = PAGES.page("signed_on", department=self._site.name)
        give_session(response, result.token)
        give_sign_on_word(response, self._sign_on.keep_hint(answer))
        return response

    def _refusal(self, visitor: Visitor, error: SignOnError) -> Response:
        """What is told of a sign-on that did not work, once it is on record, unless none was begun at this browser.

        An answer without the word comes of any site's link, and of anybody who sends it over and over.
        """
        if not visitor.sign_on_word:
            return self._pages.form(sign_in_answer(SignInResult(SignInOutcome.PROVIDER)))
        log.warning("department.sign_on_refused", reason=str(error))
        result = self._site.sign_ins(visitor).refuse_provider(str(error))
        is_down = isinstance(error, ProviderDownError)
        return self._pages.form(UNREACHED if is_down else sign_in_answer(result), 503 if is_down else 403)
