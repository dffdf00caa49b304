"""The pages of evidence: the register of packages, and the passphrase of one for two people.

The passphrase itself is the answer to a form, at no address of its own: to see it again is another look, on record.
"""

from collections.abc import Callable
from datetime import UTC, datetime

from starlette.responses import Response

from alpr_edge.access.authorisation.operations import Operation
from alpr_edge.department.page.cases.booking_pages import PATH, BookingPages
from alpr_edge.department.page.cases.case_form import CaseForm
from alpr_edge.department.page.page_parts import PageRoute, go, page_words
from alpr_edge.department.page.site import DepartmentSite
from alpr_edge.domain.errors import DepartmentError
from alpr_edge.web.visitor import Visitor


class EvidencePages:
    """The pages of evidence packages."""

    def __init__(self, site: DepartmentSite) -> None:
        self._site = site
        self._requests = site.office.passphrases
        self._form = CaseForm(site, Operation.SHOW_EXPORTS, "cases/package_purpose", PATH)
        self._bookings = BookingPages(site, self._form)
        self.steps: tuple[PageRoute, ...] = (
            *self._bookings.steps,
            (PATH, "GET", self._form.show),
            (PATH, "POST", self._form.begin),
            ("/evidence/{inquiry_id}", "GET", self.list),
            ("/evidence/{inquiry_id}/ask", "POST", self.ask),
            ("/evidence/{inquiry_id}/approve", "POST", self.approve),
            ("/evidence/{inquiry_id}/passphrase", "POST", self.passphrase),
        )

    def list(self, visitor: Visitor) -> Response:
        """The packages, with who asked for their passphrases."""
        return self._list_page(visitor)

    def ask(self, visitor: Visitor) -> Response:
        """Ask for the passphrase of a package."""
        package_id, reason = (visitor.fields.get(name, "") for name in ("package_id", "reason"))
        return self._change(visitor, lambda: self._requests.ask(self._site.authoriser(visitor), package_id, reason))

    def approve(self, visitor: Visitor) -> Response:
        """Approve that another person sees a passphrase."""
        request_id = visitor.fields.get("request_id", "")
        return self._change(visitor, lambda: self._requests.approve(self._site.authoriser(visitor), request_id))

    def passphrase(self, visitor: Visitor) -> Response:
        """Show a passphrase to whoever asked for it, once another approved that."""
        self._form.purpose(visitor)
        try:
            words = self._requests.passphrase(self._site.authoriser(visitor), visitor.fields.get("request_id", ""))
        except DepartmentError as error:
            return self._list_page(visitor, page_words(error))
        shown = {"passphrase": words, "inquiry": visitor.parameters["inquiry_id"]}
        return self._site.page("cases/passphrase", visitor, **shown)

    def _change(self, visitor: Visitor, change: Callable[[], object]) -> Response:
        self._form.purpose(visitor)
        try:
            change()
        except DepartmentError as error:
            return self._list_page(visitor, page_words(error))
        return go(f"{PATH}/{visitor.parameters['inquiry_id']}")

    def _list_page(self, visitor: Visitor, fault: str = "") -> Response:
        purpose, person = self._form.purpose(visitor), self._site.sign_ins(visitor).presence().person
        found = self._site.office.booked.list(self._site.authoriser(visitor), purpose)
        words = {code: rule.words for code, rule in self._site.policy.profile.purposes.items()}
        shown = {
            "found": found,
            "waiting": self._bookings.waiting(),
            "case": purpose.case or "",
            "inquiry": visitor.parameters["inquiry_id"],
            "words": words,
        }
        me = "" if person is None else person.person_id
        return self._site.page(
            "cases/packages", visitor, 422 if fault else 200, fault=fault, me=me, now=datetime.now(UTC), **shown
        )
