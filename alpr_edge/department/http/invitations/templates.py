"""The templates of the page of invitations, and its QR code."""

from pathlib import Path

import segno
from markupsafe import Markup

from alpr_edge.web.page_templates import PageTemplates
from alpr_edge.web.site_files import SiteFiles

FOLDER = Path(__file__).parent
FILES = SiteFiles([FOLDER / "static"])
TEMPLATES = PageTemplates(FOLDER / "templates", functions={"file": FILES.address})
_MODULE_PX = 5
"""Size of a module of the QR code."""


def qr_code(text: str) -> Markup:
    """A QR code as an SVG element, black on white whatever the page's colours, as cameras need it."""
    svg = segno.make(text, error="m", micro=False).svg_inline(scale=_MODULE_PX, dark="#000", light="#fff")
    return Markup(svg)  # noqa: S704 - made by the library of numbers alone
