"""Renders the pages: Jinja2 with everything escaped, and a name that is missing is an error."""

from pathlib import Path
from typing import Any

import jinja2
import segno
from markupsafe import Markup
from starlette.responses import HTMLResponse

FOLDER = Path(__file__).parent
STATIC = FOLDER / "static"
_MODULE_PX = 5
"""Size of a module of the QR code."""
_environment = jinja2.Environment(
    loader=jinja2.FileSystemLoader(FOLDER / "templates"),
    autoescape=True,
    undefined=jinja2.StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)


def page(name: str, status: int = 200, **values: Any) -> HTMLResponse:  # noqa: ANN401 - whatever the template shows
    """A page.

    Args:
        name: the template, without its ending.
        status: status of the answer.
        values: what the template shows; all of it is escaped.
    """
    return HTMLResponse(_environment.get_template(f"{name}.html").render(values), status)


def qr_code(text: str) -> Markup:
    """A QR code as an SVG element, black on white whatever the page's colours, as cameras need it."""
    svg = segno.make(text, error="m", micro=False).svg_inline(scale=_MODULE_PX, dark="#000", light="#fff")
    return Markup(svg)  # noqa: S704 - made by the library of numbers alone
