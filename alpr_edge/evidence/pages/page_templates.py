"""Fills the templates of the pages of a package in."""

from dataclasses import dataclass
from pathlib import Path

from alpr_edge.evidence.pages.page_facts import in_words, moment_text
from alpr_edge.web.printed_pages import printed_page_templates


@dataclass(frozen=True, slots=True)
class PageLink:
    """A page, as the start page lists it."""

    href: str
    label: str
    detail: str


class PackageTemplates:
    """The templates of one package; all that is filled in is escaped."""

    def __init__(self) -> None:
        self._environment = printed_page_templates(Path(__file__).parent / "templates")
        self._environment.filters["words"] = in_words
        self._environment.filters["moment"] = moment_text

    def page(self, template: str, **values: object) -> bytes:
        """A page as HTML."""
        return self._environment.get_template(f"{template}.html.jinja").render(values).encode()
