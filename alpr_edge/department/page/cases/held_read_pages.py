"""The pages of the reads of a hold: all of them, fifty a page, and each with its pictures.

They are shown for the hold's own case, to whoever may see holds and search reads for it. The address of a read tells
its id and no plate.
"""

from urllib.parse import quote

from starlette.responses import Response

from alpr_edge.department.page.cases.case_form import CaseForm
from alpr_edge.department.page.page_parts import PageRoute
from alpr_edge.department.page.shown_pictures import picture_addresses
from alpr_edge.department.page.site import DepartmentSite
from alpr_edge.domain.errors import HoldError, SearchError
from alpr_edge.web.visitor import Visitor

PATH = "/holds/{inquiry_id}/{hold_id}/reads/{page}"


class HeldReadPages:
    """The pages of the reads of a hold."""

    def __init__(self, site: DepartmentSite, form: CaseForm) -> None:
        self._site = site
        self._form = form
        self.steps: tuple[PageRoute, ...] = ((PATH, "GET", self.list), (f"{PATH}/{{read_id}}", "GET", self.show))

    def list(self, visitor: Visitor) -> Response:
        """A page of the reads of a hold."""
        purpose, names = self._form.purpose(visitor), visitor.parameters
        try:
            holds, number = self._site.office.holds, _number(names["page"])
            page = holds.reads(self._site.authoriser(visitor), purpose, names["hold_id"], number)
        except HoldError as error:
            raise SearchError(str(error)) from None
        return self._site.page("cases/held_reads", visitor, page=page, hold=page.hold, inquiry=names["inquiry_id"])

    def show(self, visitor: Visitor) -> Response:
        """One of them, with its pictures, each at an address that is good once."""
        purpose, names, authoriser = self._form.purpose(visitor), visitor.parameters, self._site.authoriser(visitor)
        try:
            held = self._site.office.holds.read(authoriser, purpose, names["hold_id"], names["read_id"])
        except HoldError as error:
            raise SearchError(str(error)) from None
        read, pictures = self._site.office.reads.read(authoriser, purpose, held)
        shown = {
            "pictures": picture_addresses(self._site, visitor, purpose, read, pictures),
            "back": PATH.format(**{name: quote(text) for name, text in names.items()}),
            "back_words": "Reads of the hold",
            "hold_path": "",
            "here": "/holds",
        }
        return self._site.page("read", visitor, read=read, **shown)


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdecimal() and len(text) <= 4 else 0
