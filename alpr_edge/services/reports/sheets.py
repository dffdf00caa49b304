"""Reports as people read them, at a terminal, on a page and in print: facts, tables, and what they do not tell."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from alpr_edge.domain.permissions.profile import Profile
from alpr_edge.domain.statistics.character_pairs import NOTHING, ConfusedPair
from alpr_edge.domain.statistics.counts import CountTable
from alpr_edge.domain.statistics.periods import ReportPeriod
from alpr_edge.domain.statistics.precision import BIAS, Dimension, PrecisionReport, PrecisionRow
from alpr_edge.domain.statistics.proportions import Proportion
from alpr_edge.domain.statistics.transparency import NOT_WHOLE, TransparencyReport

TITLES: Mapping[Dimension, tuple[str, str]] = {
    Dimension.ALL: ("All judged reads", ""),
    Dimension.CAMERA: ("By camera", "camera"),
    Dimension.LIGHT: ("By day and night", "the sun"),
    Dimension.SPEED: ("By the patrol car's speed", "speed"),
    Dimension.WIDTH: ("By the width of the plate in the picture", "width"),
    Dimension.LIST: ("Hits by list", "list"),
    Dimension.MATCH: ("Hits by how they matched", "match"),
}
"""The heading of each table, and what its rows are."""
PAIRS_SHOWN = 30
"""Pairs of characters that people are shown, the most frequent; programs get all of them."""
_ANSWERS = ("correct", "misread", "wrong state", "another vehicle", "judged", "right", "95 % interval")


@dataclass(frozen=True, slots=True)
class PlotPoint:
    """A share of a plot with its interval."""

    name: str
    proportion: Proportion


@dataclass(frozen=True, slots=True)
class SheetTable:
    """A table of a report."""

    title: str
    heads: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    label_count: int = 1
    """Columns that are words; the others are numbers."""
    points: tuple[PlotPoint, ...] = ()
    """What a plot of it shows; empty: there is none."""


@dataclass(frozen=True, slots=True)
class ReportSheet:
    """A report."""

    title: str
    unit_id: str
    period: str
    facts: tuple[tuple[str, str], ...]
    """What it rests on."""
    tables: tuple[SheetTable, ...]
    notes: tuple[str, ...] = field(default=())
    """What the figures do not tell."""


def precision_sheet(report: PrecisionReport, period: ReportPeriod, unit_id: str) -> ReportSheet:
    coverage = report.coverage
    counts = {
        "reads in these days": coverage.reads,
        "reads without a known time, in no figure": coverage.untimed_reads,
        "hits": coverage.hits,
        "hits that officers judged": coverage.judged_hits,
        "hits without an answer": coverage.unanswered_hits,
        "hits that were dismissed": coverage.dismissed_hits,
        "judged reads": coverage.judged_reads,
        "misreads of which nobody said what the plate says": coverage.untold_misreads,
    }
    tables = [_precision_table(dimension, report.of(dimension)) for dimension in Dimension]
    facts = tuple((name, f"{count:,}") for name, count in counts.items())
    return ReportSheet("Precision", unit_id, period_text(period), facts, (*tables, _pair_table(report.pairs)), BIAS)


def transparency_sheet(
    report: TransparencyReport, period: ReportPeriod, unit_id: str, profile: Profile, small_below: int
) -> ReportSheet:
    """The report on what was read, found and done.

    Args:
        small_below: counts below it are hidden; 0: none is.
    """
    facts = (
        ("reads without a known time, in no count", _count_text(report.untimed_reads)),
        ("accesses without a known time, in no count", _count_text(report.untimed_records)),
        ("reads that are held at present", _count_text(report.held_now)),
    )
    tables = [_count_sheet(table, profile) for table in report.tables]
    tables.insert(4, _rate_table(report))
    hidden = f"Counts below {small_below} are hidden, and others where they would give one away."
    notes = (*NOT_WHOLE, hidden) if small_below > 1 else NOT_WHOLE
    return ReportSheet("Transparency", unit_id, period_text(period), facts, tuple(tables), notes)


def period_text(period: ReportPeriod) -> str:
    """The days of a report."""
    return f"{period.since} to {period.until}"


def share_text(proportion: Proportion) -> str:
    """A share in percent; empty where it is of nothing."""
    return "" if proportion.share is None else f"{100 * proportion.share:.1f} %"


def interval_text(proportion: Proportion) -> str:
    """The interval of a share in percent; empty where it is of nothing."""
    low, high = proportion.interval
    return "" if proportion.share is None else f"{100 * low:.1f} to {100 * high:.1f} %"


def _precision_table(dimension: Dimension, rows: Iterable[PrecisionRow]) -> SheetTable:
    title, head = TITLES[dimension]
    rows = tuple(rows)
    cells = tuple((row.value, *_answer_cells(row)) for row in rows)
    points = tuple(PlotPoint(row.value, row.right) for row in rows) if dimension is not Dimension.ALL else ()
    return SheetTable(title, (head, *_ANSWERS), cells, points=points)


def _answer_cells(row: PrecisionRow) -> tuple[str, ...]:
    counts = (row.correct, row.misread, row.wrong_state, row.not_this_vehicle, row.right.of)
    return (*(f"{count:,}" for count in counts), share_text(row.right), interval_text(row.right))


def _pair_table(pairs: tuple[ConfusedPair, ...]) -> SheetTable:
    shown = pairs[:PAIRS_SHOWN]
    rows = tuple(
        (pair.truth, pair.read, f"{pair.proportion.count:,}", f"{pair.proportion.of:,}",
         share_text(pair.proportion), interval_text(pair.proportion))
        for pair in shown
    )  # fmt: skip
    heads = ("the plate says", "was read", "times", "of", "share", "95 % interval")
    title = f"Characters that were confused ({NOTHING} is none)"
    return SheetTable(title, heads, rows, 2, tuple(PlotPoint(pair.name, pair.proportion) for pair in shown))


def _count_sheet(table: CountTable, profile: Profile) -> SheetTable:
    words = {code: rule.words for code, rule in profile.purposes.items()}
    names = {0: words, 1: profile.offences} if table.name == "searches" else {}
    rows = [
        (*(names.get(place, {}).get(label, label) or "none" for place, label in enumerate(row.labels)),
         _count_text(row.count))
        for row in table.rows
    ]  # fmt: skip
    total = ("all", *("" for _ in table.heads[1:]), _count_text(table.total))
    return SheetTable(table.title, (*table.heads, "count"), (*rows, total), len(table.heads))


def _rate_table(report: TransparencyReport) -> SheetTable:
    rows, points = [], []
    for rate in report.rates:
        if rate.misread is None or rate.judged is None:
            hidden = _count_text(None)
            rows.append((rate.camera_id, hidden, hidden, "", ""))
            continue
        share = Proportion(rate.misread, rate.judged)
        points.append(PlotPoint(rate.camera_id, share))
        rows.append((rate.camera_id, f"{rate.misread:,}", f"{rate.judged:,}", share_text(share), interval_text(share)))
    heads = ("camera", "misread", "judged", "share", "95 % interval")
    return SheetTable("Misread reads", heads, tuple(rows), points=tuple(points))


def _count_text(count: int | None) -> str:
    """A count; of a hidden one that it is: it may be small itself, or hide another."""
    return "hidden" if count is None else f"{count:,}"
