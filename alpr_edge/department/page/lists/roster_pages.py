"""The page of the roster: what is in force, what was changed about people lately, which unit has it since when."""

from starlette.responses import Response

from alpr_edge.department.page.page_parts import PageRoute
from alpr_edge.department.page.site import DepartmentSite
from alpr_edge.web.visitor import Visitor


class RosterPages:
    """The page of the roster."""

    def __init__(self, site: DepartmentSite) -> None:
        self._site = site
        self.steps: tuple[PageRoute, ...] = (("/roster", "GET", self.show),)

    def show(self, visitor: Visitor) -> Response:
        """The roster as it stands."""
        standing = self._site.office.roster.standing(self._site.authoriser(visitor))
        return self._site.page("lists/roster", visitor, standing=standing)
