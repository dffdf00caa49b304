"""What the reports share: their days, where they go, and what they are made of."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from alpr_edge.cli.access.opening import open_access
from alpr_edge.cli.common import private_files
from alpr_edge.cli.hotlist.common import open_list_database
from alpr_edge.cli.output import print_table
from alpr_edge.domain.errors import ReportError

if TYPE_CHECKING:
    from alpr_edge.access.authorisation.authoriser import Authoriser
    from alpr_edge.cli.access.options import Statement
    from alpr_edge.domain.permissions.purposes import Purpose
    from alpr_edge.domain.statistics.periods import ReportPeriod
    from alpr_edge.services.reports.sheets import ReportSheet
    from alpr_edge.services.reports.unit_reports import UnitReports
    from alpr_edge.settings import Settings

FromOption = Annotated[datetime | None, typer.Option("--from", formats=["%Y-%m-%d"], help="The first day, local time.")]
ToOption = Annotated[datetime | None, typer.Option("--to", formats=["%Y-%m-%d"], help="The last day.")]
MonthOption = Annotated[str, typer.Option("--month", metavar="MONTH", help="A whole month, such as 2026-11.")]
CsvOption = Annotated[Path | None, typer.Option("--csv", metavar="FILE", help="Write a table for programs.")]
HtmlOption = Annotated[Path | None, typer.Option("--html", metavar="FILE", help="Write a page to print.")]


def period_of(since: datetime | None, until: datetime | None, month: str) -> ReportPeriod:
    """The days that options name, in local time."""
    from alpr_edge.domain.statistics.periods import period_of_days, period_of_month

    if month and (since or until):
        raise ReportError("give --month, or --from and --to")
    if month:
        return period_of_month(month)
    if since is None or until is None:
        raise ReportError("give the days: --from and --to, or --month")
    return period_of_days(since.date(), until.date())


@contextmanager
def open_reports(unit: Settings, stated: Statement) -> Iterator[tuple[UnitReports, Authoriser, Purpose]]:
    """Open what reports are made of, and what allows and records them."""
    from alpr_edge.services.reports.unit_reports import UnitReports
    from alpr_edge.store.access_log.log import open_access_log

    with (
        open_access(unit, stated) as (authoriser, purpose),
        open_access_log(unit, migrate=False) as log,
        open_list_database(unit, migrate=False) as database,
    ):
        yield UnitReports(database, log), authoriser, purpose


def write_page(file: Path, sheet: ReportSheet) -> None:
    """Write a report as a page to print."""
    from alpr_edge.services.reports.report_page import report_page

    write_file(file, report_page(sheet))


def write_file(file: Path, text: str) -> None:
    """Write a file that its owner alone may read."""
    from alpr_edge.runtime.io_errors import io_errors

    with private_files(), io_errors(f"{file}: cannot be written", ReportError):
        file.write_text(text, encoding="utf-8", newline="")


def print_sheet(sheet: ReportSheet) -> None:
    """Print a report for people."""
    typer.secho(f"{sheet.title}, {sheet.period}, unit {sheet.unit_id}", bold=True)
    for name, value in sheet.facts:
        typer.echo(f"  {name}: {value}")
    for table in sheet.tables:
        typer.echo(f"\n{table.title}")
        print_table(table.heads, table.rows) if table.rows else typer.echo("  none")
    typer.echo("")
    for note in sheet.notes:
        typer.echo(note)
