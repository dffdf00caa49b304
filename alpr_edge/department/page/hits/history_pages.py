"""The pages of the hits of one plate, which are shown for a case alone; no address tells the plate."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from starlette.responses import Response

from alpr_edge.access.authorisation.operations import Operation
from alpr_edge.department.inquiries.hits.hit_board import HITS_MAX, check_whole_plate, history_subject
from alpr_edge.department.page.page_parts import PageRoute, go, typed_text
from alpr_edge.department.page.site import DepartmentSite
from alpr_edge.domain.errors import SearchError
from alpr_edge.domain.permissions.purposes import Purpose
from alpr_edge.web.purpose_form import PurposeForm
from alpr_edge.web.visitor import Visitor


@dataclass(frozen=True, slots=True, eq=False)
class _AskedHistory:
    """The plate whose hits somebody asked for, for as long as they look at them."""

    purpose: Purpose
    plate: str = field(repr=False)
    """As it was typed."""


class HistoryPages:
    """The pages of the hits of one plate."""

    def __init__(self, site: DepartmentSite) -> None:
        self._site = site
        self._form = PurposeForm(site, Operation.SEARCH_READS)
        self.steps: tuple[PageRoute, ...] = (
            ("/history", "GET", self.show),
            ("/history", "POST", self.begin),
            ("/history/{history_id}", "GET", self.results),
        )

    def show(self, visitor: Visitor) -> Response:
        """The form."""
        return self._form_page(visitor, {})

    def begin(self, visitor: Visitor) -> Response:
        """Take the form, and lead to what it asks for."""
        fields, purpose = visitor.fields, self._form.purpose(visitor.fields)
        self._form.require(visitor, purpose, [history_subject(fields.get("plate", ""))])
        choices = self._form.choices(visitor)
        fault = self._form.fault(purpose)
        if not fault and not purpose.case:
            fault = f"the hits of a plate need a case number, such as {choices['case_formats']}"
        plate = typed_text(fields, "plate")
        try:
            check_whole_plate(plate)
        except SearchError as error:
            fault = fault or str(error)
        if fault:
            return self._form_page(visitor, fields, fault)
        return go(f"/history/{self._site.lookups.add(visitor, _AskedHistory(purpose, plate))}")

    def results(self, visitor: Visitor) -> Response:
        """The hits of the plate."""
        asked = self._site.lookups.find(visitor, visitor.parameters["history_id"], _AskedHistory)
        lines = self._site.office.hits.history(self._site.authoriser(visitor), asked.purpose, asked.plate)
        shown = {"plate": asked.plate.upper(), "is_full": len(lines) == HITS_MAX}
        return self._site.page("history", visitor, lines=lines, **shown)

    def _form_page(self, visitor: Visitor, fields: Mapping[str, str], fault: str = "") -> Response:
        choices = self._form.choices(visitor)
        shown = {"choices": choices, "fields": fields, "fault": fault}
        return self._site.page("history_form", visitor, 422 if fault else 200, **shown)
