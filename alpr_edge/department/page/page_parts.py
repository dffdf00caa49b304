"""The templates of the department's page, and what several of its pages use."""

import re
from collections.abc import Callable, Mapping
from datetime import datetime
from pathlib import Path
from typing import NamedTuple

from starlette.responses import RedirectResponse, Response

from alpr_edge.department.page.hits.hit_words import FILTERS
from alpr_edge.domain.errors import AccessError, AlprEdgeError, SearchError
from alpr_edge.domain.ground.areas import GroundArea
from alpr_edge.domain.restrictions import Area
from alpr_edge.web.page_templates import PageTemplates
from alpr_edge.web.site_files import MAP_FOLDERS, SiteFiles
from alpr_edge.web.visitor import Visitor

SHEETS = (
    *("themes.css", "console.css", "read.css", "lookup.css", "hit_summary.css"),
    *("board.css", "register.css", "map.css"),
)
"""The style sheets in the order in which they hold; a page has one alone, which is all of them."""
_FOLDER = Path(__file__).parent
FOLDERS = (_FOLDER / "static", _FOLDER / "maps" / "static", *MAP_FOLDERS)
FILES = SiteFiles(FOLDERS, {"styles.css": SHEETS}, within=("styles.css", "theme.js"))
Step = Callable[[Visitor], Response]
"""What answers a request."""
PageRoute = tuple[str, str, Step]
"""A path, its method, and what answers."""


class ShownAt(NamedTuple):
    """Where a page shows a picture, once."""

    kind: str
    address: str
    sha256: str


def moment_words(moment: datetime | None) -> str:
    """A moment as the clock on this server's wall shows it; of none that it is not sure."""
    return "not sure" if moment is None else f"{moment.astimezone():%Y-%m-%d %H:%M:%S %Z}"


def place_words(lat_deg: float | None, lon_deg: float | None) -> str:
    """A place in degrees."""
    return "unknown" if lat_deg is None or lon_deg is None else f"{lat_deg:.5f}, {lon_deg:.5f}"


def area_words(area: GroundArea) -> str:
    """An area of a search."""
    if isinstance(area, Area):
        return f"Within {area.radius_m:.0f} m of {place_words(area.lat_deg, area.lon_deg)}"
    return f"Within an area of {len(area.corners)} corners"


def sentence(text: str) -> str:
    """A text as a sentence; the id of a unit, a read or a list that it begins with stays as it is written."""
    begin = text[:1].upper() if _WORD.match(text) else text[:1]
    return f"{begin}{text[1:]}{'' if text.endswith('.') else '.'}"


def count_words(count: int, noun: str) -> str:
    """A number of things."""
    return f"{count:,} {noun}{'' if count == 1 else 's'}"


def page_words(error: AlprEdgeError) -> str:
    """What a page says of a fault; services name options and commands as the command line has them."""
    return _OPTIONS.sub("", _COMMANDS.sub("", str(error))).replace("--", "")


def typed_text(fields: Mapping[str, str], name: str) -> str:
    """What was typed into a field, with the line ends of this computer."""
    return fields.get(name, "").replace("\r\n", "\n").strip()


_WORD = re.compile(r"[a-z']+[,;]?( |$)")
_COMMANDS = re.compile(r"(; (see|run|use))?: alpr-edge [^,;]*$")
_OPTIONS = re.compile(r"; if that is right, --[a-z-]+| with --[a-z-]+| \(--[a-z-]+\)")
FUNCTIONS: Mapping[str, Callable[..., str]] = {
    "area_words": area_words,
    "file": FILES.address,
    "within": FILES.within,
    "place_words": place_words,
}
"""The functions of templates."""
PAGES = PageTemplates(
    _FOLDER / "templates",
    {**FILTERS, "moment": moment_words, "sentence": sentence, "count_words": count_words},
    FUNCTIONS,
)


def go(path: str) -> RedirectResponse:
    """Lead a browser to a page by GET, so that reloading it sends nothing twice."""
    return RedirectResponse(path, 303)


def answer_of(step: Step, visitor: Visitor) -> Response:
    """What a step answers; a refusal, and what is not here, as pages of their own."""
    try:
        return step(visitor)
    except AccessError as error:
        return PAGES.page("refused", 403, message=page_words(error))
    except SearchError as error:
        return PAGES.page("refused", 404, message=page_words(error))
