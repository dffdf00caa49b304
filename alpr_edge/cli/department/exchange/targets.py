"""``alpr-edge department exchange list``, ``send``, ``test``, ``retry`` and ``sent``: what goes out, to whom."""

from __future__ import annotations

from dataclasses import asdict
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

import typer

from alpr_edge.cli.common import JsonOption
from alpr_edge.cli.department.common import DirectoryOption, department_name, open_storage, require_department
from alpr_edge.cli.output import count_text, print_lines, print_object, print_table, time_text
from alpr_edge.domain.errors import DepartmentError

if TYPE_CHECKING:
    from pathlib import Path

    from alpr_edge.department.exchange_settings import ExchangeTable
    from alpr_edge.department.interchange.exchange_status import SentEvent, TargetStatus
    from alpr_edge.department.interchange.sender import TargetRound

TargetArgument = Annotated[str, typer.Argument(metavar="TARGET", help="The name of an [[exchange]] of the settings.")]


def list_command(directory: DirectoryOption, as_json: JsonOption = False) -> None:
    """Show each target, its approval and what waits. Shows no plates."""
    from alpr_edge.department.interchange.exchange_status import exchange_warnings, target_statuses
    from alpr_edge.department.settings import load_department_file

    tables = load_department_file(require_department(directory)).exchange
    with open_storage(directory) as storage:
        found = target_statuses(storage.database, tables)
        warnings = list(exchange_warnings(storage.database, tables, datetime.now(UTC)))
    if as_json:
        print_lines(map(asdict, found))
    elif found:
        headers = "target", "operator", "what", "until", "waiting", "sent", "refused"
        print_table(headers, [_row(status) for status in found], notes=[_note(status) for status in found])
    else:
        typer.echo("nothing goes out: the settings name no [[exchange]]")
    for line in [] if as_json else warnings:
        typer.secho(f"warning: {line}", fg=typer.colors.YELLOW)


def send_command(directory: DirectoryOption, as_json: JsonOption = False) -> None:
    """Send what is new to each target. A timer runs this every half minute.

    What a target does not take waits, and is sent again under the same id. Ends with 1 when one takes nothing or
    refused something.
    """
    from alpr_edge.cli.caller import caller
    from alpr_edge.department.interchange.sender import run_round
    from alpr_edge.department.settings import FILE_NAME, load_department_file

    tables = load_department_file(require_department(directory)).exchange
    if not tables:
        raise DepartmentError(f"{directory / FILE_NAME}: names no [[exchange]]; nothing goes out")
    with open_storage(directory) as storage:
        rounds = run_round(storage, tables, department_name(directory), f"login:{caller()}")
    if as_json:
        print_lines(rounds)
    for each in rounds:
        if not as_json:
            typer.echo(_round_text(each))
        if each.trouble:
            typer.echo(f"alpr-edge: {each.target}: {each.trouble}", err=True)
    if any(each.trouble or each.set_aside for each in rounds):
        raise typer.Exit(1)


def probe_command(target: TargetArgument, directory: DirectoryOption, as_json: JsonOption = False) -> None:
    """Post a test that is about no vehicle. It has the form of a withdrawal; nothing is noted."""
    from alpr_edge.department.interchange.delivery import DeliveryOutcome
    from alpr_edge.department.interchange.sender import send_test

    table = _table(directory, target)
    delivery = send_test(table, directory, department_name(directory), datetime.now(UTC))
    about = {"target": target, "outcome": delivery.outcome.value, "answer": delivery.words}
    print_object(about) if as_json else typer.echo(f"{target}: {delivery.outcome.value}: {delivery.words}")
    if delivery.outcome is not DeliveryOutcome.TAKEN:
        raise typer.Exit(1)


def retry_command(target: TargetArgument, directory: DirectoryOption, as_json: JsonOption = False) -> None:
    """Send again what a target refused, with the next round. Also waits for the target no longer."""
    from alpr_edge.department.interchange.exchange_queue import try_again

    _table(directory, target)
    with open_storage(directory) as storage, storage.database.writing() as connection:
        count = try_again(connection, target)
    text = f"{target}: {count_text(count, 'event')} queued again"
    print_object({"target": target, "queued": count}) if as_json else typer.echo(text)


def sent_command(
    directory: DirectoryOption,
    target: Annotated[str | None, typer.Option("--target", help="Of this target alone.")] = None,
    as_json: JsonOption = False,
) -> None:
    """Show the record of what was sent, to which system and why. By ids: shows no plates."""
    from alpr_edge.department.interchange.exchange_status import sent_events

    with open_storage(directory) as storage:
        found = sent_events(storage.database, target)
        if as_json:
            print_lines(map(asdict, found))
            return
        empty = True
        for event in found:
            empty = False
            typer.echo(_event_text(event))
    if empty:
        typer.echo("nothing was sent")


def _table(directory: Path, target: str) -> ExchangeTable:
    from alpr_edge.department.settings import FILE_NAME, load_department_file

    tables = load_department_file(require_department(directory)).exchange
    for table in tables:
        if table.name == target:
            return table
    known = ", ".join(table.name for table in tables) or "none"
    raise DepartmentError(f"{target}: no [[exchange]] of that name in {directory / FILE_NAME}; there are: {known}")


def _row(status: TargetStatus) -> tuple[str, ...]:
    what = "all reads" if status.rule == "all_reads" else f"hits of {', '.join(status.lists)}"
    until = f"{status.until}" if status.is_named else "not in the settings"
    counts = (status.waiting, status.sent, status.set_aside)
    return status.target, status.operator, what, until, *(f"{count:,}" for count in counts)


def _note(status: TargetStatus) -> str:
    last = "never" if status.last_sent is None else time_text(status.last_sent)
    trouble = f"; {status.trouble}" if status.trouble else ""
    return (
        f"{status.purpose}; {status.legal_basis}; approved by {status.approved_by}; {status.format}; "
        f"last sent {last}{trouble}"
    )


def _round_text(each: TargetRound) -> str:
    return f"{each.target}: {each.queued} new, {each.sent} sent, {each.set_aside} refused, {each.dropped} dropped"


def _event_text(event: SentEvent) -> str:
    about = event.hit_id or event.read_id
    terms = event.terms
    return (
        f"{event.number}  {time_text(event.sent)}  {event.target}  {event.kind} of {about}  "
        f"{terms['operator']}: {terms['purpose']}"
    )
