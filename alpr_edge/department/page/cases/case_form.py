"""The form that says what for and for which case somebody looks at holds or packages, and what it is kept as."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from starlette.responses import Response

from alpr_edge.access.authorisation.operations import Operation
from alpr_edge.department.page.page_parts import go
from alpr_edge.department.page.site import DepartmentSite
from alpr_edge.domain.errors import SearchError
from alpr_edge.domain.permissions.purposes import Purpose
from alpr_edge.web.lookup_memory import OVER
from alpr_edge.web.purpose_form import PurposeForm
from alpr_edge.web.visitor import Visitor


@dataclass(frozen=True, slots=True, eq=False)
class CaseInquiry:
    """What somebody looks at holds or packages for."""

    purpose: Purpose = field(repr=False)
    operation: Operation


class CaseForm:
    """The form of purpose, offence and case."""

    def __init__(self, site: DepartmentSite, operation: Operation, template: str, path: str) -> None:
        self._site = site
        self._operation = operation
        self._form = PurposeForm(site, operation)
        self._template = template
        self._path = path

    def show(self, visitor: Visitor) -> Response:
        return self._page(visitor, {})

    def begin(self, visitor: Visitor) -> Response:
        """Take the form, and lead to what it asks for."""
        purpose = self._form.purpose(visitor.fields)
        self._form.require(visitor, purpose)
        if fault := self._form.fault(purpose):
            return self._page(visitor, visitor.fields, fault)
        return go(f"{self._path}/{self._site.lookups.add(visitor, CaseInquiry(purpose, self._operation))}")

    def purpose(self, visitor: Visitor) -> Purpose:
        """The purpose of the word in an address."""
        found = self._site.lookups.find(visitor, visitor.parameters["inquiry_id"], CaseInquiry)
        if found.operation is not self._operation:
            raise SearchError(OVER)
        return found.purpose

    def _page(self, visitor: Visitor, fields: Mapping[str, str], fault: str = "") -> Response:
        shown = {"choices": self._form.choices(visitor), "fields": fields, "fault": fault}
        return self._site.page(self._template, visitor, 422 if fault else 200, **shown)
