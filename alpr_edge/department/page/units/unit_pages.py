"""The page of the units: health, versions, lists, silence, last place; and the form that ends a unit's certificates."""

from starlette.responses import Response

from alpr_edge.access.authorisation.offers import purposes_for
from alpr_edge.access.authorisation.operations import Operation
from alpr_edge.department.inquiries.units.unit_board import map_points
from alpr_edge.department.page.page_parts import PageRoute, go
from alpr_edge.department.page.site import DepartmentSite
from alpr_edge.domain.errors import AccessError, DepartmentError
from alpr_edge.web.purpose_form import NOT_OFFERED
from alpr_edge.web.visitor import Visitor

WIDTH, HEIGHT, MARGIN = 960.0, 400.0, 40.0
"""Of the plan, in its own units."""
WHY = {"retired": "retired from service", "lost": "lost or stolen", "other": ""}
"""Why a unit ends, by what is chosen; what is typed stands behind it."""


class UnitPages:
    """The pages of units.

    Args:
        site: the open department.
    """

    def __init__(self, site: DepartmentSite) -> None:
        self._site = site
        self.steps: tuple[PageRoute, ...] = (
            ("/units", "GET", self.show),
            ("/units/{unit_id}/revoke", "GET", self.ask),
            ("/units/{unit_id}/revoke", "POST", self.revoke),
        )

    def show(self, visitor: Visitor) -> Response:
        """All units."""
        authoriser = self._site.authoriser(visitor)
        overview = self._site.office.units.overview(authoriser)
        placed = [line for line in overview.lines if line.place is not None]
        points = zip(placed, map_points(placed, WIDTH, HEIGHT, MARGIN), strict=True)
        may_revoke = bool(purposes_for(authoriser, Operation.REVOKE_UNIT))
        shown = {"overview": overview, "points": list(points), "size": (WIDTH, HEIGHT), "may_revoke": may_revoke}
        return self._site.page("units", visitor, **shown)

    def ask(self, visitor: Visitor) -> Response:
        """The form that asks whether it is meant."""
        return self._form(visitor)

    def revoke(self, visitor: Visitor) -> Response:
        """End a unit's certificates, once its id was typed as well."""
        fields, unit_id = visitor.fields, visitor.parameters["unit_id"]
        if fields.get("confirmed", "").strip() != unit_id:
            return self._form(visitor, "type the unit's id to confirm it")
        chosen = WHY.get(fields.get("why", ""))
        if chosen is None:
            return self._form(visitor, "choose why")
        reason = ": ".join(text for text in (chosen, fields.get("reason", "").strip()) if text)
        try:
            self._site.office.units.revoke(self._site.authoriser(visitor), unit_id, reason)
        except DepartmentError as error:
            return self._form(visitor, str(error))
        return go("/units")

    def _form(self, visitor: Visitor, fault: str = "") -> Response:
        unit_id = visitor.parameters["unit_id"]
        if not purposes_for(self._site.authoriser(visitor), Operation.REVOKE_UNIT):
            raise AccessError(NOT_OFFERED)
        values = {"unit_id": unit_id, "why": WHY, "fields": visitor.fields, "fault": fault}
        return self._site.page("unit_revocation", visitor, 422 if fault else 200, **values)
