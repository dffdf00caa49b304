"""``alpr-edge department report``: a month in counts, by the last correction of each read and hit."""

from __future__ import annotations

import csv
import io
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from alpr_edge.cli.common import JsonOption, private_files
from alpr_edge.cli.department.common import DirectoryOption, require_department
from alpr_edge.cli.output import print_object, print_table
from alpr_edge.domain.errors import ReportError

if TYPE_CHECKING:
    from alpr_edge.department.reports.department_reports import DepartmentReport
    from alpr_edge.domain.statistics.department_counts import DepartmentCounts

ALL = "all"
"""Stands for the unit in the row of the sums."""
HEADERS = ("unit", "reads", "corrected", "replaced", "hits", "confirmed", "withdrawn", "misread of judged")
NOTES = (
    "Each read is counted by its last correction; what it replaced is counted apart, and its hits in no column here.",
    "Covert hits, and those of units too old to say that theirs are not, are in no count.",
    "Misread are those that officers said so of, of the hits that they judged; of other reads nobody says.",
)


def report_command(
    directory: DirectoryOption,
    month: Annotated[str, typer.Option("--month", metavar="MONTH", help="Such as 2026-11, in local time.")],
    csv_file: Annotated[Path | None, typer.Option("--csv", metavar="FILE", help="Write a table for programs.")] = None,
    as_json: JsonOption = False,
) -> None:
    """Count a month's reads, hits, verifications and misreads.

    By unit and in all, each read and hit by its last correction. Counts alone: no plate, no person.
    """
    from alpr_edge.department.db.database import DepartmentDatabase
    from alpr_edge.department.reports.department_reports import DepartmentReports
    from alpr_edge.domain.statistics.periods import period_of_month

    period = period_of_month(month)
    if datetime.now(UTC) < period.span[0]:
        raise ReportError(f"{month} has not begun: there is nothing to count")
    with closing(DepartmentDatabase(require_department(directory), create=False)) as database:
        report = DepartmentReports(database).counts(period)
    if csv_file is not None:
        _write_csv(csv_file, report)
    if as_json:
        about = {"month": month, "since": period.since.isoformat(), "until": period.until.isoformat()}
        untimed = {"untimed_reads": report.untimed_reads, "untimed_hits": report.untimed_hits}
        units = [{"unit": unit_id} | counts.values() for unit_id, counts in report.units.items()]
        print_object(about | report.total.values() | untimed | {"units": units})
        return
    print_table(HEADERS, [_row(name, counts) for name, counts in _rows(report)])
    typer.echo(f"\nwithout a sure time, in no count: {report.untimed_reads} reads, {report.untimed_hits} hits")
    for note in NOTES:
        typer.echo(note)


def _rows(report: DepartmentReport) -> list[tuple[str, DepartmentCounts]]:
    return [*report.units.items(), (ALL, report.total)]


def _row(name: str, counts: DepartmentCounts) -> tuple[str, ...]:
    from alpr_edge.domain.dispositions.hit_state import HitVerification

    confirmed = counts.verifications[HitVerification.CONFIRMED]
    numbers = (counts.reads, counts.corrected_reads, counts.superseded_reads, counts.hits, confirmed)
    misread = f"{counts.misread_reads:,} of {counts.judged_reads:,}"
    return name, *(f"{number:,}" for number in (*numbers, counts.withdrawn_hits)), misread


def _write_csv(file: Path, report: DepartmentReport) -> None:
    from alpr_edge.runtime.io_errors import io_errors

    rows: list[dict[str, Any]] = [{"unit": name} | counts.values() for name, counts in _rows(report)]
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, rows[0])
    writer.writeheader()
    writer.writerows(rows)
    with private_files(), io_errors(f"{file}: cannot be written", ReportError):
        file.write_text(text.getvalue(), encoding="utf-8", newline="")
