"""A report as one page to print, which needs no other file; with plots where they can be drawn."""

from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from alpr_edge.services.reports.plots import HOW_TO_GET, can_plot, share_plot
from alpr_edge.services.reports.sheets import ReportSheet


def report_page(sheet: ReportSheet) -> str:
    """The page; whatever a value holds is shown as text."""
    environment = Environment(
        autoescape=True,
        loader=FileSystemLoader(Path(__file__).parent / "templates"),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    plots: dict[str, Markup] = {}
    if can_plot():
        drawn = {table.title: share_plot(table.title, table.points) for table in sheet.tables if table.points}
        plots = {title: Markup(svg) for title, svg in drawn.items()}  # noqa: S704 - matplotlib escapes its texts
    hint = "" if can_plot() else HOW_TO_GET
    return environment.get_template("report.html.jinja").render(sheet=sheet, plots=plots, hint=hint)
