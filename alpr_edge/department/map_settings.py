"""The table of ``department.toml`` about the maps of the department's page."""

from typing import Annotated

from pydantic import AfterValidator, Field

from alpr_edge.department.setting_types import LineOfText, ShortPath
from alpr_edge.domain.restrictions import Area
from alpr_edge.settings.base import Section


def _check_view(text: str) -> str:
    if text:
        Area.parse(text)
    return text


class MapTable(Section):
    """[map]: what the maps of the page show beneath reads (:mod:`alpr_edge.department.page.maps`)."""

    outline: ShortPath = ""
    """A GeoJSON file with lines and areas to draw; empty: the borders of states and counties of the release."""
    streets: ShortPath = ""
    """A PMTiles file with vector tiles of streets; empty: no streets."""
    streets_credit: LineOfText = "© OpenStreetMap"
    """Whose data the streets are, which stands below each map with streets."""
    view: Annotated[str, Field(max_length=100), AfterValidator(_check_view)] = ""
    """What a map shows at first, ``latitude,longitude,metres around it``; empty: what its files reach over."""
