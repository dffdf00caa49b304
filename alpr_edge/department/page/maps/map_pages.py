"""The files of the department's maps, for whoever is signed in: its outlines whole, of its streets the parts asked for.

They tell nothing of anybody, so no purpose is asked for; what a map shows of reads comes with the page around it.
"""

from starlette.requests import Request
from starlette.responses import Response

from alpr_edge.department.page.page_parts import PageRoute
from alpr_edge.department.page.site import DepartmentSite
from alpr_edge.domain.errors import SearchError
from alpr_edge.web.maps.street_tiles import streets_response
from alpr_edge.web.visitor import Visitor

OUTLINES_PATH = "/map/outlines.json"


class MapPages:
    """The files of maps."""

    def __init__(self, site: DepartmentSite) -> None:
        self._site = site
        self.steps: tuple[PageRoute, ...] = ((OUTLINES_PATH, "GET", self.outlines),)

    def outlines(self, visitor: Visitor) -> Response:
        """The department's own outlines."""
        if self._site.is_closed(visitor):
            return Response(status_code=403)
        if self._site.maps.outlines is None:
            raise SearchError("this department has no outlines of its own")
        return Response(self._site.maps.outlines.content, media_type="application/json")

    def streets(self, visitor: Visitor, request: Request) -> Response:
        """The part of the file of streets that a browser asks for."""
        if self._site.is_closed(visitor):
            return Response(status_code=403)
        if self._site.maps.streets is None:
            raise SearchError("this department has no file of streets")
        return streets_response(self._site.maps.streets, request.headers.get("Range", ""))
