"""The page on which the area of a canvass is drawn: each touch of the map adds a corner, without any script.

The map is a picture that is a button (``<input type="image">``): the browser sends where it was touched. It shows the
way of this car, as there is no street map without a network. By keyboard the corners are typed in the form instead.
"""

from collections.abc import Callable, Mapping

from starlette.responses import Response

from alpr_edge.console.canvass.canvass_pages import CORNERS_PLACE, NO_PLACE_YET, PATH, CanvassDraft, CanvassPages
from alpr_edge.console.lookups.navigation import lookup_page
from alpr_edge.console.page_parts import go
from alpr_edge.console.unit import ConsoleUnit
from alpr_edge.domain.ground.areas import CORNERS_MAX, GroundPolygon, parse_ground_area
from alpr_edge.domain.restrictions import Area
from alpr_edge.evidence.canvass_map import HEIGHT_PX, WIDTH_PX, canvass_projection, corner_marks, map_ground, svg, way
from alpr_edge.evidence.map_projection import MapProjection
from alpr_edge.store.reads.search import newest_places
from alpr_edge.web.visitor import Visitor

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
