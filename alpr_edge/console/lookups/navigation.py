"""The links at the top of a page: to what the person may do, and to nothing else."""

from dataclasses import dataclass

from starlette.responses import Response

from alpr_edge.console.page_parts import PAGES
from alpr_edge.console.unit import ConsoleUnit
from alpr_edge.console.visitor import Visitor
from alpr_edge.services.authorisation.offers import purposes_for
from alpr_edge.services.authorisation.operations import Operation


@dataclass(frozen=True, slots=True)
class NavigationLink:
    """A link to a page."""

    path: str
    words: str


_LINKS = {
    Operation.SHOW_HIT: NavigationLink("/", "Watch"),
    Operation.SEARCH_READS: NavigationLink("/search", "Search"),
    Operation.SHOW_ENTRIES: NavigationLink("/entries", "Entries"),
    Operation.EXPORT_CASE: NavigationLink("/evidence", "Evidence"),
    Operation.SHOW_HOLDS: NavigationLink("/holds", "Holds"),
}


def navigation_links(unit: ConsoleUnit, visitor: Visitor) -> list[NavigationLink]:
    """The pages that a visitor may use; to that of health leads the strip."""
    authoriser = unit.authoriser(visitor)
    return [link for operation, link in _LINKS.items() if purposes_for(authoriser, operation)]


def waiting_count(unit: ConsoleUnit, visitor: Visitor) -> int:
    """How many hits wait for an answer; 0 for whoever may see none."""
    if not purposes_for(unit.authoriser(visitor), Operation.SHOW_HIT):
        return 0
    return unit.views.waiting_count()


def lookup_page(
    unit: ConsoleUnit, visitor: Visitor, here: str, name: str, status: int = 200, **values: object
) -> Response:
    """A page with the links above it.

    Args:
        unit: the open unit.
        visitor: whom it is shown to.
        here: the path of the link that it belongs to.
        name: its template, without its ending.
        status: status of the answer.
        values: what the template shows.
    """
    shown = {
        "mute": unit.mute_state(),
        "links": navigation_links(unit, visitor),
        "here": here,
        "waiting": waiting_count(unit, visitor),
    }
    return PAGES.page(name, status, unit=unit.settings.unit.id, **shown, **values)
