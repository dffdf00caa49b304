"""The pages of a search of stored reads: its form, what it finds page by page, and a read that was found."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta

from starlette.requests import Request
from starlette.responses import Response

from alpr_edge.access.authorisation.operations import Operation
from alpr_edge.console.lookups.hold_form import held_words, hold_values, place_hold
from alpr_edge.console.lookups.navigation import lookup_page
from alpr_edge.console.page_parts import go
from alpr_edge.console.unit import ConsoleUnit
from alpr_edge.domain.errors import FeedError, HoldError, SearchError
from alpr_edge.domain.holds.hold import HOLD_READS_MAX, HoldKind
from alpr_edge.domain.patterns import written_text
from alpr_edge.domain.permissions.purposes import Purpose
from alpr_edge.domain.reads import EvidenceKind
from alpr_edge.domain.sessions.session import SessionState
from alpr_edge.services.reads import ShownRead
from alpr_edge.services.search.read_searches import (
    ReadSearch,
    ReadSearches,
    SearchCursor,
    SearchPage,
    search_note,
    search_subject,
)
from alpr_edge.services.search.search_input import SearchRequest, parse_search
from alpr_edge.store.reads.search import ReadFilter, newest_place
from alpr_edge.web.maps.street_tiles import streets_response
from alpr_edge.web.pictures import picture_response
from alpr_edge.web.purpose_form import PurposeForm, fault_words
from alpr_edge.web.visitor import Visitor

PAGES_MAX = 40
"""Most pages of one search; whoever needs more narrows it."""
READS_MAX = 4_000
"""Most reads that may be opened from one search."""


@dataclass(frozen=True, slots=True)
class PageMessage:
    """What a page says of a form that was sent."""

    text: str
    is_fault: bool = False


@dataclass(slots=True, eq=False)
class _KeptSearch:
    """A search that somebody began."""

    purpose: Purpose
    search: ReadSearch
    fields: Mapping[str, str] = field(repr=False)
    """The form as it was filled in."""
    cursors: dict[int, SearchCursor] = field(repr=False)
    """Where each page begins that may be asked for, by its number."""
    read_ids: set[str] = field(default_factory=set, repr=False)
    """The reads that it showed, which may be opened."""

    said: PageMessage | None = None
    """What the next page of it says, once."""

    def take_message(self) -> PageMessage | None:
        """What is to be said, once."""
        message, self.said = self.said, None
        return message

    def note_reads(self, reads: tuple[ShownRead, ...]) -> None:
        """Let reads that are shown be opened, and those that they correct or are corrected by."""
        for shown in reads:
            if len(self.read_ids) < READS_MAX:
                linked = (shown.read.read_id, shown.read.supersedes, shown.superseded_by)
                self.read_ids.update(read_id for read_id in linked if read_id is not None)


class SearchPages:
    """The pages of searches."""

    def __init__(self, unit: ConsoleUnit) -> None:
        self._unit = unit
        self._cameras = tuple(camera.id for camera in unit.settings.camera)
        self._searches = ReadSearches(unit.store, unit.settings.hotlist, unit.settings.store, self._cameras)
        self._form = PurposeForm(unit, Operation.SEARCH_READS)

    def show(self, visitor: Visitor) -> Response:
        """The form of a search."""
        self._unit.speed.require_slow(visitor)
        return self._form_page(visitor, {})

    def change(self, visitor: Visitor) -> Response:
        """The form of a search that was made, to change it."""
        return self._form_page(visitor, self._search_of(visitor).fields)

    def begin(self, visitor: Visitor) -> Response:
        """Begin a search, and lead to its first page."""
        self._unit.speed.require_slow(visitor)
        fields = visitor.fields
        purpose = self._form.purpose(fields)
        try:
            search = ReadSearch(self._filter(fields))
        except FeedError as error:
            self._form.require(visitor, purpose)
            return self._form_page(visitor, fields, fault_words(error))
        # Nothing is kept for whoever may search for no purpose at all.
        self._form.require(visitor, purpose, [search_subject(search)])
        if fault := self._form.fault(purpose):
            return self._form_page(visitor, fields, fault)
        return self._begin(visitor, purpose, search, fields)

    def begin_untimed(self, visitor: Visitor) -> Response:
        """Begin a search of the reads whose time is not known and which would fit another."""
        kept = self._search_of(visitor)
        search = replace(kept.search, is_untimed=True)
        self._form.require(visitor, kept.purpose, [search_subject(search)])
        return self._begin(visitor, kept.purpose, search, kept.fields)

    def results(self, visitor: Visitor) -> Response:
        kept, number = self._search_of(visitor), _number(visitor.parameters["page"])
        cursor = kept.cursors.get(number)
        if cursor is None:
            raise SearchError("there is no such page of this search")
        page = self._searches.page(self._unit.authoriser(visitor), kept.purpose, kept.search, cursor)
        kept.note_reads(page.reads)
        if page.next is not None and number < PAGES_MAX:
            kept.cursors[number + 1] = page.next
        return self._results_page(visitor, kept, page, number)

    def read(self, visitor: Visitor) -> Response:
        """A read that was found."""
        kept, read_id = self._search_of(visitor), self._read_id(visitor)
        shown = self._searches.read(self._unit.authoriser(visitor), kept.purpose, read_id)
        kept.note_reads((shown,))
        held, word = hold_values(self._unit, [read_id]), visitor.parameters["search_id"]
        return self._page("search_read", visitor, shown=shown, search=word, said=kept.take_message(), **held)

    def picture(self, visitor: Visitor) -> Response:
        """A picture of a read that was found."""
        kept, read_id = self._search_of(visitor), self._read_id(visitor)
        try:
            kind = EvidenceKind(visitor.parameters["kind"])
        except ValueError:
            raise SearchError("there is no such picture") from None
        jpeg = self._searches.picture(self._unit.authoriser(visitor), kept.purpose, read_id, kind)
        return picture_response(jpeg)

    def hold(self, visitor: Visitor) -> Response:
        """Hold everything that a search finds, and lead back to its first page."""
        kept = self._search_of(visitor)
        try:
            ids = self._ids_to_hold(visitor, kept)
            about = kept.search.wanted.pattern or "", search_note(kept.search)
            hold = place_hold(self._unit, visitor, kept.purpose, HoldKind.SEARCH, ids, about)
            kept.said = PageMessage(held_words(hold))
        except (HoldError, SearchError) as error:
            kept.said = PageMessage(str(error), is_fault=True)
        return go(f"/search/{visitor.parameters['search_id']}/1")

    def hold_read(self, visitor: Visitor) -> Response:
        """Hold one read that was found, and lead back to it."""
        kept, read_id = self._search_of(visitor), self._read_id(visitor)
        try:
            hold = place_hold(self._unit, visitor, kept.purpose, HoldKind.READ, [read_id], ("", ""))
            kept.said = PageMessage(held_words(hold))
        except HoldError as error:
            kept.said = PageMessage(str(error), is_fault=True)
        return go(f"/search/{visitor.parameters['search_id']}/reads/{read_id}")

    def _begin(self, visitor: Visitor, purpose: Purpose, search: ReadSearch, fields: Mapping[str, str]) -> Response:
        kept = _KeptSearch(purpose, search, fields, {1: self._searches.begin(search)})
        return go(f"/search/{self._unit.lookups.add(visitor, kept)}/1")

    def _ids_to_hold(self, visitor: Visitor, kept: _KeptSearch) -> list[str]:
        """All that a search finds, for whoever may hold it; nothing for others, whose hold is refused on record."""
        may_hold = self._unit.authoriser(visitor).decide(Operation.HOLD_READ, kept.purpose).is_allowed
        return self._searches.found_ids(kept.search, HOLD_READS_MAX) if may_hold else []

    def _search_of(self, visitor: Visitor) -> _KeptSearch:
        self._unit.speed.require_slow(visitor)
        return self._unit.lookups.find(visitor, visitor.parameters["search_id"], _KeptSearch)

    def _read_id(self, visitor: Visitor) -> str:
        """The read of the address, if this search showed it."""
        read_id = visitor.parameters["read_id"]
        if read_id not in self._search_of(visitor).read_ids:
            raise SearchError("this search showed no such read")
        return read_id

    def _filter(self, fields: Mapping[str, str]) -> ReadFilter:
        place = fields.get("place", "")
        request = SearchRequest(
            plate=fields.get("plate", ""),
            time=fields.get("time", ""),
            begin=fields.get("begin", ""),
            end=fields.get("end", ""),
            place=fields.get("at", "") or "nowhere" if place == "at" else place,
            radius=fields.get("radius", ""),
            camera=fields.get("camera", ""),
            state=fields.get("state", ""),
        )
        here = newest_place(self._unit.store.database)
        return parse_search(request, self._cameras, self._unit.clock.now().trusted_utc, here)

    def _form_page(self, visitor: Visitor, fields: Mapping[str, str], fault: str = "") -> Response:
        choices = self._form.choices(visitor)
        shown = {"fault": fault, "fields": fields, "cameras": self._cameras, "choices": choices, "maps": self._maps()}
        return self._page("search", visitor, 422 if fault else 200, **shown)

    def _maps(self) -> dict[str, object] | None:
        """The map of streets on which a place is chosen; None if the unit has no streets."""
        streets = self._unit.streets
        if streets is None:
            return None
        box = ",".join(f"{each:.5f}" for each in streets.box)
        credit = self._unit.settings.console.streets_credit
        return {"streets": streets, "streets_credit": credit, "box_words": box, "outlines": None}

    def streets(self, visitor: Visitor, request: Request) -> Response:
        """The part of the file of streets that a browser asks for; it says nothing of anybody."""
        self._unit.speed.require_slow(visitor)
        if self._unit.sign_ins(visitor).state() is not SessionState.OPEN:
            return Response(status_code=403)
        if self._unit.streets is None:
            raise SearchError("this unit has no file of streets")
        return streets_response(self._unit.streets, request.headers.get("Range", ""))

    def _results_page(self, visitor: Visitor, kept: _KeptSearch, page: SearchPage, number: int) -> Response:
        retention = self._unit.settings.retention
        return self._page(
            "search_results",
            visitor,
            page=page,
            number=number,
            pages_max=PAGES_MAX,
            wanted=kept.search.wanted,
            typed_plate=written_text(kept.search.wanted.pattern or "", kept.fields.get("plate", "")),
            is_untimed=kept.search.is_untimed,
            search=visitor.parameters["search_id"],
            kept_days=retention.limits.shortest / timedelta(days=1),
            said=kept.take_message(),
            **hold_values(self._unit, [shown.read.read_id for shown in page.reads]),
        )

    def _page(self, name: str, visitor: Visitor, status: int = 200, **values: object) -> Response:
        return lookup_page(self._unit, visitor, "/search", name, status, **values)


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdecimal() and len(text) <= 3 else 0
