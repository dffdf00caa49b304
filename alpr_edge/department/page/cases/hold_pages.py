"""The pages of holds: what is held for a case, one hold and its changes, and what a search showed, to be held."""

import re
from collections.abc import Sequence

from starlette.responses import Response

from alpr_edge.access.authorisation.operations import Operation
from alpr_edge.department.page.asked_search import AskedSearch
from alpr_edge.department.page.cases.case_form import CaseForm, CaseInquiry
from alpr_edge.department.page.cases.held_read_pages import HeldReadPages
from alpr_edge.department.page.page_parts import PageRoute, go
from alpr_edge.department.page.site import DepartmentSite
from alpr_edge.department.search.pages import FoundRead
from alpr_edge.domain.errors import HoldError, SearchError
from alpr_edge.domain.holds.hold import parse_hold_end
from alpr_edge.domain.permissions.purposes import Purpose
from alpr_edge.web.visitor import Visitor

PATH = "/holds"


class DepartmentHoldPages:
    """The pages of holds."""

    def __init__(self, site: DepartmentSite) -> None:
        self._site = site
        self._holds = site.office.holds
        self._form = CaseForm(site, Operation.SHOW_HOLDS, "cases/hold_purpose", PATH)
        self.steps: tuple[PageRoute, ...] = (
            *HeldReadPages(site, self._form).steps,
            (PATH, "GET", self._form.show),
            (PATH, "POST", self._form.begin),
            ("/holds/from/{search_id}", "GET", self.ask),
            ("/holds/from/{search_id}", "POST", self.hold_found),
            ("/holds/from/{search_id}/{page}/{place}", "GET", self.ask),
            ("/holds/from/{search_id}/{page}/{place}", "POST", self.hold_found),
            ("/holds/{inquiry_id}", "GET", self.list),
            ("/holds/{inquiry_id}", "POST", self.place),
            ("/holds/{inquiry_id}/{hold_id}", "GET", self.show),
            ("/holds/{inquiry_id}/{hold_id}/extend", "POST", self.extend),
            ("/holds/{inquiry_id}/{hold_id}/release", "POST", self.release),
        )

    def list(self, visitor: Visitor) -> Response:
        """What is held."""
        return self._list_page(visitor)

    def place(self, visitor: Visitor) -> Response:
        """Hold reads whose ids were typed."""
        fields, purpose = visitor.fields, self._form.purpose(visitor)
        ids = [text for text in re.split(r"[,;\s]+", fields.get("reads", "")) if text]
        if fault := self._hold(visitor, purpose, ids):
            return self._list_page(visitor, fault)
        return go(f"{PATH}/{visitor.parameters['inquiry_id']}")

    def show(self, visitor: Visitor) -> Response:
        """One hold, with the forms that change it."""
        return self._hold_page(visitor)

    def extend(self, visitor: Visitor) -> Response:
        """Have a hold last longer."""
        purpose, hold_id = self._form.purpose(visitor), visitor.parameters["hold_id"]
        try:
            until = parse_hold_end(visitor.fields.get("until"))
            self._holds.extend(self._site.authoriser(visitor), purpose, hold_id, until)
        except HoldError as error:
            return self._hold_page(visitor, str(error))
        return go(f"{PATH}/{visitor.parameters['inquiry_id']}")

    def release(self, visitor: Visitor) -> Response:
        purpose, hold_id = self._form.purpose(visitor), visitor.parameters["hold_id"]
        try:
            self._holds.release(self._site.authoriser(visitor), purpose, hold_id, visitor.fields.get("reason", ""))
        except HoldError as error:
            return self._hold_page(visitor, str(error))
        return go(f"{PATH}/{visitor.parameters['inquiry_id']}")

    def ask(self, visitor: Visitor) -> Response:
        """The form that holds what a search showed, or one read of it."""
        return self._ask_page(visitor)

    def hold_found(self, visitor: Visitor) -> Response:
        """Hold what a search showed, and lead to the holds of the case."""
        asked, found = self._reads_of(visitor)
        case = visitor.fields.get("case", "").strip() or asked.purpose.case
        purpose = Purpose(asked.purpose.code, asked.purpose.offence, case, asked.purpose.note)
        if fault := self._hold(visitor, purpose, [each.read_id for each in found]):
            return self._ask_page(visitor, fault)
        return go(f"{PATH}/{self._site.lookups.add(visitor, CaseInquiry(purpose, Operation.SHOW_HOLDS))}")

    def _hold(self, visitor: Visitor, purpose: Purpose, read_ids: Sequence[str]) -> str:
        """Hold reads by the fields of a form; what is wrong with these, empty: nothing."""
        fields = visitor.fields
        try:
            until = parse_hold_end(fields.get("until"))
            self._holds.place(self._site.authoriser(visitor), purpose, read_ids, fields.get("reason", ""), until)
        except HoldError as error:
            return str(error)
        return ""

    def _reads_of(self, visitor: Visitor) -> tuple[AskedSearch, Sequence[FoundRead]]:
        """A search, and of what it showed all reads, or the one that the address names."""
        names = visitor.parameters
        asked = self._site.lookups.find(visitor, names["search_id"], AskedSearch)
        shown = {
            (f"{page}", f"{place}"): read for page, reads in asked.found.items() for place, read in enumerate(reads, 1)
        }
        found = [shown.get((names["page"], names["place"]))] if "place" in names else list(shown.values())
        if not found or None in found:
            raise SearchError("this search showed no such read")
        return asked, [read for read in found if read is not None]

    def _list_page(self, visitor: Visitor, fault: str = "") -> Response:
        purpose, word = self._form.purpose(visitor), visitor.parameters["inquiry_id"]
        found = self._holds.list(self._site.authoriser(visitor), purpose)
        shown = {
            "found": found,
            "case": purpose.case or "",
            "inquiry": word,
            "fields": visitor.fields,
            "fault": fault,
        }
        return self._site.page("cases/holds", visitor, 422 if fault else 200, **shown)

    def _hold_page(self, visitor: Visitor, fault: str = "") -> Response:
        purpose, word = self._form.purpose(visitor), visitor.parameters["inquiry_id"]
        try:
            hold = self._holds.find(self._site.authoriser(visitor), purpose, visitor.parameters["hold_id"])
        except HoldError as error:
            raise SearchError(str(error)) from None
        shown = {"hold": hold, "case": purpose.case or "", "inquiry": word}
        return self._site.page(
            "cases/hold", visitor, 422 if fault else 200, fields=visitor.fields, fault=fault, **shown
        )

    def _ask_page(self, visitor: Visitor, fault: str = "") -> Response:
        asked, found = self._reads_of(visitor)
        self._site.require(visitor, Operation.HOLD_READ, asked.purpose)
        names = visitor.parameters
        below = f"{names['search_id']}/{names['page']}/{names['place']}" if "place" in names else names["search_id"]
        back = f"/search/{below}" if "place" in names else f"/search/{below}/1"
        shown = {
            "found": found,
            "below": below,
            "back": back,
            "case": asked.purpose.case or "",
            "fields": visitor.fields,
        }
        return self._site.page("cases/hold_form", visitor, 422 if fault else 200, fault=fault, **shown)
