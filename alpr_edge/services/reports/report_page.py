"""A report as one page to print, which needs no other file; with plots where they can be drawn."""

from collections.abc import Sequence
from functools import cache
from io import StringIO
from pathlib import Path
from typing import Any

from markupsafe import Markup

from alpr_edge.services.reports.sheets import PlotPoint, ReportSheet
from alpr_edge.web.printed_pages import printed_page_templates

HOW_TO_GET = 'Plots are drawn where matplotlib is installed: pip install "alpr-edge[reports]".'
WIDTH_INCH, HEAD_INCH, ROW_INCH = 7.0, 0.7, 0.26
_STYLE: dict[Any, Any] = {
    "svg.fonttype": "none",  # text stays text: it can be read aloud, searched, and is set in the font of the page
    "svg.hashsalt": "alpr-edge",  # the same report is the same file
    "font.size": 9,
    "text.parse_math": False,  # a list may have a $ in its name
}


@cache
def can_plot() -> bool:
    """Whether plots can be drawn here."""
    try:
        import matplotlib as mpl  # noqa: PLC0415 - of an extra, and slow to load
    except ImportError:
        return False
    return bool(mpl.__version__)


def share_plot(title: str, points: Sequence[PlotPoint]) -> str:
    """A plot of shares, one below the other, each with its 95 % interval.

    Args:
        points: the shares, at least one.

    Returns:
        An ``svg`` element to stand in a page.
    """
    import matplotlib as mpl  # noqa: PLC0415 - of an extra, and slow to load
    from matplotlib.backends.backend_svg import FigureCanvasSVG  # noqa: PLC0415
    from matplotlib.figure import Figure  # noqa: PLC0415

    with mpl.rc_context(_STYLE):
        figure = Figure(figsize=(WIDTH_INCH, HEAD_INCH + ROW_INCH * len(points)), layout="constrained")
        canvas: Any = FigureCanvasSVG(figure)
        _draw(figure.add_subplot(), points)
        output = StringIO()
        canvas.print_svg(output, metadata={"Date": None, "Title": title})
    svg = output.getvalue()
    return svg[svg.index("<svg") :]


def _draw(axes: Any, points: Sequence[PlotPoint]) -> None:  # noqa: ANN401 - of matplotlib
    places = range(len(points))
    shares = [100 * (point.proportion.share or 0.0) for point in points]
    spans = [[100 * end for end in point.proportion.interval] for point in points]
    below = [share - low for share, (low, _) in zip(shares, spans, strict=True)]
    above = [high - share for share, (_, high) in zip(shares, spans, strict=True)]
    axes.errorbar(shares, list(places), xerr=[below, above], fmt="o", color="#1f4e79", capsize=3, markersize=4)
    names = [f"{point.name} ({point.proportion.count:,} of {point.proportion.of:,})" for point in points]
    axes.set_yticks(list(places), names)
    axes.invert_yaxis()
    axes.set_ylim(len(points) - 0.5, -0.5)
    axes.set_xlabel("%, with the 95 % interval")
    axes.grid(axis="x", linewidth=0.4)
    axes.spines[["top", "right"]].set_visible(False)


def report_page(sheet: ReportSheet) -> str:
    """The page; whatever a value holds is shown as text."""
    environment = printed_page_templates(Path(__file__).parent / "templates")
    plots: dict[str, Markup] = {}
    if can_plot():
        drawn = {table.title: share_plot(table.title, table.points) for table in sheet.tables if table.points}
        plots = {title: Markup(svg) for title, svg in drawn.items()}  # noqa: S704 - matplotlib escapes its texts
    hint = "" if can_plot() else HOW_TO_GET
    return environment.get_template("report.html.jinja").render(sheet=sheet, plots=plots, hint=hint)
