"""What the maps of a site are made of, opened once by the settings."""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

from alpr_edge.department.page.maps.outlines import Outlines, load_outlines
from alpr_edge.department.settings import load_department_file
from alpr_edge.domain.errors import DepartmentError, SettingsError
from alpr_edge.domain.ground.areas import outline
from alpr_edge.domain.restrictions import Area
from alpr_edge.web.maps.street_tiles import Box, StreetTiles

COUNTRY: Box = (24.5, -125.0, 49.5, -66.5)
"""The contiguous United States."""


@dataclass(frozen=True, slots=True)
class SiteMaps:
    """The maps of a site; threads may share it."""

    outlines: Outlines | None = None
    """The department's own; None: those of the release are drawn."""
    streets: StreetTiles | None = None
    streets_credit: str = ""
    """Whose data they are."""
    view: Area | None = None
    """What a map shows at first; None: what the files reach over."""

    @property
    def box(self) -> Box:
        """What a map shows where it has nothing else to show."""
        if self.view is not None:
            lats, lons = zip(*outline(self.view), strict=True)
            return min(lats), min(lons), max(lats), max(lons)
        if self.streets is not None:
            return self.streets.box
        return COUNTRY if self.outlines is None else self.outlines.box

    @property
    def box_words(self) -> str:
        """The same as text for the page: south, west, north and east."""
        return ",".join(f"{each:.5f}" for each in self.box)


@contextmanager
def open_maps(directory: Path) -> Iterator[SiteMaps]:
    """Open the files that ``department.toml`` names; closes them at the end."""
    table = load_department_file(directory).map
    outlines = load_outlines(Path(table.outline)) if table.outline else None
    view = Area.parse(table.view) if table.view else None
    if not table.streets:
        yield SiteMaps(outlines, view=view)
        return
    try:
        tiles = StreetTiles(Path(table.streets))
    except SettingsError as error:
        raise DepartmentError(f"{error}; see [map] streets in department.toml") from None
    with closing(tiles) as streets:
        yield SiteMaps(outlines, streets, table.streets_credit, view)
