"""Fills the templates of the pages of a package in."""

from dataclasses import dataclass
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from alpr_edge.evidence.pages.page_facts import in_words, moment_text


@dataclass(frozen=True, slots=True)
class PageLink:
    """A page, as the start page lists it."""

    href: str
    label: str
    detail: str


class PackageTemplates:
    """The templates of one package; all that is filled in is escaped."""

    def __init__(self) -> None:
        self._environment = Environment(
            autoescape=True,
            loader=FileSystemLoader(Path(__file__).parent / "templates"),
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
            keep_trailing_newline=True,
        )
        self._environment.filters["words"] = in_words
        self._environment.filters["moment"] = moment_text

    def page(self, template: str, **values: object) -> bytes:
        """A page as HTML."""
        return self._environment.get_template(f"{template}.html.jinja").render(values).encode()
