"""The addresses of searches and entries: none of them tells a plate."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Self

from starlette.responses import JSONResponse, Response

from alpr_edge.access.authorisation.authoriser import AccessSubject
from alpr_edge.access.authorisation.operations import Operation
from alpr_edge.console.lookups.navigation import lookup_page, waiting_for
from alpr_edge.console.lookups.search_pages import SearchPages
from alpr_edge.console.page_parts import PageRoute, go
from alpr_edge.console.unit import ConsoleUnit
from alpr_edge.domain.errors import FeedError, SearchError, StoreError
from alpr_edge.domain.hits import MatchKind, Reason
from alpr_edge.domain.permissions.purposes import MAINTENANCE, Purpose
from alpr_edge.domain.reads import EvidenceKind, PlateRead
from alpr_edge.domain.sessions.session import SessionState
from alpr_edge.runtime.camera_pictures import read_picture, request_pictures
from alpr_edge.runtime.io_errors import io_errors
from alpr_edge.services.officer_entries import (
    OWN_REASONS,
    AddedEntry,
    EntryRequest,
    add_entry,
    parse_entry,
    remove_entry,
    show_entries,
)
from alpr_edge.services.reads import ShownRead, follow_reads
from alpr_edge.services.search.search_input import HERE
from alpr_edge.services.unit_health.daemons import fresh_health
from alpr_edge.store.hotlists.officer_entries import OwnEntry
from alpr_edge.store.reads.search import newest_place
from alpr_edge.web.pictures import picture_response
from alpr_edge.web.purpose_form import PurposeForm, fault_words
from alpr_edge.web.visitor import Visitor


@dataclass(slots=True, eq=False)
class _KeptFollow:
    """What one session follows, for one purpose."""

    purpose: Purpose
    cameras: tuple[str, ...]
    """The cameras whose pictures it may see."""
    reads: Sequence[ShownRead] = field(default=(), repr=False)
    """The reads that it shows; they are on record."""


class FollowPages:
    """The pages that follow what the unit reads and sees."""

    def __init__(self, unit: ConsoleUnit) -> None:
        self._unit = unit
        self._form = PurposeForm(unit, Operation.SHOW_READS)

    def show_form(self, visitor: Visitor) -> Response:
        """The form that asks for the purpose."""
        self._unit.speed.require_slow(visitor)
        return self._form_page(visitor)

    def begin(self, visitor: Visitor) -> Response:
        """Begin to follow the reads, and lead to them."""
        self._unit.speed.require_slow(visitor)
        purpose = self._form.purpose(visitor.fields)
        self._form.require(visitor, purpose)
        if fault := self._form.fault(purpose):
            return self._form_page(visitor, fault)
        may_see_cameras = self._unit.authoriser(visitor).decide(Operation.SHOW_CAMERAS, purpose).is_allowed
        cameras = self._record_cameras(visitor, purpose) if may_see_cameras else ()
        return go(f"/reads/{self._unit.lookups.add(visitor, _KeptFollow(purpose, cameras))}")

    def show(self, visitor: Visitor) -> Response:
        """The newest reads; at speed, and in a session that is not open, the first page in their place."""
        if self._unit.sign_ins(visitor).state() is not SessionState.OPEN or self._unit.speed.applies_to(visitor):
            return go("/")
        kept, unit = self._find(visitor), self._unit
        kept.reads = follow_reads(unit.store, unit.authoriser(visitor), kept.purpose, unit.settings.hotlist, kept.reads)
        word = visitor.parameters["follow_id"]
        return lookup_page(unit, visitor, "/reads", "reads", reads=kept.reads, cameras=kept.cameras, follow=word)

    def crop(self, visitor: Visitor) -> Response:
        """The picture of the plate of a read that is shown; the record of the read covers it."""
        self._unit.speed.require_slow(visitor)
        kept, read_id = self._find(visitor), visitor.parameters["read_id"]
        authoriser = self._unit.authoriser(visitor).without_use()
        authoriser.require(Operation.SHOW_READS, kept.purpose, is_page=True, is_current=True)
        evidence = next((each.read.evidence for each in kept.reads if each.read.read_id == read_id), ())
        crop = next((image for image in evidence if image.kind is EvidenceKind.CROP), None)
        if crop is None:
            raise SearchError("there is no such picture")
        return picture_response(self._unit.store.images.get(crop.sha256))

    def show_cameras(self, visitor: Visitor) -> Response:
        """The pictures of all cameras, for maintenance."""
        self._unit.speed.require_slow(visitor)
        cameras = self._record_cameras(visitor, MAINTENANCE)
        word = self._unit.lookups.add(visitor, _KeptFollow(MAINTENANCE, cameras))
        return lookup_page(self._unit, visitor, "/cameras", "cameras", cameras=cameras, follow=word)

    def camera(self, visitor: Visitor) -> Response:
        """The present picture of a camera; the capture daemon writes it while pages ask."""
        self._unit.speed.require_slow(visitor)
        kept, camera_id = self._find(visitor), visitor.parameters["camera_id"]
        authoriser = self._unit.authoriser(visitor).without_use()
        authoriser.require(Operation.SHOW_CAMERAS, kept.purpose, is_page=True, is_current=True)
        if camera_id not in kept.cameras:
            raise SearchError("there is no such camera")
        directory = self._unit.settings.unit.runtime_directory
        with io_errors("the pictures of the cameras", StoreError):
            request_pictures(directory)
        jpeg = read_picture(directory, camera_id)
        return Response(status_code=204) if jpeg is None else picture_response(jpeg)

    def _find(self, visitor: Visitor) -> _KeptFollow:
        return self._unit.lookups.renew(visitor, visitor.parameters["follow_id"], _KeptFollow)

    def _record_cameras(self, visitor: Visitor, purpose: Purpose) -> tuple[str, ...]:
        """Put on record that the pictures of all cameras are shown; returns their ids."""
        cameras = tuple(camera.id for camera in self._unit.settings.camera)
        with self._unit.authoriser(visitor).access(Operation.SHOW_CAMERAS, purpose, AccessSubject(cameras)) as access:
            access.show(cameras)
        return cameras

    def _form_page(self, visitor: Visitor, fault: str = "") -> Response:
        shown = {"fault": fault, "fields": visitor.fields, "choices": self._form.choices(visitor)}
        return lookup_page(self._unit, visitor, "/reads", "reads_purpose", 422 if fault else 200, **shown)


ENDS = {"4h": "4 hours", "12h": "12 hours", "1d": "1 day", "3d": "3 days"}
"""Ends that are offered; any other is a date and time."""
SIGHTINGS_MAX = 50
"""Earlier reads that are shown of a new entry, the newest; the record of it names them all."""
_COVERT = AccessSubject(is_covert=True)


@dataclass(slots=True, eq=False)
class _KeptEntries:
    """What somebody looks at entries for."""

    purpose: Purpose
    is_covert: bool
    entry_ids: set[str] = field(default_factory=set, repr=False)
    """The entries that were shown, which may be removed: nobody removes what they may not see."""
    removed_plate: str = field(default="", repr=False)
    """That of the entry that was removed last: others of it are still active."""


@dataclass(frozen=True, slots=True, eq=False)
class _KeptAddition:
    """What is shown of an entry that somebody added."""

    own: OwnEntry = field(repr=False)
    is_new: bool
    """False: it was in force already."""
    sightings: tuple[tuple[PlateRead, MatchKind], ...] = field(repr=False)
    """The newest stored reads that match it, at most :data:`SIGHTINGS_MAX`."""
    count: int | None
    """How many match it; None: they were not looked through, as whoever added it may not see them."""

    @classmethod
    def of(cls, added: AddedEntry) -> Self:
        """Keep of an addition what its page shows."""
        shown = tuple((read, match.kind) for read, match in added.earlier_reads[:SIGHTINGS_MAX])
        return cls(added.own, added.is_new, shown, len(added.earlier_reads) if added.is_looked_back else None)


class EntryPages:
    """The pages of entries."""

    def __init__(self, unit: ConsoleUnit) -> None:
        self._unit = unit
        self._show_form = PurposeForm(unit, Operation.SHOW_ENTRIES)
        self._add_form = PurposeForm(unit, Operation.ADD_ENTRY)

    def show(self, visitor: Visitor) -> Response:
        """The form that asks what the entries are looked at for."""
        self._unit.speed.require_slow(visitor)
        return self._purpose_page(visitor, {})

    def begin(self, visitor: Visitor) -> Response:
        """Lead to the entries in force."""
        self._unit.speed.require_slow(visitor)
        purpose = self._show_form.purpose(visitor.fields)
        self._show_form.require(visitor, purpose)  # nothing is kept for whoever may see them for no purpose at all
        if fault := self._show_form.fault(purpose):
            return self._purpose_page(visitor, visitor.fields, fault)
        kept = _KeptEntries(purpose, visitor.fields.get("covert") == "yes")
        return go(f"/entries/{self._unit.lookups.add(visitor, kept)}")

    def entries(self, visitor: Visitor) -> Response:
        """The entries in force."""
        return self._entries_page(visitor)

    def show_form(self, visitor: Visitor) -> Response:
        """The form of a new entry."""
        self._unit.speed.require_slow(visitor)
        return self._add_page(visitor, {})

    def add(self, visitor: Visitor) -> Response:
        """Add an entry, unless the same one is in force, and lead to the stored reads that match it."""
        self._unit.speed.require_slow(visitor)
        fields, now = visitor.fields, self._unit.clock.now().trusted_utc
        purpose = self._add_form.purpose(fields)
        self._add_form.require(visitor, purpose)
        fault = self._add_form.fault(purpose)
        if fault:
            return self._add_page(visitor, fields, fault)
        try:
            own_entry = parse_entry(self._request(fields), now)
            database, authoriser = self._unit.store.database, self._unit.authoriser(visitor)
            addition = add_entry(database, authoriser, purpose, own_entry, now)
        except FeedError as error:
            return self._add_page(visitor, fields, fault_words(error))
        return go(f"/entries/added/{self._unit.lookups.add(visitor, _KeptAddition.of(addition))}")

    def addition(self, visitor: Visitor) -> Response:
        """The entry that was added with the reads that match it, once: the record of adding it names them.

        To whose training has ended meanwhile it is refused (policy 462.4(d)).
        """
        self._unit.speed.require_slow(visitor)
        self._add_form.require_current(visitor)
        try:
            kept = self._unit.lookups.take(visitor, visitor.parameters["addition_id"], _KeptAddition)
        except SearchError:
            return go("/entries")
        found = {"sightings": kept.sightings, "count": kept.count}
        about = {"own": kept.own, "is_new": kept.is_new, "is_watched": self._reads_plates()}
        return self._page("entry_added", visitor, 200, **found, **about)

    def remove(self, visitor: Visitor) -> Response:
        """Stop watching for an entry that was shown."""
        kept, entry_id = self._look_of(visitor), visitor.fields.get("entry_id", "")
        if entry_id not in kept.entry_ids:
            raise SearchError("there is no such entry here")
        now = self._unit.clock.now().trusted_utc
        try:
            gone = remove_entry(self._unit.store.database, self._unit.authoriser(visitor), kept.purpose, entry_id, now)
        except FeedError:
            return self._entries_page(visitor, "this entry was removed already")
        kept.removed_plate = gone.entry.plate
        return go(f"/entries/{visitor.parameters['entries_id']}")

    def _look_of(self, visitor: Visitor) -> _KeptEntries:
        self._unit.speed.require_slow(visitor)
        return self._unit.lookups.find(visitor, visitor.parameters["entries_id"], _KeptEntries)

    def _reads_plates(self) -> bool:
        """Whether the plate reader runs, which takes up a new entry within a second or two."""
        health = fresh_health(self._unit.settings.unit.runtime_directory)
        return health is not None and health.ready

    def _request(self, fields: Mapping[str, str]) -> EntryRequest:
        try:
            reason = Reason(fields.get("reason", ""))
        except ValueError:
            raise FeedError("choose why it is wanted") from None
        ends = fields.get("expires", "")
        return EntryRequest(
            plate=fields.get("plate", ""),
            reason=reason,
            case=fields.get("case", ""),
            expires=ends if ends in ENDS else fields.get("until", ""),
            state=fields.get("state"),
            vehicle=fields.get("vehicle", ""),
            remarks=fields.get("remarks", ""),
            area=self._area(fields),
            hours=fields.get("hours", "").strip() or None,
            covert=fields.get("covert") == "yes",
        )

    def _area(self, fields: Mapping[str, str]) -> str | None:
        place, radius = fields.get("place", ""), fields.get("radius", "")
        if place != HERE:
            return f"{fields.get('at', '')},{radius}" if place else None
        here = newest_place(self._unit.store.database)
        if here is None:
            raise FeedError("the newest reads have no place; give latitude and longitude")
        return f"{here[0]!r},{here[1]!r},{radius}"

    def _purpose_page(self, visitor: Visitor, fields: Mapping[str, str], fault: str = "") -> Response:
        choices = self._show_form.choices(visitor)
        authoriser = self._unit.authoriser(visitor)
        may_see_covert = authoriser.decide(Operation.SHOW_COVERT_ENTRIES, None, _COVERT).is_allowed
        may_add = authoriser.decide(Operation.ADD_ENTRY, None).is_allowed
        shown = {"may_see_covert": may_see_covert, "may_add": may_add, "choices": choices, "fields": fields}
        return self._page("entry_purpose", visitor, 422 if fault else 200, fault=fault, **shown)

    def _add_page(self, visitor: Visitor, fields: Mapping[str, str], fault: str = "") -> Response:
        may_be_covert = self._unit.authoriser(visitor).decide(Operation.ADD_ENTRY, None, _COVERT).is_allowed
        shown = {"choices": self._add_form.choices(visitor), "reasons": OWN_REASONS, "ends": ENDS, "fields": fields}
        status = 422 if fault else 200
        return self._page("entry_form", visitor, status, may_be_covert=may_be_covert, fault=fault, **shown)

    def _entries_page(self, visitor: Visitor, fault: str = "") -> Response:
        kept, authoriser = self._look_of(visitor), self._unit.authoriser(visitor)
        now = self._unit.clock.now().trusted_utc
        own: list[OwnEntry] = show_entries(
            self._unit.store.database, authoriser, kept.purpose, now, covert=kept.is_covert
        )
        kept.entry_ids.update(each.entry.record_id for each in own)
        twins = [each for each in own if each.entry.plate == kept.removed_plate]
        shown = {
            "entries": [*twins[::-1], *(each for each in own[::-1] if each not in twins)],
            "twin_count": len(twins),
            "fault": fault,
            "word": visitor.parameters["entries_id"],
            "may_change": authoriser.decide(Operation.ADD_ENTRY, None).is_allowed,
        }
        return self._page("entries", visitor, 422 if fault else 200, **shown)

    def _page(self, name: str, visitor: Visitor, status: int = 200, **values: object) -> Response:
        return lookup_page(self._unit, visitor, "/entries", name, status, **values)


def lookup_routes(unit: ConsoleUnit) -> list[PageRoute]:
    search, entries, follow = SearchPages(unit), EntryPages(unit), FollowPages(unit)
    return [
        ("/waiting", "GET", lambda visitor: JSONResponse(asdict(waiting_for(unit, visitor)))),
        ("/reads", "GET", follow.show_form),
        ("/reads", "POST", follow.begin),
        ("/reads/{follow_id}", "GET", follow.show),
        ("/reads/{follow_id}/{read_id}", "GET", follow.crop),
        ("/cameras", "GET", follow.show_cameras),
        ("/cameras/{follow_id}/{camera_id}", "GET", follow.camera),
        ("/search", "GET", search.show),
        ("/search", "POST", search.begin),
        ("/search/{search_id}/change", "GET", search.change),
        ("/search/{search_id}/untimed", "POST", search.begin_untimed),
        ("/search/{search_id}/hold", "POST", search.hold),
        ("/search/{search_id}/reads/{read_id}/hold", "POST", search.hold_read),
        ("/search/{search_id}/{page}", "GET", search.results),
        ("/search/{search_id}/reads/{read_id}", "GET", search.read),
        ("/search/{search_id}/reads/{read_id}/pictures/{kind}", "GET", search.picture),
        ("/entries", "GET", entries.show),
        ("/entries", "POST", entries.begin),
        ("/entries/new", "GET", entries.show_form),
        ("/entries/new", "POST", entries.add),
        ("/entries/added/{addition_id}", "GET", entries.addition),
        ("/entries/{entries_id}", "GET", entries.entries),
        ("/entries/{entries_id}/remove", "POST", entries.remove),
    ]
