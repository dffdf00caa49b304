"""``alpr-edge department alarms``: tell people what is wrong with the department, by mail and webhook."""

from __future__ import annotations

from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Annotated

import typer

from alpr_edge.cli.common import JsonOption
from alpr_edge.cli.department.common import DirectoryOption, department_name, require_department
from alpr_edge.cli.output import print_object
from alpr_edge.domain.errors import DepartmentError

if TYPE_CHECKING:
    from alpr_edge.department.alarms.alarm_record import AlarmNotice
    from alpr_edge.department.alarms.channels import AlarmChannel


def alarms_command(
    directory: DirectoryOption,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show what is wrong, and tell nobody.")] = False,
    is_test: Annotated[bool, typer.Option("--test", help="Send a test to everybody who would be told.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Tell what is wrong, to whom the settings say.

    Each alarm is told as it begins, once a day while it lasts, and as it ends. A timer runs this every five minutes.
    """
    from alpr_edge.department.alarms.alarm import standing_alarms
    from alpr_edge.department.alarms.alarm_round import run_round, send_test
    from alpr_edge.department.alarms.channels import alarm_channels
    from alpr_edge.department.settings import FILE_NAME, load_department_file

    table, now = load_department_file(require_department(directory)).alarms, datetime.now(UTC)
    if dry_run:
        alarms = standing_alarms(directory, now)
        lines = [alarm.text for alarm in alarms] or ["nothing is wrong"]
        print_object({"alarms": alarms}) if as_json else typer.echo("\n".join(lines))
        return
    channels = alarm_channels(table)
    if not channels:
        raise DepartmentError(f"{directory / FILE_NAME}: [alarms] names nobody to tell; set mail_to or webhook_url")
    if is_test:
        failures = send_test(channels, department_name(directory), now)
        _end({"failures": failures}, [] if failures else [f"sent by {_names(channels)}"], failures, as_json=as_json)
        return
    outcome = run_round(directory, channels, department_name(directory), now, timedelta(hours=table.remind_hours))
    lines = [f"{name}: {_counts(notice)}" for name, notice in outcome.told.items()] or ["nothing new"]
    _end(asdict(outcome), lines, outcome.failures, as_json=as_json)


def _end(content: dict[str, object], lines: list[str], failures: list[str] | tuple[str, ...], *, as_json: bool) -> None:
    """Print; ends with 1 when a channel failed."""
    print_object(content) if as_json else typer.echo("\n".join(lines))
    for line in failures:
        typer.echo(f"alpr-edge: {line}", err=True)
    if failures:
        raise typer.Exit(1)


def _names(channels: list[AlarmChannel]) -> str:
    return " and ".join(channel.name for channel in channels)


def _counts(notice: AlarmNotice) -> str:
    return f"{len(notice.begun)} new, {len(notice.standing)} still there, {len(notice.over)} over"
