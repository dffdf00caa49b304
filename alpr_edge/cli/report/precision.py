"""``alpr-edge report precision``: how often reads are right, by the officers' answers."""

from __future__ import annotations

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


def precision(
    since: FromOption = None,
    until: ToOption = None,
    month: MonthOption = "",
    purpose: PurposeOption = "",
    offence: OffenceOption = "",
    case: CaseOption = "",
    break_glass: BreakGlassOption = "",
    csv: CsvOption = None,
    html: HtmlOption = None,
    settings: SettingsOption = DEFAULT_SETTINGS,
    as_json: JsonOption = False,
) -> None:
    """Show how often reads are right: by camera, light, speed, width, list, match and pair of characters.

    By the officers' answers to hits and by corrected reads, each share with its 95 % interval. The access is
    recorded.
    """
    from alpr_edge.services.reports.report_values import precision_csv, precision_values
    from alpr_edge.services.reports.sheets import precision_sheet
    from alpr_edge.settings import load

    period, unit = period_of(since, until, month), load(settings)
    with open_reports(unit, Statement(purpose, offence, case, break_glass)) as (reports, authoriser, known_purpose):
        report = reports.precision(authoriser, known_purpose, period)
    sheet = precision_sheet(report, period, unit.unit.id)
    if csv is not None:
        write_file(csv, precision_csv(report))
    if html is not None:
        write_page(html, sheet)
    print_object(precision_values(report, period, unit.unit.id)) if as_json else print_sheet(sheet)
