"""The pages of reports: the form that asks for the days, and the report itself, which shows no plate and no person."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from starlette.responses import Response

from alpr_edge.access.authorisation.operations import Operation
from alpr_edge.console.lookups.navigation import lookup_page
from alpr_edge.console.page_parts import PageRoute, go
from alpr_edge.console.unit import ConsoleUnit
from alpr_edge.domain.errors import ReportError
from alpr_edge.domain.permissions.purposes import Purpose
from alpr_edge.domain.statistics.periods import ReportPeriod, period_of_days
from alpr_edge.services.reports.sheets import ReportSheet, precision_sheet, transparency_sheet
from alpr_edge.services.reports.unit_reports import UnitReports
from alpr_edge.web.purpose_form import PurposeForm
from alpr_edge.web.visitor import Visitor

PATH = "/reports"
KINDS = {"precision": "How often reads are right", "transparency": "What was read, found and done"}
SMALL = {"": "show all counts", "5": "hide counts below 5", "10": "hide counts below 10"}
DAYS_SHOWN_FIRST = 7
"""Days that the form begins with, up to today."""


@dataclass(frozen=True, slots=True)
class _KeptReport:
    """A report that somebody asked for; to see it again makes no new one."""

    sheet: ReportSheet


class ReportPages:
    """The pages of reports."""

    def __init__(self, unit: ConsoleUnit) -> None:
        self._unit = unit
        self._reports = UnitReports(unit.store.database, unit.log)
        self._form = PurposeForm(unit, Operation.REPORT_PRECISION)
        self.steps: tuple[PageRoute, ...] = (
            (PATH, "GET", self.show),
            (PATH, "POST", self.make),
            (f"{PATH}/{{report_id}}", "GET", self.report),
        )

    def show(self, visitor: Visitor) -> Response:
        """The form."""
        self._unit.speed.require_slow(visitor)
        today = datetime.now().astimezone().date()
        first = today - timedelta(days=DAYS_SHOWN_FIRST - 1)
        return self._form_page(visitor, {"since": first.isoformat(), "until": today.isoformat()})

    def make(self, visitor: Visitor) -> Response:
        """Make a report, and lead to it."""
        self._unit.speed.require_slow(visitor)
        fields = visitor.fields
        purpose = self._form.purpose(fields)
        self._form.require(visitor, purpose)
        if fault := self._form.fault(purpose):
            return self._form_page(visitor, fields, fault)
        try:
            period = _period(fields)
        except ReportError as error:
            return self._form_page(visitor, fields, str(error))
        kept = _KeptReport(self._sheet(visitor, purpose, period))
        return go(f"{PATH}/{self._unit.lookups.add(visitor, kept)}")

    def report(self, visitor: Visitor) -> Response:
        """A report that was made, for whoever may still make it."""
        self._unit.speed.require_slow(visitor)
        self._form.choices(visitor)
        kept = self._unit.lookups.find(visitor, visitor.parameters["report_id"], _KeptReport)
        return lookup_page(self._unit, visitor, PATH, "report", sheet=kept.sheet)

    def _sheet(self, visitor: Visitor, purpose: Purpose, period: ReportPeriod) -> ReportSheet:
        unit_id, authoriser = self._unit.settings.unit.id, self._unit.authoriser(visitor)
        if visitor.fields.get("kind") != "transparency":
            return precision_sheet(self._reports.precision(authoriser, purpose, period), period, unit_id)
        small = visitor.fields.get("small", "")
        small_below = int(small) if small in SMALL and small else 0
        report = self._reports.transparency(authoriser, purpose, period, small_below)
        return transparency_sheet(report, period, unit_id, self._unit.policy.profile, small_below)

    def _form_page(self, visitor: Visitor, fields: Mapping[str, str], fault: str = "") -> Response:
        choices = self._form.choices(visitor)
        if len(choices["purposes"]) == 1:
            fields = {"purpose": next(iter(choices["purposes"])), **fields}
        shown = {"fault": fault, "fields": fields, "choices": choices, "kinds": KINDS, "small": SMALL}
        return lookup_page(self._unit, visitor, PATH, "reports", 422 if fault else 200, **shown)


def _period(fields: Mapping[str, str]) -> ReportPeriod:
    try:
        since, until = (date.fromisoformat(fields.get(name, "")) for name in ("since", "until"))
    except ValueError:
        raise ReportError("give the first and the last day") from None
    return period_of_days(since, until)
