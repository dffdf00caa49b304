"""Renders pages: Jinja2 with everything escaped, and a name that is missing is an error."""

import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import jinja2
from starlette.responses import HTMLResponse

SHARED_FOLDER = Path(__file__).parent / "templates"
"""What several sites have."""


class PageTemplates:
    """The templates of one site, beside those that several have."""

    def __init__(
        self,
        folder: Path,
        filters: Mapping[str, Callable[..., Any]] | None = None,
        functions: Mapping[str, Callable[..., Any]] | None = None,
    ) -> None:
        self._environment = jinja2.Environment(
            loader=jinja2.FileSystemLoader([folder, SHARED_FOLDER]),
            autoescape=True,
            undefined=jinja2.StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._environment.filters.update(filters or {})
        self._environment.globals.update({"time_zone": time_zone, **(functions or {})})

    def page(self, name: str, status: int = 200, **values: Any) -> HTMLResponse:  # noqa: ANN401 - whatever is shown
        return HTMLResponse(self._environment.get_template(f"{name}.html").render(values), status)


def time_zone() -> str:
    """The time zone of the times that pages show and take: this computer's, by its short names of winter and summer.

    Which of the two a time has that is typed depends on its date.
    """
    return "/".join(dict.fromkeys(time.tzname))
