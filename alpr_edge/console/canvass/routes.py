"""The addresses of canvasses: none of them tells a plate."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from starlette.responses import Response

from alpr_edge.access.authorisation.operations import Operation
from alpr_edge.console.lookups.navigation import lookup_page
from alpr_edge.console.page_parts import PageRoute, go
from alpr_edge.console.unit import ConsoleUnit
from alpr_edge.domain.errors import CanvassError, FeedError, SearchError
from alpr_edge.domain.ground.areas import CORNERS_MAX, GroundPoint, GroundPolygon, parse_ground_area
from alpr_edge.domain.permissions.purposes import Purpose, PurposeCode
from alpr_edge.domain.reads import EvidenceKind
from alpr_edge.domain.restrictions import Area
from alpr_edge.evidence.canvass_map import HEIGHT_PX, WIDTH_PX, canvass_projection, corner_marks, map_ground, svg, way
from alpr_edge.evidence.map_projection import MapProjection
from alpr_edge.services.canvass.canvass_input import CanvassRequest, parse_canvass
from alpr_edge.services.canvass.canvass_results import canvass_page
from alpr_edge.services.canvass.unit_canvasses import canvass_purpose
from alpr_edge.services.search.read_searches import ReadSearches
from alpr_edge.services.search.search_input import HERE
from alpr_edge.store.reads.search import newest_place, newest_places
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


# The page on which the area of a canvass is drawn: each touch of the map adds a corner, without any script.
#
# The map is a picture that is a button (``<input type="image">``): the browser sends where it was touched. It shows the
# way of this car, as there is no street map without a network. By keyboard the corners are typed in the form instead.

VIEW_M, VIEW_M_MIN, VIEW_M_MAX = 500.0, 125.0, 16_000.0
ZOOM = 2.0


class DrawingPages:
    """The pages of an area that is drawn."""

    def __init__(self, unit: ConsoleUnit, pages: CanvassPages) -> None:
        self._unit = unit
        self._pages = pages

    def begin(self, visitor: Visitor) -> Response:
        """Keep the form as it is filled in, and lead to the map."""
        self._unit.speed.require_slow(visitor)
        if not self._pages.is_current(visitor):
            return self._pages.form_page(visitor, visitor.fields)
        places = newest_places(self._unit.store.database)
        if not places:
            return self._pages.form_page(visitor, visitor.fields, NO_PLACE_YET)
        draft = CanvassDraft(visitor.fields, places[0], VIEW_M)
        return go(f"{PATH}/draw/{self._unit.lookups.add(visitor, draft)}")

    def show(self, visitor: Visitor) -> Response:
        """The map."""
        return self._page(visitor, self._draft(visitor))

    def map(self, visitor: Visitor) -> Response:
        """The map as a picture: the way of the car, and the corners so far."""
        draft = self._draft(visitor)
        projection = _projection(draft)
        drawn = GroundPolygon(tuple(draft.corners)) if len(draft.corners) > 2 else None
        body = [*map_ground(projection, drawn), way(projection, newest_places(self._unit.store.database))]
        body += corner_marks(projection, draft.corners)
        return Response(svg("The way of this car", body), media_type="image/svg+xml; charset=utf-8")

    def change(self, visitor: Visitor) -> Response:
        """Add the corner that was touched, or do what a button says; the last leads back to the form."""
        draft, fields = self._draft(visitor), visitor.fields
        if fields.get("do") == "done":
            return self._finish(visitor, draft)
        if fields.get("do") in _CHANGES:
            _CHANGES[fields["do"]](draft)
        elif (touched := _touch_place(fields)) is not None:
            if len(draft.corners) >= CORNERS_MAX:
                return self._page(visitor, draft, f"an area has at most {CORNERS_MAX} corners")
            draft.corners.append(_projection(draft).to_ground(*touched))
        return go(f"{PATH}/draw/{visitor.parameters['draft_id']}")

    def form(self, visitor: Visitor) -> Response:
        """The form with the area that was drawn."""
        return self._pages.form_page(visitor, self._draft(visitor).fields)

    def _finish(self, visitor: Visitor, draft: CanvassDraft) -> Response:
        text = str(GroundPolygon(tuple(draft.corners)))
        try:
            parse_ground_area(text)
        except ValueError as error:
            few = len(draft.corners) < 3
            return self._page(visitor, draft, "touch three corners of the area at least" if few else str(error))
        draft.fields = {**draft.fields, "place": CORNERS_PLACE, "corners": text}
        return go(f"{PATH}/draft/{visitor.parameters['draft_id']}")

    def _draft(self, visitor: Visitor) -> CanvassDraft:
        """What is drawn, for whoever may still start a canvass: it shows the way of the car."""
        self._unit.speed.require_slow(visitor)
        self._pages.require_current(visitor)
        return self._unit.lookups.find(visitor, visitor.parameters["draft_id"], CanvassDraft)

    def _page(self, visitor: Visitor, draft: CanvassDraft, fault: str = "") -> Response:
        shown = {
            "draft_id": visitor.parameters["draft_id"],
            "corner_count": len(draft.corners),
            "view_m": draft.view_m,
            "fault": fault,
            "width_px": WIDTH_PX,
            "height_px": HEIGHT_PX,
            # A picture that changed has another address.
            "version": f"{len(draft.corners)}-{draft.view_m:.0f}-{hash(tuple(draft.corners)) & 0xFFFF:x}",
        }
        return lookup_page(self._unit, visitor, PATH, "canvass_draw", 422 if fault else 200, **shown)


def _projection(draft: CanvassDraft) -> MapProjection:
    projection = canvass_projection(Area(*draft.middle, draft.view_m), ())
    assert projection is not None, "a circle has corners"
    return projection


def _zoom(draft: CanvassDraft, factor: float) -> None:
    draft.view_m = min(VIEW_M_MAX, max(VIEW_M_MIN, draft.view_m * factor))


def _take_back(draft: CanvassDraft) -> None:
    del draft.corners[-1:]


def _clear(draft: CanvassDraft) -> None:
    draft.corners.clear()


_CHANGES: Mapping[str, Callable[[CanvassDraft], None]] = {
    "undo": _take_back,
    "clear": _clear,
    "closer": lambda draft: _zoom(draft, 1 / ZOOM),
    "wider": lambda draft: _zoom(draft, ZOOM),
}
"""What the buttons beside the map do."""


def _touch_place(fields: dict[str, str]) -> tuple[float, float] | None:
    """Where the map was touched; None: nowhere on it, or by the keyboard, which sends its corner."""
    x_text, y_text = fields.get("at.x", ""), fields.get("at.y", "")
    if not (x_text.isdecimal() and y_text.isdecimal() and len(x_text + y_text) <= 8):
        return None
    x_px, y_px = int(x_text), int(y_text)
    return (x_px, y_px) if 0 < x_px < WIDTH_PX and 0 < y_px < HEIGHT_PX else None


def canvass_routes(unit: ConsoleUnit) -> list[PageRoute]:
    pages = CanvassPages(unit)
    drawing = DrawingPages(unit, pages)
    return [
        (PATH, "GET", pages.show),
        (PATH, "POST", pages.start),
        (f"{PATH}/draw", "POST", drawing.begin),
        (f"{PATH}/draw/{{draft_id}}", "GET", drawing.show),
        (f"{PATH}/draw/{{draft_id}}", "POST", drawing.change),
        (f"{PATH}/draw/{{draft_id}}/map.svg", "GET", drawing.map),
        (f"{PATH}/draft/{{draft_id}}", "GET", drawing.form),
        (f"{PATH}/{{canvass_id}}/end", "POST", pages.end),
        (f"{PATH}/{{canvass_id}}/{{page}}", "GET", pages.result),
        (f"{PATH}/{{canvass_id}}/reads/{{read_id}}/{{kind}}", "GET", pages.picture),
    ]
