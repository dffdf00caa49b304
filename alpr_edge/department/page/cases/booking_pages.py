"""The pages that book a case of all units out: the form, what was made in the background, and its file."""

from collections.abc import Mapping
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
from alpr_edge.domain.errors import EvidenceError, SearchError
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
