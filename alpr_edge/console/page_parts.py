"""The templates of the page, and what several of its pages use."""

import re
from collections.abc import Callable
from pathlib import Path

from starlette.responses import RedirectResponse, Response

from alpr_edge.console.health_strip import canvasses_of_request, health_of_request
from alpr_edge.console.surroundings import FUNCTIONS
from alpr_edge.console.words import FILTERS
from alpr_edge.web.page_templates import PageTemplates
from alpr_edge.web.site_files import MAP_FOLDERS, SiteFiles
from alpr_edge.web.visitor import Visitor

FOLDER = Path(__file__).parent
SHEETS = (
    *("themes.css", "console.css", "read.css", "hit_summary.css", "hits.css", "reel.css", "requests.css"),
    *("header.css", "health.css", "speed.css", "lookup.css", "latest.css", "canvass.css", "report.css"),
)
"""The style sheets in the order in which they hold; a page has one alone, which is all of them."""
FILES = SiteFiles([FOLDER / "static", *MAP_FOLDERS], {"styles.css": SHEETS}, within=("styles.css", "theme.js"))
_STRIP = {"unit_health": health_of_request, "running_canvasses": canvasses_of_request}
PAGES = PageTemplates(
    FOLDER / "templates", FILTERS, {**FUNCTIONS, **_STRIP, "file": FILES.address, "within": FILES.within}
)
Step = Callable[[Visitor], Response]
"""What answers a request."""
PageRoute = tuple[str, str, Step]
"""A path, its method, and what answers."""
_OWN_PATH = re.compile(r"/([\w:.~-]+(/[\w:.~-]+)*)?", re.ASCII)


def go(path: str) -> RedirectResponse:
    """Lead a browser to a page by GET, so that reloading it sends nothing twice."""
    return RedirectResponse(path, 303)


def page_to_return_to(visitor: Visitor) -> str:
    """Return the path of the page that a form was sent from, or "/" unless it is a plain path of this site."""
    path = visitor.fields.get("back", "") or visitor.parameters.get("back", "")
    return path if _OWN_PATH.fullmatch(path) else "/"


def locked_address(path: str) -> str:
    """Return the address of the lock screen, which leads to a page once the session is open."""
    return "/" if path == "/" else f"/?back={path}"
