"""Whether the page can draw its maps of the files that the settings name; where one will not do it does not start."""

from collections.abc import Iterator
from pathlib import Path

from alpr_edge.department.page.maps.site_maps import open_maps
from alpr_edge.domain.diagnostics.checks import Check, green


def check_maps(directory: Path) -> Iterator[Check]:
    """Check the files of maps."""
    with open_maps(directory) as maps:
        outlines = "of the department" if maps.outlines is not None else "of states and counties"
        streets = "with" if maps.streets is not None else "without"
        yield green("maps", f"outlines {outlines}, {streets} streets")
