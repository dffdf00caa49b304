"""The files of other projects that lie in the product's own wheel: fonts, scripts and borders for pages.

What the lock does not name and a list of components has to; each licence stands whole beside its files.
"""

from dataclasses import dataclass
from pathlib import Path

_WEB, _MAPS = Path("alpr_edge/web/vendor"), Path("alpr_edge/web/maps/vendor")


@dataclass(frozen=True, slots=True)
class VendoredPackage:
    """A package of npm, some of whose files are here."""

    name: str
    version: str
    licence: str
    """By the identifier of SPDX, as an expression where it has several parts."""
    folder: Path
    """Below the checkout."""
    files: tuple[str, ...]
    parts: tuple[str, ...] = ()
    """Packages that its maker joined into these files; their versions are not published with it."""


VENDORED_PACKAGES = (
    VendoredPackage(
        "@fontsource/atkinson-hyperlegible-mono", "5.3.0", "OFL-1.1", _WEB, ("atkinson-hyperlegible-mono-700.woff2",)
    ),
    VendoredPackage("leaflet", "1.9.4", "BSD-2-Clause", _MAPS, ("leaflet.css", "leaflet.js")),
    VendoredPackage(
        "protomaps-leaflet",
        "5.1.0",
        "BSD-3-Clause",
        _MAPS,
        ("protomaps-leaflet.js",),
        (
            "@mapbox/point-geometry",
            "@mapbox/vector-tile",
            "@protomaps/basemaps",
            "color2k",
            "fflate",
            "pbf",
            "pmtiles",
            "potpack",
            "quickselect",
            "rbush",
        ),
    ),
    VendoredPackage("us-atlas", "3.0.1", "ISC", _MAPS, ("us-outlines.json",)),
)
