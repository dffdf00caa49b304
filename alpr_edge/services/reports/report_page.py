"""A report as one page to print, which needs no other file; with plots where they can be drawn."""

from pathlib import Path

from markupsafe import Markup

from alpr_edge.services.reports.plots import HOW_TO_GET, can_plot, share_plot
from alpr_edge.services.reports.sheets import ReportSheet
from alpr_edge.web.printed_pages import printed_page_templates


def report_page(sheet: ReportSheet) -> str:
    """The page; whatever a value holds is shown as text."""
    environment = printed_page_templates(Path(__file__).parent / "templates")
    plots: dict[str, Markup] = {}
    if can_plot():
        drawn = {table.title: share_plot(table.title, table.points) for table in sheet.tables if table.points}
        plots = {title: Markup(svg) for title, svg in drawn.items()}  # noqa: S704 - matplotlib escapes its texts
    hint = "" if can_plot() else HOW_TO_GET
    return environment.get_template("report.html.jinja").render(sheet=sheet, plots=plots, hint=hint)
