"""The pages of audits: what is due, the sample with what stands out, a report for the file (policy 462.6(c))."""

from datetime import UTC, datetime

from starlette.responses import Response

from alpr_edge.access.authorisation.operations import Operation
from alpr_edge.department.audits.audit_views import AuditView, SamplePart
from alpr_edge.department.audits.sample_rows import sample_csv, sample_rows
from alpr_edge.department.page.page_parts import PageRoute, go, page_words
from alpr_edge.department.page.site import DepartmentSite
from alpr_edge.domain.audits.audit import AuditState, RecordFinding, numbers_text
from alpr_edge.domain.errors import AuditError, SearchError
from alpr_edge.domain.permissions.purposes import Purpose, PurposeCode
from alpr_edge.web.visitor import Visitor

PAGE_RECORDS = 50
FLAGS_MAX = 100
"""What stands out, as the first page of a sample lists it; each record tells its own as well."""
FINDINGS = {
    RecordFinding.IN_ORDER: "in order",
    RecordFinding.EXPLAINED: "explained",
    RecordFinding.VIOLATION: "a violation",
}


class AuditPages:
    """What is shown of audits."""

    def __init__(self, site: DepartmentSite) -> None:
        self._site = site
        self.steps: tuple[PageRoute, ...] = (
            ("/audits", "GET", self.plan),
            ("/audits/{number}", "GET", self.sample),
            ("/audits/{number}/{page}", "GET", self.sample),
            ("/audit-reports/{job_id}", "GET", self.report),
            ("/audit-reports/{job_id}/csv", "GET", self.table),
        )

    def plan(self, visitor: Visitor, fault: str = "") -> Response:
        """What is due, every audit, and the form that draws the next.

        Args:
            fault: what is wrong with the form that was sent; empty: nothing.
        """
        audits = self._site.office.audits
        schedule, found = audits.plan(self._site.authoriser(visitor), self.purpose(visitor))
        broken_off = any(audit.state is AuditState.DRAWN for audit in found)
        values = {
            "schedule": schedule,
            "warnings": [page_words(AuditError(line)) for line in schedule.warnings],
            "rules": audits.rules,
            "audits": found[::-1],
            "may_draw": self._site.may(visitor, Operation.DRAW_AUDIT),
            "is_broken_off": broken_off,
            "fields": visitor.fields if fault else {},
        }
        return self._site.page("audits/plan", visitor, 422 if fault else 200, fault=fault, **values)

    def sample(self, visitor: Visitor, fault: str = "") -> Response:
        """A page of an audit's sample, with the plates that were searched for, and the forms of its review.

        Args:
            fault: what is wrong with the form that was sent; empty: nothing.
        """
        number = number_of(visitor.parameters["number"])
        page = number_of(visitor.parameters.get("page") or visitor.fields.get("page") or "1")
        first = (page - 1) * PAGE_RECORDS + 1
        try:
            part = self._site.office.audits.part(
                self._site.authoriser(visitor), self.purpose(visitor), number, first, PAGE_RECORDS
            )
        except AuditError as error:
            raise SearchError(page_words(error)) from None
        values = self._of_part(visitor, part) | {
            "page": page,
            "may_review": self._site.may(visitor, Operation.REVIEW_RECORDS),
            "may_sign_off": self._site.may(visitor, Operation.SIGN_OFF_AUDIT),
            "findings": FINDINGS,
            "fields": visitor.fields if fault else {},
        }
        return self._site.page("audits/sample", visitor, 422 if fault else 200, fault=fault, **values)

    def report(self, visitor: Visitor) -> Response:
        """A report that was made: it has no plate, and says whether the audit fits the logs."""
        if self._site.is_closed(visitor):
            self._report_of(visitor)
            return go("/")
        view = self._report_of(visitor)
        rows = sample_rows(view.audit, view.records)
        word = visitor.parameters["job_id"]
        return self._site.page("audits/report", visitor, view=view, audit=view.audit, rows=rows, report=word)

    def table(self, visitor: Visitor) -> Response:
        """The same for a spreadsheet."""
        view = self._report_of(visitor)
        if self._site.is_closed(visitor):
            return go("/")
        name = f"audit-{view.audit.number}.csv"
        text = sample_csv(sample_rows(view.audit, view.records))
        return Response(text, media_type="text/csv", headers={"Content-Disposition": f'attachment; filename="{name}"'})

    def purpose(self, visitor: Visitor) -> Purpose:
        """What audits are looked at for."""
        return self._site.purpose_of(visitor, Operation.SHOW_AUDITS, PurposeCode.AUDIT)

    def _of_part(self, visitor: Visitor, part: SamplePart) -> dict[str, object]:
        """What is told of some records, and of the audit that they are of."""
        audit, person = part.audit, self._site.sign_ins(visitor).presence().person
        sample, person_id = audit.sample, "" if person is None else person.person_id
        sampled, flags = (sample.sampled, sample.flags) if sample else ((), ())
        numbers = range(part.first, part.first + len(part.records))
        own = {number for number in numbers if sampled[number - 1].person_id == person_id}
        open_numbers = [number for number in audit.unreviewed_numbers if number in numbers and number not in own]
        rows = [
            row
            | {
                "plate": "" if record is None else record.query,
                "moment": _moment(row["happened"]),
                "sentences": [flags[at].sentence for at in sampled[row["number"] - 1].flags],
                "is_own": row["number"] in own,
            }
            for row, record in zip(sample_rows(audit, part.records, part.first), part.records, strict=True)
        ]
        return {
            "audit": audit,
            "rows": rows,
            "flags": flags[:FLAGS_MAX] if part.first == 1 else (),
            "is_last": part.first + len(part.records) > len(sampled),
            "open_numbers": numbers_text(open_numbers),
        }

    def _report_of(self, visitor: Visitor) -> AuditView:
        result = self._site.jobs.find(visitor, visitor.parameters["job_id"]).result
        if not isinstance(result, AuditView):
            raise SearchError("there is no such report")
        return result


def number_of(text: str) -> int:
    """A number in a path. Raises SearchError where it is none."""
    if not (text.isascii() and text.isdigit() and len(text) <= 9 and int(text)):
        raise SearchError("there is no such page")
    return int(text)


def _moment(happened: str | None) -> datetime | None:
    return None if happened is None else datetime.fromisoformat(happened).astimezone(UTC)
