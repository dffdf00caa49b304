"""The page of one's own account, the end of a session there, and the form that changes the password."""

from starlette.responses import Response

from alpr_edge.access.attempts import FactorsAttempt
from alpr_edge.access.authorisation.operations import Operation
from alpr_edge.department.inquiries.accounts.account_service import PasswordChange
from alpr_edge.department.page.page_parts import PageRoute, go
from alpr_edge.department.page.site import DepartmentSite
from alpr_edge.domain.errors import AccessError, PasswordError
from alpr_edge.domain.sessions.session import SessionEnd
from alpr_edge.web.visitor import Visitor

ACCOUNT_PATH, PASSWORD_PATH = "/account", "/account/password"
ENDS = {
    SessionEnd.SIGN_OUT: "you signed out",
    SessionEnd.REPLACED: "you signed in anew",
    SessionEnd.IDLE: "you were idle, and somebody else signed in where too many were",
    SessionEnd.ADMINISTRATOR: "an administrator ended it, or you set up your account anew",
    SessionEnd.ROSTER: "you changed what you sign in with",
}
"""Why a session ended."""


class AccountPages:
    """The pages of one's own account."""

    def __init__(self, site: DepartmentSite) -> None:
        self._site = site
        self._accounts = site.office.own_accounts
        self.steps: tuple[PageRoute, ...] = (
            (ACCOUNT_PATH, "GET", self.show),
            (f"{ACCOUNT_PATH}/sessions/{{session_id}}/end", "POST", self.end_session),
            (PASSWORD_PATH, "GET", self.ask_password),
            (PASSWORD_PATH, "POST", self.change_password),
        )

    def show(self, visitor: Visitor) -> Response:
        """Sessions, password, passkeys."""
        account = self._accounts.overview(self._site.authoriser(visitor))
        return self._site.page("account/one", visitor, account=account, ends=ENDS, path="")

    def end_session(self, visitor: Visitor) -> Response:
        """End a session; whoever ends the one of this browser is led to sign in."""
        self._accounts.end_session(self._site.authoriser(visitor), visitor.parameters["session_id"])
        if self._site.is_closed(visitor):
            self._site.forget(visitor)
            return go("/")
        return go(ACCOUNT_PATH)

    def ask_password(self, visitor: Visitor) -> Response:
        """The form that changes the password."""
        self._site.require(visitor, Operation.CHANGE_OWN_PASSWORD)
        return self._form(visitor)

    def change_password(self, visitor: Visitor) -> Response:
        """Change it; what is wrong is told above the form, and nothing that was typed stands in it again."""
        fields = visitor.fields
        attempt = FactorsAttempt(fields.get("present", ""), fields.get("code", ""))
        change = PasswordChange(attempt, fields.get("new", ""), fields.get("again", ""))
        try:
            self._accounts.change_password(self._site.authoriser(visitor), self._site.sign_ins(visitor), change)
        except (AccessError, PasswordError) as error:
            if self._site.is_closed(visitor):
                raise
            return self._form(visitor, str(error))
        return go(ACCOUNT_PATH)

    def _form(self, visitor: Visitor, fault: str = "") -> Response:
        least = self._accounts.password_characters_min
        return self._site.page("account/password", visitor, 422 if fault else 200, fault=fault, least=least)
