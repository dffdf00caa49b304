"""``alpr-edge report transparency``: reads, hits, searches and what came of them, in counts."""

from __future__ import annotations

from typing import Annotated

import typer

from alpr_edge.cli.access.options import BreakGlassOption, CaseOption, OffenceOption, PurposeOption, Statement
from alpr_edge.cli.common import DEFAULT_SETTINGS, JsonOption, SettingsOption
from alpr_edge.cli.output import print_object
from alpr_edge.cli.report.common import (
    CsvOption,
    FromOption,
    HtmlOption,
    MonthOption,
    ToOption,
    open_reports,
    period_of,
    print_sheet,
    write_file,
    write_page,
)
from alpr_edge.domain.statistics.counts import SMALL_MAX, SMALL_MIN

_SMALL_HELP = f"Hide counts below this number ({SMALL_MIN} at least), for a report that is published."


def _check_small(value: int) -> int:
    if 0 < value < SMALL_MIN:
        raise typer.BadParameter(f"{SMALL_MIN} at least: a hidden count below 2 is known to be 1")
    return value


def transparency(
    since: FromOption = None,
    until: ToOption = None,
    month: MonthOption = "",
    small_below: Annotated[
        int, typer.Option("--small-below", min=0, max=SMALL_MAX, callback=_check_small, help=_SMALL_HELP)
    ] = 0,
    purpose: PurposeOption = "",
    offence: OffenceOption = "",
    case: CaseOption = "",
    break_glass: BreakGlassOption = "",
    csv: CsvOption = None,
    html: HtmlOption = None,
    settings: SettingsOption = DEFAULT_SETTINGS,
    as_json: JsonOption = False,
) -> None:
    """Count reads, hits, their verification and outcomes, misreads, searches, holds, exports and deletions.

    Only counts: no plates, no people. The access is recorded.
    """
    from alpr_edge.services.reports.report_values import transparency_csv, transparency_values
    from alpr_edge.services.reports.sheets import transparency_sheet
    from alpr_edge.settings import load

    period, unit = period_of(since, until, month), load(settings)
    with open_reports(unit, Statement(purpose, offence, case, break_glass)) as (reports, authoriser, known_purpose):
        report = reports.transparency(authoriser, known_purpose, period, small_below)
        profile = authoriser.policy.profile
    sheet = transparency_sheet(report, period, unit.unit.id, profile, small_below)
    if csv is not None:
        write_file(csv, transparency_csv(report))
    if html is not None:
        write_page(html, sheet)
    print_object(transparency_values(report, period, unit.unit.id, small_below)) if as_json else print_sheet(sheet)
