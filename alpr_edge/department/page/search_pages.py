"""The pages of a search of the department's reads: its form, what it finds page by page, and a read that was found.

No address tells what is searched for: a search is known by a random word to the session that asked, and each picture by
one that is good once.
"""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime

from starlette.responses import Response

from alpr_edge.access.authorisation.operations import Operation
from alpr_edge.department.inquiries.read_inquiries import check_inquiry, plate_subjects
from alpr_edge.department.page.asked_search import AskedSearch
from alpr_edge.department.page.page_parts import PageRoute, go
from alpr_edge.department.page.search_form import LAST, parse_search_form
from alpr_edge.department.page.shown_pictures import ShownPicture, picture_addresses
from alpr_edge.department.page.site import DepartmentSite
from alpr_edge.department.search.criteria import DepartmentSearch
from alpr_edge.domain.errors import SearchError
from alpr_edge.web.pictures import picture_response
from alpr_edge.web.purpose_form import PurposeForm
from alpr_edge.web.visitor import Visitor

PAGES_MAX = 40
"""Pages of one search; whoever needs more narrows it."""


class DepartmentSearchPages:
    """The pages of searches."""

    def __init__(self, site: DepartmentSite) -> None:
        self._site = site
        self._form = PurposeForm(site, Operation.SEARCH_READS)
        self.steps: tuple[PageRoute, ...] = (
            ("/search", "GET", self.show),
            ("/search", "POST", self.begin),
            ("/search/{search_id}/change", "GET", self.change),
            ("/search/{search_id}/untimed", "POST", self.begin_untimed),
            ("/search/{search_id}/{page}", "GET", self.results),
            ("/search/{search_id}/{page}/{place}", "GET", self.read),
            ("/pictures/{picture_id}", "GET", self.picture),
        )

    def show(self, visitor: Visitor) -> Response:
        """The form of a search."""
        return self._form_page(visitor, {})

    def change(self, visitor: Visitor) -> Response:
        """The form of a search that was made, to change it."""
        return self._form_page(visitor, self._search_of(visitor).fields)

    def begin(self, visitor: Visitor) -> Response:
        """Begin a search, and lead to its first page."""
        fields, purpose = visitor.fields, self._form.purpose(visitor.fields)
        try:
            search = parse_search_form(fields, datetime.now(UTC))
        except SearchError as error:
            self._form.require(visitor, purpose)
            return self._form_page(visitor, fields, str(error))
        # Nothing is kept for whoever may search for no purpose at all.
        self._form.require(visitor, purpose, plate_subjects(check_inquiry(search)))
        if fault := self._form.fault(purpose):
            return self._form_page(visitor, fields, fault)
        return self._begin(visitor, AskedSearch(purpose, search, fields))

    def begin_untimed(self, visitor: Visitor) -> Response:
        """Begin a search of the reads whose time is not sure and which would fit another."""
        asked = self._search_of(visitor)
        search = replace(asked.search, is_untimed=True)
        return self._begin(visitor, AskedSearch(asked.purpose, search, asked.fields))

    def results(self, visitor: Visitor) -> Response:
        asked, number = self._search_of(visitor), _number(visitor.parameters["page"])
        if number not in asked.places:
            raise SearchError("there is no such page of this search")
        authoriser, place = self._site.authoriser(visitor), asked.places[number]
        page = self._site.office.reads.page(authoriser, asked.purpose, asked.search, place)
        asked.found[number] = page.reads
        if page.next is not None and number < PAGES_MAX:
            asked.places[number + 1] = page.next
        if asked.canvasses is None:
            asked.canvasses = self._site.office.canvasses.of_case(authoriser, asked.purpose)
        unknown_unit = "" if page.reads or page.next else self._unknown_unit(asked.search)
        shown = {"search": visitor.parameters["search_id"], "asked": asked.search, "canvasses": asked.canvasses}
        shown |= {"page": page, "number": number, "pages_max": PAGES_MAX, "may": self._offers(visitor)}
        return self._site.page("results", visitor, unknown_unit=unknown_unit, **shown)

    def read(self, visitor: Visitor) -> Response:
        """A read that was found, with its pictures, each at an address that is good once."""
        asked, number = self._search_of(visitor), _number(visitor.parameters["page"])
        reads, place = asked.found.get(number, ()), _number(visitor.parameters["place"])
        if not 1 <= place <= len(reads):
            raise SearchError("this search showed no such read")
        authoriser, found = self._site.authoriser(visitor), reads[place - 1]
        read, pictures = self._site.office.reads.read(authoriser, asked.purpose, found)
        addresses = picture_addresses(self._site, visitor, asked.purpose, read, pictures)
        word = visitor.parameters["search_id"]
        shown = {"pictures": addresses, "back": f"/search/{word}/{number}", "back_words": "Results"}
        shown["hold_path"] = f"/holds/from/{word}/{number}/{place}" if self._offers(visitor)["hold"] else ""
        return self._site.page("read", visitor, read=read, **shown)

    def picture(self, visitor: Visitor) -> Response:
        """A picture of a page that was just shown."""
        shown = self._site.pictures.take(visitor, visitor.parameters["picture_id"], ShownPicture)
        authoriser = self._site.authoriser(visitor)
        jpeg = self._site.office.reads.picture(authoriser, shown.purpose, shown.read, shown.sha256)
        return picture_response(jpeg)

    def _unknown_unit(self, search: DepartmentSearch) -> str:
        """The unit that is searched for, where there is none of this name; else empty."""
        unit_id = search.unit_id or ""
        return unit_id if unit_id and not self._site.office.reads.knows_unit(unit_id) else ""

    def _offers(self, visitor: Visitor) -> dict[str, bool]:
        """What the visitor may do with what a search found."""
        authoriser = self._site.authoriser(visitor)
        offers = {"hold": Operation.HOLD_READ, "save": Operation.SAVE_SEARCH}
        return {name: authoriser.decide(operation, None).is_allowed for name, operation in offers.items()}

    def _begin(self, visitor: Visitor, asked: AskedSearch) -> Response:
        return go(f"/search/{self._site.lookups.add(visitor, asked)}/1")

    def _search_of(self, visitor: Visitor) -> AskedSearch:
        return self._site.lookups.find(visitor, visitor.parameters["search_id"], AskedSearch)

    def _form_page(self, visitor: Visitor, fields: Mapping[str, str], fault: str = "") -> Response:
        choices = self._form.choices(visitor)
        status = 422 if fault else 200
        return self._site.page(
            "search", visitor, status, fault=fault, fields=fields, choices=choices, periods=list(LAST)
        )


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdecimal() and len(text) <= 3 else 0
