"""The steps of an audit: drawn in the background, reviewed, signed off by somebody else, reported on."""

from functools import partial

from starlette.responses import Response

from alpr_edge.access.authorisation.operations import Operation
from alpr_edge.department.page.audits.audit_pages import AuditPages, number_of
from alpr_edge.department.page.page_jobs import PageJob, Tick
from alpr_edge.department.page.page_parts import PageRoute, go, page_words, typed_text
from alpr_edge.department.page.site import DepartmentSite
from alpr_edge.domain.audits.audit import RecordFinding, SampleReview, parse_numbers
from alpr_edge.domain.audits.samples import parse_seed
from alpr_edge.domain.errors import AuditError, SearchError
from alpr_edge.web.visitor import Visitor


class AuditStepPages:
    """What the forms of audits' pages do."""

    def __init__(self, site: DepartmentSite) -> None:
        self._site = site
        self._pages = AuditPages(site)
        self.steps: tuple[PageRoute, ...] = (
            ("/audits", "POST", self.draw),
            ("/audits/{number}/review", "POST", self.review),
            ("/audits/{number}/sign-off", "POST", self.sign_off),
            ("/audits/{number}/report", "POST", self.report),
        )

    def draw(self, visitor: Visitor) -> Response:
        """Begin to draw the next audit, and lead to the page that tells how far it is."""
        self._site.require(visitor, Operation.DRAW_AUDIT)
        audits, purpose = self._site.office.audits, self._pages.purpose(visitor)
        period, seed = (typed_text(visitor.fields, name) for name in ("period", "seed"))
        try:
            given = parse_seed(seed) if seed else None
            audits.check_period(period)
            job = PageJob("An audit is drawn", "/audits", lambda _word, audit: f"/audits/{audit.number}")
            work = partial(audits.draw, self._site.authoriser(visitor), purpose, period, given)
            return go(f"/work/{self._site.jobs.begin(visitor, job, work)}")
        except (AuditError, SearchError) as error:
            return self._pages.plan(visitor, page_words(error))

    def review(self, visitor: Visitor) -> Response:
        """Note what was found of some records."""
        number, purpose = number_of(visitor.parameters["number"]), self._pages.purpose(visitor)
        fields = visitor.fields
        try:
            self._site.require(visitor, Operation.REVIEW_RECORDS)
            review = SampleReview(
                parse_numbers(fields.get("numbers", "")),
                _finding(fields.get("finding", "")),
                typed_text(fields, "text"),
            )
            self._site.office.audits.review(self._site.authoriser(visitor), purpose, number, review)
        except AuditError as error:
            return self._pages.sample(visitor, page_words(error))
        return go(f"/audits/{number}/{number_of(fields.get('page') or '1')}")

    def sign_off(self, visitor: Visitor) -> Response:
        """Sign an audit off that others reviewed."""
        number, purpose = number_of(visitor.parameters["number"]), self._pages.purpose(visitor)
        note = typed_text(visitor.fields, "note")
        try:
            self._site.office.audits.sign_off(self._site.authoriser(visitor), purpose, number, note)
        except AuditError as error:
            return self._pages.sample(visitor, page_words(error))
        return go(f"/audits/{number}")

    def report(self, visitor: Visitor) -> Response:
        """Begin a report, for which the sample is drawn again from the logs."""
        self._site.require(visitor, Operation.SHOW_AUDITS)
        number, purpose = number_of(visitor.parameters["number"]), self._pages.purpose(visitor)
        audits, authoriser = self._site.office.audits, self._site.authoriser(visitor)
        if number > len(audits.read_all()):
            raise SearchError(f"{number}: no such audit")

        def work(tick: Tick) -> object:
            return audits.view(authoriser, purpose, number, tick)

        job = PageJob("An audit is reported on", f"/audits/{number}", lambda word, _view: f"/audit-reports/{word}")
        try:
            return go(f"/work/{self._site.jobs.begin(visitor, job, work)}")
        except SearchError as error:
            return self._pages.sample(visitor, str(error))


def _finding(text: str) -> RecordFinding:
    try:
        return RecordFinding(text)
    except ValueError:
        raise AuditError("choose what the records were") from None
