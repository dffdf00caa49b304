"""The pages on which a canvass is started and ended, and what it found is looked at."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from starlette.responses import Response

from alpr_edge.access.authorisation.operations import Operation
from alpr_edge.console.lookups.navigation import lookup_page
from alpr_edge.console.page_parts import go
from alpr_edge.console.unit import ConsoleUnit
from alpr_edge.domain.errors import CanvassError, FeedError, SearchError
from alpr_edge.domain.ground.areas import GroundPoint
from alpr_edge.domain.permissions.purposes import Purpose, PurposeCode
from alpr_edge.domain.reads import EvidenceKind
from alpr_edge.services.canvass.canvass_input import CanvassRequest, parse_canvass
from alpr_edge.services.canvass.canvass_results import canvass_page
from alpr_edge.services.canvass.unit_canvasses import canvass_purpose
from alpr_edge.services.search.read_searches import ReadSearches
from alpr_edge.services.search.search_input import HERE
from alpr_edge.store.reads.search import newest_place
from alpr_edge.web.pictures import picture_response
from alpr_edge.web.purpose_form import PurposeForm, fault_words
from alpr_edge.web.visitor import Visitor

PATH = "/canvass"
LASTS = {"1h": "1 hour", "4h": "4 hours", "12h": "12 hours", "1d": "1 day", "3d": "3 days"}
BEFORE = {"0": "nothing", "1h": "1 hour", "4h": "4 hours", "12h": "12 hours", "1d": "1 day", "3d": "3 days"}
"""Times that are offered beside that of the settings."""
HERE_PLACE, AT_PLACE, CORNERS_PLACE = HERE, "at", "corners"
NO_PLACE_YET = "the newest reads have no place; give latitude and longitude, or choose everywhere"


@dataclass(slots=True, eq=False)
class CanvassDraft:
    """The form of a canvass that is not started yet, while its area is drawn."""

    fields: Mapping[str, str] = field(repr=False)
    middle: GroundPoint
    """The middle of the map that is drawn on."""
    view_m: float
    """How far from the middle the map shows."""
    corners: list[GroundPoint] = field(default_factory=list)


class CanvassPages:
    """The pages of canvasses."""

    def __init__(self, unit: ConsoleUnit) -> None:
        self._unit = unit
        self._form = PurposeForm(unit, Operation.START_CANVASS)
        cameras = tuple(camera.id for camera in unit.settings.camera)
        self._reads = ReadSearches(unit.store, unit.settings.hotlist, unit.settings.store, cameras)

    def show(self, visitor: Visitor) -> Response:
        """The canvasses of this car, and the form of a new one."""
        self._unit.speed.require_slow(visitor)
        return self.form_page(visitor, {})

    def start(self, visitor: Visitor) -> Response:
        self._unit.speed.require_slow(visitor)
        fields, now = visitor.fields, self._unit.clock.now()
        purpose = Purpose(
            PurposeCode.CRIME_SCENE_CANVASS.value, fields.get("offence") or None, fields.get("case", "").strip() or None
        )
        self._form.require(visitor, purpose)
        if fault := self._form.fault(purpose):
            return self.form_page(visitor, fields, fault)
        try:
            plan = parse_canvass(self._request(fields), self._unit.settings.canvass, now)
            self._unit.canvasses.start(self._unit.authoriser(visitor), purpose, plan)
        except (CanvassError, FeedError) as error:
            return self.form_page(visitor, fields, str(error))
        return go(PATH)

    def is_current(self, visitor: Visitor) -> bool:
        """Whether a visitor may start a canvass now."""
        return self._form.is_current(visitor)

    def require_current(self, visitor: Visitor) -> None:
        """Refuse a drawing to whoever may not start a canvass now; the try is on record. Raises AccessError."""
        self._form.require_current(visitor)

    def end(self, visitor: Visitor) -> Response:
        self._unit.speed.require_slow(visitor)
        canvass_id = visitor.parameters["canvass_id"]
        self._unit.canvasses.end(self._unit.authoriser(visitor), self._purpose_of(canvass_id), canvass_id)
        return go(PATH)

    def result(self, visitor: Visitor) -> Response:
        """A page of what a canvass found."""
        self._unit.speed.require_slow(visitor)
        canvass_id, number = visitor.parameters["canvass_id"], visitor.parameters["page"]
        authoriser, database = self._unit.authoriser(visitor), self._unit.store.database
        page = canvass_page(database, authoriser, self._purpose_of(canvass_id), canvass_id, _page_number(number))
        words = self._unit.policy.profile.offences.get(page.canvass.offence, page.canvass.offence)
        return lookup_page(self._unit, visitor, PATH, "canvass_result", page=page, offence=words)

    def picture(self, visitor: Visitor) -> Response:
        """A picture of a read that is held for a canvass."""
        self._unit.speed.require_slow(visitor)
        canvass_id, read_id = visitor.parameters["canvass_id"], visitor.parameters["read_id"]
        try:
            kind = EvidenceKind(visitor.parameters["kind"])
        except ValueError:
            raise SearchError("there is no such picture") from None
        purpose = self._purpose_of(canvass_id)
        self._unit.canvasses.require_held(canvass_id, read_id)
        jpeg = self._reads.picture(self._unit.authoriser(visitor), purpose, read_id, kind)
        return picture_response(jpeg)

    def form_page(self, visitor: Visitor, fields: Mapping[str, str], fault: str = "") -> Response:
        """The canvasses of this car, and the form as it was filled in.

        Args:
            fault: what is wrong with it; empty: nothing.
        """
        settings = self._unit.settings.canvass
        return lookup_page(
            self._unit,
            visitor,
            PATH,
            "canvass",
            422 if fault else 200,
            choices=self._form.choices(visitor),
            # Whose training has ended learns so from the form, and nothing of what goes on.
            states=self._unit.canvasses.newest() if self._form.is_current(visitor) else [],
            fields=fields,
            fault=fault_words(FeedError(fault)),
            lasts=LASTS,
            before=BEFORE,
            default_lasts=f"{settings.lasts_h:g} hours",
            default_before=f"{settings.before_h:g} hours" if settings.before_h else "nothing",
        )

    def _purpose_of(self, canvass_id: str) -> Purpose:
        """What a canvass is looked at for: its own incident; CanvassError where there is none."""
        return canvass_purpose(self._unit.canvasses.find(canvass_id))

    def _request(self, fields: Mapping[str, str]) -> CanvassRequest:
        ends = fields.get("ends", "")
        return CanvassRequest(
            area=self._area(fields),
            ends=fields.get("until", "") or "never" if ends == "until" else ends,
            before=fields.get("before", ""),
            partials=tuple(fields.get("partials", "").splitlines()),
        )

    def _area(self, fields: Mapping[str, str]) -> str:
        place = fields.get("place", "")
        if place == HERE_PLACE:
            here = newest_place(self._unit.store.database)
            if here is None:
                raise CanvassError(NO_PLACE_YET)
            return f"{here[0]!r},{here[1]!r},{fields.get('radius', '')}"
        if place == AT_PLACE:
            return f"{fields.get('at', '') or 'nowhere'},{fields.get('radius', '')}"
        return fields.get("corners", "").strip() or "no corners" if place == CORNERS_PLACE else ""


def _page_number(text: str) -> int:
    return int(text) if text.isascii() and text.isdecimal() and len(text) <= 4 else 1
