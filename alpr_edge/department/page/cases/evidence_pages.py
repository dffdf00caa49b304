"""The pages of evidence: the register of packages, and the passphrase of one for two people.

The passphrase itself is the answer to a form, at no address of its own: to see it again is another look, on record.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime

from starlette.responses import FileResponse, Response

from alpr_edge.access.authorisation.operations import Operation
from alpr_edge.department.evidence.case_request import BookedCase, DepartmentExportRequest
from alpr_edge.department.inquiries.cases.waiting_evidence import WaitingEvidence
from alpr_edge.department.page.cases.case_form import CaseForm, CaseInquiry
from alpr_edge.department.page.page_jobs import PageJob, Tick
from alpr_edge.department.page.page_parts import PageRoute, go, page_words, typed_text
from alpr_edge.department.page.search_form import parse_search_form
from alpr_edge.department.page.site import DepartmentSite
from alpr_edge.domain.errors import DepartmentError, EvidenceError, SearchError
from alpr_edge.domain.permissions.purposes import Purpose
from alpr_edge.evidence.booking_texts import (
    MEDIUM_CHARACTERS_MAX,
    RECIPIENT_CHARACTERS_MAX,
    check_booking_texts,
)
from alpr_edge.web.visitor import Visitor

PATH = "/evidence"


@dataclass(frozen=True, slots=True, eq=False)
class _MadePackage:
    """A package that was made at the page, and for which case."""

    purpose: Purpose = field(repr=False)
    booked: BookedCase


class BookingPages:
    """The pages of packages that are made here."""

    def __init__(self, site: DepartmentSite, form: CaseForm) -> None:
        self._site = site
        self._form = form
        self._waiting = WaitingEvidence(site.office.exports)
        self.steps: tuple[PageRoute, ...] = (
            ("/evidence/{inquiry_id}/package", "GET", self.ask),
            ("/evidence/{inquiry_id}/package", "POST", self.begin),
            ("/evidence/{inquiry_id}/packages/{package_id}", "GET", self.file),
            ("/booked/{job_id}", "GET", self.show_made),
        )

    def ask(self, visitor: Visitor) -> Response:
        """The form."""
        return self._form_page(visitor, self._form.purpose(visitor))

    def begin(self, visitor: Visitor) -> Response:
        """Begin to make the package, and lead to the page that tells how far it is."""
        purpose = self._form.purpose(visitor)
        self._site.require(visitor, Operation.EXPORT_CASE, purpose)
        authoriser = self._site.authoriser(visitor)
        path = f"{PATH}/{visitor.parameters['inquiry_id']}"
        job = PageJob("A package is made", path, lambda word, _made: f"/booked/{word}")
        try:
            request = _request_of(visitor.fields)
            check_booking_texts(purpose.case or "", request.medium, request.recipient)

            def work(tick: Tick) -> _MadePackage:
                return _MadePackage(purpose, self._waiting.make(authoriser, purpose, request, tick))

            return go(f"/work/{self._site.jobs.begin(visitor, job, work)}")
        except (EvidenceError, SearchError) as error:
            return self._form_page(visitor, purpose, page_words(error))

    def show_made(self, visitor: Visitor) -> Response:
        """What was made; its passphrase is opened by two people."""
        job = self._site.jobs.find(visitor, visitor.parameters["job_id"])
        if self._site.is_closed(visitor):
            return go("/")
        made = job.result
        if not isinstance(made, _MadePackage):
            raise SearchError("there is no such package")
        inquiry = self._site.lookups.add(visitor, CaseInquiry(made.purpose, Operation.SHOW_EXPORTS))
        return self._site.page("cases/booked", visitor, booked=made.booked, inquiry=inquiry)

    def file(self, visitor: Visitor) -> Response:
        """The file of a package that waits."""
        purpose, package_id = self._form.purpose(visitor), visitor.parameters["package_id"]
        try:
            path = self._waiting.file(self._site.authoriser(visitor), purpose, package_id)
        except EvidenceError as error:
            raise SearchError(page_words(error)) from None
        return FileResponse(path, media_type="application/zip", filename=path.name)

    def waiting(self) -> frozenset[str]:
        """The packages whose file waits here."""
        self._waiting.tidy()
        return frozenset(self._waiting.waiting())

    def _form_page(self, visitor: Visitor, purpose: Purpose, fault: str = "") -> Response:
        shown = {"case": purpose.case or "", "inquiry": visitor.parameters["inquiry_id"], "fault": fault}
        bounds = {"medium_max": MEDIUM_CHARACTERS_MAX, "recipient_max": RECIPIENT_CHARACTERS_MAX}
        fields = visitor.fields
        return self._site.page("cases/package_form", visitor, 422 if fault else 200, fields=fields, **shown, **bounds)


def _request_of(fields: Mapping[str, str]) -> DepartmentExportRequest:
    """What is asked for. Raises SearchError where the plates or their time will not do."""
    search = None
    plates, begin, end = (typed_text(fields, name) for name in ("plates", "begin", "end"))
    if plates:
        search = parse_search_form({"plate": plates, "begin": begin, "end": end}, datetime.now(UTC))
    elif begin or end:
        raise SearchError("a time bounds a search for plates: give some, or no time")
    return DepartmentExportRequest(
        medium=typed_text(fields, "medium"),
        recipient=typed_text(fields, "recipient"),
        hold_id=typed_text(fields, "hold"),
        search=search,
        with_scenes=fields.get("pictures") != "plates",
    )


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
