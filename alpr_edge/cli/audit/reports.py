"""``alpr-edge audit report`` and ``review``: what a reviewer has to look at, and that a week was reviewed."""

from __future__ import annotations

from datetime import datetime, time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from alpr_edge.cli.access.opening import open_access
from alpr_edge.cli.access.options import BreakGlassOption, CaseOption, OffenceOption, PurposeOption, Statement
from alpr_edge.cli.common import DEFAULT_SETTINGS, JsonOption, SettingsOption, private_files
from alpr_edge.cli.hotlist.common import open_list_database
from alpr_edge.cli.output import count_text, print_object, print_table
from alpr_edge.domain.errors import AuditError
from alpr_edge.runtime.io_errors import io_errors

if TYPE_CHECKING:
    from alpr_edge.domain.access_log.reports import AccessReport, RecordGroup

_NUMBERS_SHOWN = 20


def report(
    since: Annotated[datetime, typer.Option("--from", formats=["%Y-%m-%d"], help="The first day, local time.")],
    until: Annotated[datetime, typer.Option("--to", formats=["%Y-%m-%d"], help="The last day.")],
    hours: Annotated[str, typer.Option("--hours", help="Usual hours, local time.")] = "06:00-22:00",
    sample: Annotated[int, typer.Option("--sample", min=0, max=200, help="Records to draw for review.")] = 10,
    purpose: PurposeOption = "",
    offence: OffenceOption = "",
    case: CaseOption = "",
    break_glass: BreakGlassOption = "",
    page: Annotated[Path | None, typer.Option("--page", metavar="FILE", help="Write a page to print and sign.")] = None,
    settings: SettingsOption = DEFAULT_SETTINGS,
    as_json: JsonOption = False,
) -> None:
    """Report accesses by person and purpose, with findings to review. The access is recorded.

    It names records by number and shows no plate; alpr-edge audit prove shows one record.
    """
    from alpr_edge.domain.access_log.reports import ReportRules
    from alpr_edge.services.audit.log_reports import report_on
    from alpr_edge.services.audit.report_page import report_page
    from alpr_edge.settings import load
    from alpr_edge.store.access_log.log import open_access_log

    rules = ReportRules(since.date(), until.date(), None, *_hours_of(hours), sample)
    if rules.until < rules.since:
        raise AuditError("the last day is before the first")
    unit = load(settings)
    with (
        open_access(unit, Statement(purpose, offence, case, break_glass)) as (authoriser, known_purpose),
        open_access_log(unit, migrate=False) as log,
        open_list_database(unit, migrate=False) as database,
    ):
        result = report_on(log, database, authoriser, known_purpose, rules)
    if page is not None:
        with private_files(), io_errors(f"{page}: cannot be written", AuditError):
            page.write_text(report_page(result, rules, unit.unit.id), encoding="utf-8")
    print_object(_plain(result)) if as_json else _print(result)


def review(
    week: Annotated[str, typer.Argument(metavar="WEEK", help="The week by ISO 8601, such as 2026-W48.")],
    note: Annotated[str, typer.Option("--note", help="Outcome, in one line; no plate.")],
    purpose: PurposeOption = "",
    offence: OffenceOption = "",
    case: CaseOption = "",
    settings: SettingsOption = DEFAULT_SETTINGS,
    as_json: JsonOption = False,
) -> None:
    """Record that you reviewed a week of the access log. The week must be over.

    Another person approves a review by reviewing the same week as well.
    """
    from alpr_edge.services.audit.log_reports import review_week
    from alpr_edge.settings import load

    unit = load(settings)
    with open_access(unit, Statement(purpose, offence, case)) as (authoriser, known_purpose):
        known_week, reviewer = review_week(authoriser, known_purpose, week, note)
    if as_json:
        print_object({"week": known_week, "reviewer": reviewer})
    else:
        typer.echo(f"{known_week}: reviewed by {reviewer}, on record")


def _hours_of(text: str) -> tuple[time, time]:
    begin, _, end = text.partition("-")
    try:
        opens, closes = time.fromisoformat(begin), time.fromisoformat(end)
    except ValueError:
        raise AuditError(f"--hours {text}: expected hours such as 06:00-22:00") from None
    if opens.tzinfo or closes.tzinfo:
        raise AuditError(f"--hours {text}: expected local hours without a time zone, such as 06:00-22:00")
    return opens, closes


def _plain(result: AccessReport) -> dict[str, object]:
    from dataclasses import asdict

    return asdict(result) | {"since": result.since.isoformat(), "until": result.until.isoformat()}


def _print(result: AccessReport) -> None:
    typer.echo(f"{result.since} to {result.until}: {count_text(result.records, 'record')}")
    if result.by_person:
        rows = [
            (each.person, each.purpose, str(each.allowed), str(each.refused), str(each.shown))
            for each in result.by_person
        ]
        print_table(("person", "purpose", "allowed", "refused", "shown"), rows)
    from alpr_edge.services.audit.report_page import listed_groups, listed_records

    for words, numbers in (*listed_records(result), ("sample to review", result.sample)):
        if numbers:
            typer.echo(f"{words}: {_numbers_text(numbers)}")
    if result.sample:
        typer.echo(f"the sample was drawn by the log's root at {result.log_size} records: {result.seed}")
    for words, groups in listed_groups(result):
        for group in groups:
            typer.echo(f"{words}: {_group_text(group)}")
    if result.hits:
        typer.echo(f"open hits: {len(result.open_hits)} of {result.hits}")
    for review in result.reviews:
        typer.echo(f"{review.week}: reviewed by {review.reviewer}, {_approval_text(review.approver)}")
    if result.unreviewed_weeks:
        typer.echo(f"weeks not reviewed: {', '.join(result.unreviewed_weeks)}")


def _approval_text(approver: str) -> str:
    return f"approved by {approver}" if approver else "not approved yet"


def _numbers_text(numbers: list[int]) -> str:
    more = f" and {len(numbers) - _NUMBERS_SHOWN} more" if len(numbers) > _NUMBERS_SHOWN else ""
    return f"{len(numbers)} (records {', '.join(map(str, numbers[:_NUMBERS_SHOWN]))}{more})"


def _group_text(group: RecordGroup) -> str:
    return f"{group.person}, {count_text(group.count, 'time')}, records {group.first} to {group.last}"
