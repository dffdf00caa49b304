"""``alpr-edge department evidence``: packages of cases, those that units booked out, and the passphrases of all."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from alpr_edge.cli.common import JsonOption
from alpr_edge.cli.department.common import DirectoryOption, open_storage
from alpr_edge.cli.department.evidence.accesses import accesses_command
from alpr_edge.cli.department.evidence.export import export_command
from alpr_edge.cli.department.inquiries.opening import open_authorised
from alpr_edge.cli.output import count_text, print_lines, print_object, print_table, time_text
from alpr_edge.domain.instants import moment_in

if TYPE_CHECKING:
    from alpr_edge.department.evidence.bookings import DepartmentBooking
    from alpr_edge.department.evidence.passphrase_rows import PassphraseRequest

RequestArgument = Annotated[str, typer.Argument(metavar="REQUEST", help="Its id, as the list has it.")]

app = typer.Typer(help="Packages of evidence, and who may open them. Shows no plates.", no_args_is_help=True)
app.command("export")(export_command)
app.command("accesses")(accesses_command)


@app.command("list")
def list_command(
    directory: DirectoryOption,
    case: Annotated[str, typer.Option("--case", help="Only those of this case.")] = "",
    as_json: JsonOption = False,
) -> None:
    """List the packages that were booked out.

    With case, medium, by whom, when, to whom, time stamp, digests, and who asked for the passphrase, which is not
    shown. What is booked is not always on the medium: it may have been cut short after that, which its SHA-256 tells.
    """
    with open_storage(directory) as storage:
        bookings = storage.bookings.list_bookings(case)
    if as_json:
        print_lines(bookings)
    elif bookings:
        headers = ("case", "booked", "by", "medium", "to", "reads")
        print_table(headers, [_row(each) for each in bookings], notes=[_note(each) for each in bookings])
    else:
        typer.echo("no package was exported")


@app.command()
def ask(
    package: Annotated[str, typer.Argument(metavar="PACKAGE", help="Its id, as the list has it.")],
    reason: Annotated[str, typer.Option("--reason", help="Why it is needed; goes on record.")],
    directory: DirectoryOption,
    as_json: JsonOption = False,
) -> None:
    """Ask for the passphrase of a package. Another person approves that; both are on record."""
    with open_authorised(directory) as (office, authoriser):
        request = office.passphrases.ask(authoriser, package.strip(), reason)
    _print_request(request, "asked; another person approves it until", as_json=as_json)


@app.command()
def approve(request: RequestArgument, directory: DirectoryOption, as_json: JsonOption = False) -> None:
    """Approve that another person sees a passphrase. Shows none."""
    with open_authorised(directory) as (office, authoriser):
        approved = office.passphrases.approve(authoriser, request.strip())
    _print_request(approved, f"approved; {approved.asked.name} may look until", as_json=as_json)


@app.command()
def passphrase(request: RequestArgument, directory: DirectoryOption, as_json: JsonOption = False) -> None:
    """Show a passphrase that another person approved. The look is on record before it is shown."""
    with open_authorised(directory) as (office, authoriser):
        words = office.passphrases.passphrase(authoriser, request.strip())
    print_object({"request_id": request, "passphrase": words}) if as_json else typer.echo(words)


def _print_request(request: PassphraseRequest, words: str, *, as_json: bool) -> None:
    if as_json:
        print_object(request)
    else:
        typer.echo(f"{request.request_id}: {words} {time_text(request.ends_at)}")


def _row(booking: DepartmentBooking) -> tuple[str, ...]:
    return (
        booking.case,
        time_text(moment_in(booking.booked)),
        booking.person,
        booking.medium or "no number",
        booking.recipient or "not named",
        f"{booking.reads:,}",
    )


def _note(booking: DepartmentBooking) -> str:
    kind = "redacted copy" if booking.is_redacted else "originals"
    escrow = f"passphrase looked at {count_text(booking.openings, 'time')}" if booking.is_escrowed else "no passphrase"
    stamp = booking.time_stamp or "no time stamp"
    file = f"{booking.file_name}, SHA-256 {booking.package_sha256}"
    asked = [_request_note(each) for each in booking.requests]
    return "; ".join([f"booked, id {booking.package_id}, {kind}, {escrow}, {stamp}, {file}", *asked])


def _request_note(request: PassphraseRequest) -> str:
    approved = "not approved" if request.approved is None else f"approved by {request.approved.name}"
    asked = f"{request.request_id}: {request.asked.name} asked for its passphrase"
    return f"{asked}, {approved}, ends {time_text(request.ends_at)}: {request.reason}"
