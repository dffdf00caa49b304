"""The report on reading quality: as people read it, as values for JSON, and as a table for CSV."""

import csv
from io import StringIO
from typing import Any

from alpr_edge.domain.statistics.periods import ReportPeriod
from alpr_edge.domain.statistics.quality import QualityCounts, QualityTally
from alpr_edge.services.reports.sheets import ReportSheet, SheetTable, period_text, share_text

HEADS = ("camera", "hour", "reads", "certain", "certain_share", "width_px_median", "judged", "misread", "misread_share")
NOTES = (
    "Certain is what the reader itself is sure of; it says nothing of whether it is right.",
    "Misreads are by the officers' answers to hits, which are no sample of all reads.",
    "The sharpness of pictures is not kept with reads; what a camera sees at present is told in the unit's health.",
)


def quality_rows(tally: QualityTally[int]) -> list[dict[str, Any]]:
    """A row for each camera and hour of the day in which it read, in this order; shares are null of nothing."""
    rows = sorted(tally.rows(), key=lambda row: row[0])
    return [dict(zip(HEADS, (camera_id, hour, *_values(counts)), strict=True)) for (camera_id, hour), counts in rows]


def quality_values(tally: QualityTally[int], period: ReportPeriod, unit_id: str) -> dict[str, Any]:
    """The report for JSON."""
    about = {"unit": unit_id, "since": period.since.isoformat(), "until": period.until.isoformat()}
    return {"report": "quality", **about, "rows": quality_rows(tally)}


def quality_csv(tally: QualityTally[int]) -> str:
    """The report as one table with a head."""
    text = StringIO()
    writer = csv.DictWriter(text, HEADS, lineterminator="\r\n")  # RFC 4180
    writer.writeheader()
    writer.writerows(quality_rows(tally))
    return text.getvalue()


def quality_sheet(tally: QualityTally[int], period: ReportPeriod, unit_id: str) -> ReportSheet:
    """The report for people: a table for each camera."""
    cameras: dict[str, list[tuple[str, ...]]] = {}
    total = 0
    for (camera_id, hour), counts in sorted(tally.rows(), key=lambda row: row[0]):
        cameras.setdefault(camera_id, []).append(_cells(hour, counts))
        total += counts.reads
    heads = ("hour", "reads", "certain", "median width px", "judged", "misread", "share")
    titles = {name: f"Camera {name}, by hour of the day" for name in cameras}
    tables = tuple(SheetTable(titles[name], heads, tuple(rows)) for name, rows in cameras.items())
    facts = (("reads in these days", f"{total:,}"),)
    return ReportSheet("Reading quality", unit_id, period_text(period), facts, tables, NOTES)


def _values(counts: QualityCounts) -> tuple[int | float | None, ...]:
    shares = [None if each.share is None else round(each.share, 6) for each in (counts.certain, counts.misreads)]
    about = counts.reads, counts.certain_reads, shares[0], counts.width_px
    return (*about, counts.judged, counts.misread, shares[1])


def _cells(hour: int, counts: QualityCounts) -> tuple[str, ...]:
    width = "" if counts.width_px is None else str(counts.width_px)
    about = f"{hour:02d}:00", f"{counts.reads:,}", share_text(counts.certain), width
    return (*about, f"{counts.judged:,}", f"{counts.misread:,}", share_text(counts.misreads))
