"""Fills in templates of pages that stand alone: reports, certificates of fitness, the pages of an evidence package."""

from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined


def printed_page_templates(folder: Path) -> Environment:
    """The templates of a folder: whatever a value holds is shown as text, and a name that is missing is an error."""
    return Environment(
        autoescape=True,
        loader=FileSystemLoader(folder),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
