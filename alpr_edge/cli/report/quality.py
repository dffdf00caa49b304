"""``alpr-edge report quality``: how well each camera's pictures can be read, by hour of the day."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from alpr_edge.cli.access.options import BreakGlassOption, CaseOption, OffenceOption, PurposeOption, Statement
from alpr_edge.cli.common import DEFAULT_SETTINGS, JsonOption, SettingsOption
from alpr_edge.cli.output import print_object
from alpr_edge.cli.report.common import (
    CsvOption,
    FromOption,
    MonthOption,
    ToOption,
    open_reports,
    period_of,
    print_sheet,
    write_file,
)

if TYPE_CHECKING:
    from alpr_edge.domain.statistics.periods import ReportPeriod

DAYS = 7


def quality(
    since: FromOption = None,
    until: ToOption = None,
    month: MonthOption = "",
    purpose: PurposeOption = "",
    offence: OffenceOption = "",
    case: CaseOption = "",
    break_glass: BreakGlassOption = "",
    csv: CsvOption = None,
    settings: SettingsOption = DEFAULT_SETTINGS,
    as_json: JsonOption = False,
) -> None:
    """Show how well each camera reads, by hour of the day: certain reads, plate widths, misreads.

    Without days: the last seven and today. The access is recorded.
    """
    from alpr_edge.services.reports.quality_views import quality_csv, quality_sheet, quality_values
    from alpr_edge.settings import load

    period = period_of(since, until, month) if since or until or month else _last_days()
    unit = load(settings)
    with open_reports(unit, Statement(purpose, offence, case, break_glass)) as (reports, authoriser, known_purpose):
        tally = reports.quality(authoriser, known_purpose, period)
    if csv is not None:
        write_file(csv, quality_csv(tally))
    if as_json:
        print_object(quality_values(tally, period, unit.unit.id))
    else:
        print_sheet(quality_sheet(tally, period, unit.unit.id))


def _last_days() -> ReportPeriod:
    from alpr_edge.domain.statistics.periods import period_of_days

    today = datetime.now(UTC).astimezone().date()
    return period_of_days(today - timedelta(days=DAYS), today)
