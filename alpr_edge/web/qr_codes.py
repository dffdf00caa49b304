"""QR codes within pages."""

import segno
from markupsafe import Markup

_MODULE_PX = 5
"""Size of a module."""


def qr_code(text: str) -> Markup:
    """A QR code as an SVG element, black on white whatever the page's colours, as cameras need it."""
    svg = segno.make(text, error="m", micro=False).svg_inline(scale=_MODULE_PX, dark="#000", light="#fff")
    return Markup(svg)  # noqa: S704 - made by the library of numbers alone
