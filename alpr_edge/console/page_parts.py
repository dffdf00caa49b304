"""The templates of the page, and what several of its pages use."""

from pathlib import Path

from starlette.responses import RedirectResponse

from alpr_edge.console.surroundings import FUNCTIONS
from alpr_edge.console.words import FILTERS
from alpr_edge.web.page_templates import PageTemplates

FOLDER = Path(__file__).parent
STATIC = FOLDER / "static"
PAGES = PageTemplates(FOLDER / "templates", FILTERS, FUNCTIONS)


def go(path: str) -> RedirectResponse:
    """Lead a browser to a page by GET, so that reloading it sends nothing twice."""
    return RedirectResponse(path, 303)
