"""Reports as programs read them: plain values for JSON, and rows of one table for CSV."""

import csv
from collections.abc import Iterator
from io import StringIO
from typing import Any

from alpr_edge.domain.statistics.periods import ReportPeriod
from alpr_edge.domain.statistics.precision import PrecisionReport, PrecisionRow
from alpr_edge.domain.statistics.proportions import Proportion
from alpr_edge.domain.statistics.transparency import TransparencyReport

Cell = str | int | float | None
PRECISION_HEADS = (
    "table", "value", "correct", "misread", "wrong_state", "not_this_vehicle", "count", "of", "share", "low", "high",
)  # fmt: skip
"""Of a table of reads ``count`` are the right ones, of pairs of characters the confused ones."""
TRANSPARENCY_HEADS = ("table", "label", "offence", "count", "of")


def precision_values(report: PrecisionReport, period: ReportPeriod, unit_id: str) -> dict[str, Any]:
    """A report on precision for JSON."""
    return {
        "report": "precision",
        **_about(period, unit_id),
        "coverage": report.coverage,
        "rows": [_row_values(row) for row in report.rows],
        "pairs": [{"plate": pair.truth, "read": pair.read, **_share(pair.proportion)} for pair in report.pairs],
    }


def transparency_values(
    report: TransparencyReport, period: ReportPeriod, unit_id: str, small_below: int
) -> dict[str, Any]:
    """A report on what was read, found and done for JSON; a hidden count is null."""
    return {
        "report": "transparency",
        **_about(period, unit_id),
        "small_below": small_below,
        "untimed_reads": report.untimed_reads,
        "untimed_accesses": report.untimed_records,
        "held_now": report.held_now,
        "tables": {
            table.name: {
                "rows": [{"labels": row.labels, "count": row.count} for row in table.rows],
                "total": table.total,
            }
            for table in report.tables
        },
        "misread_rates": [
            {"camera": rate.camera_id, "misread": rate.misread, "judged": rate.judged} for rate in report.rates
        ],
    }


def precision_csv(report: PrecisionReport) -> str:
    """A report on precision as one table with a head."""
    rows = [tuple(_row_values(row).values()) for row in report.rows]
    pairs: list[tuple[Cell, ...]] = [
        ("pair", pair.name, None, None, None, None, *_share(pair.proportion).values()) for pair in report.pairs
    ]
    return _csv(PRECISION_HEADS, iter([*rows, *pairs]))


def transparency_csv(report: TransparencyReport) -> str:
    """A report on what was read, found and done as one table with a head; a hidden count is empty."""
    return _csv(TRANSPARENCY_HEADS, _transparency_rows(report))


def _transparency_rows(report: TransparencyReport) -> Iterator[tuple[Cell, ...]]:
    yield ("untimed_reads", "", "", report.untimed_reads, None)
    yield ("untimed_accesses", "", "", report.untimed_records, None)
    yield ("held_now", "", "", report.held_now, None)
    for table in report.tables:
        for row in table.rows:
            label, *others = row.labels
            yield (table.name, label, *(others or [""]), row.count, None)
    for rate in report.rates:
        yield ("misread_rates", rate.camera_id, "", rate.misread, rate.judged)


def _about(period: ReportPeriod, unit_id: str) -> dict[str, str]:
    return {"unit": unit_id, "since": period.since.isoformat(), "until": period.until.isoformat()}


def _row_values(row: PrecisionRow) -> dict[str, Cell]:
    answers = {name: getattr(row, name) for name in ("correct", "misread", "wrong_state", "not_this_vehicle")}
    return {"table": row.dimension.value, "value": str(row.value), **answers, **_share(row.right)}


def _share(proportion: Proportion) -> dict[str, Cell]:
    low, high = proportion.interval
    share = proportion.share
    rounded = None if share is None else round(share, 6)
    return {
        "count": proportion.count,
        "of": proportion.of,
        "share": rounded,
        "low": round(low, 6),
        "high": round(high, 6),
    }


def _csv(heads: tuple[str, ...], rows: Iterator[tuple[Cell, ...]]) -> str:
    text = StringIO()
    writer = csv.writer(text, lineterminator="\r\n")  # RFC 4180
    writer.writerow(heads)
    writer.writerows(rows)
    return text.getvalue()
