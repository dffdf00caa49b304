"""The pages of the units: health, versions, lists, silence; a map of where each was last; the form that ends a unit."""

from datetime import UTC, datetime, timedelta
from functools import partial

from starlette.responses import Response

from alpr_edge.access.authorisation.operations import Operation
from alpr_edge.department.inquiries.units.unit_board import map_points
from alpr_edge.department.page.page_parts import PageRoute, go, page_words
from alpr_edge.department.page.site import DepartmentSite
from alpr_edge.department.pki.unit_ends import UnitEnd
from alpr_edge.domain.errors import DepartmentError
from alpr_edge.web.visitor import Visitor

_SPANS = ((timedelta(days=2), timedelta(days=1), "d"), (timedelta(hours=2), timedelta(hours=1), "h"))
"""From how long on which unit of time is counted."""


def since_words(moment: datetime, now: datetime) -> str:
    """How long ago a moment was, in whole minutes, hours or days."""
    span = max(now - moment, timedelta(0))
    for least, unit, sign in _SPANS:
        if span >= least:
            return f"{span // unit} {sign} ago"
    return f"{span // timedelta(minutes=1)} min ago"


def why_words(end: UnitEnd | None) -> str:
    """Why a unit ends, as its record says it; empty: what is typed says it."""
    if end is None:
        return ""
    return "retired from service" if end is UnitEnd.RETIRED else end.words


WIDTH, HEIGHT, MARGIN = 960.0, 400.0, 40.0
"""Of the plan, in its own units."""
WHY: dict[str, UnitEnd | None] = {
    "retired": UnitEnd.RETIRED,
    "lost": UnitEnd.STOLEN,
    "key": UnitEnd.KEY_LOST,
    "other": None,
}
"""Why a unit ends, by what is chosen; what is typed stands behind it."""


class UnitPages:
    """The pages of units."""

    def __init__(self, site: DepartmentSite) -> None:
        self._site = site
        self.steps: tuple[PageRoute, ...] = (
            ("/units", "GET", self.show),
            ("/units/map", "GET", self.show_map),
            ("/units/{unit_id}/revoke", "GET", self.ask),
            ("/units/{unit_id}/revoke", "POST", self.revoke),
        )

    def show(self, visitor: Visitor) -> Response:
        overview = self._site.office.units.overview(self._site.authoriser(visitor))
        may_revoke = self._site.may(visitor, Operation.REVOKE_UNIT)
        return self._site.page("units/board", visitor, overview=overview, may_revoke=may_revoke)

    def show_map(self, visitor: Visitor) -> Response:
        """Where each unit was last: on a map, and as a list beside it."""
        overview, now = self._site.office.units.overview(self._site.authoriser(visitor)), datetime.now(UTC)
        placed = [line for line in overview.lines if line.place is not None]
        points = zip(placed, map_points(placed, WIDTH, HEIGHT, MARGIN), strict=True)
        shown = {"placed": placed, "total": len(overview.lines), "points": list(points), "size": (WIDTH, HEIGHT)}
        return self._site.page("units/map", visitor, since=partial(since_words, now=now), **shown)

    def ask(self, visitor: Visitor) -> Response:
        """The form that asks whether it is meant."""
        return self._form(visitor)

    def revoke(self, visitor: Visitor) -> Response:
        """End a unit's certificates, once its id was typed as well."""
        fields, unit_id = visitor.fields, visitor.parameters["unit_id"]
        if fields.get("confirmed", "").strip() != unit_id:
            return self._form(visitor, "type the unit's id to confirm it")
        why = fields.get("why", "")
        if why not in WHY:
            return self._form(visitor, "choose why")
        end, typed = WHY[why], fields.get("reason", "").strip()
        reason = ": ".join(text for text in (why_words(end), typed) if text)
        try:
            self._site.office.units.revoke(self._site.authoriser(visitor), unit_id, reason, end)
        except DepartmentError as error:
            return self._form(visitor, page_words(error))
        return go("/units")

    def _form(self, visitor: Visitor, fault: str = "") -> Response:
        unit_id = visitor.parameters["unit_id"]
        self._site.require(visitor, Operation.REVOKE_UNIT)
        why = {value: why_words(end) for value, end in WHY.items()}
        exposed = self._site.office.units.exposed_people(unit_id)
        values = {"unit_id": unit_id, "why": why, "exposed": exposed, "fields": visitor.fields, "fault": fault}
        return self._site.page("units/revocation", visitor, 422 if fault else 200, **values)
