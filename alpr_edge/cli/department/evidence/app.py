"""``alpr-edge department evidence``: the packages that units booked out, and the passphrases that open them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from alpr_edge.cli.common import JsonOption
from alpr_edge.cli.department.common import DirectoryOption, open_storage
from alpr_edge.cli.output import count_text, print_lines, print_object, print_table

if TYPE_CHECKING:
    from alpr_edge.department.evidence.bookings import DepartmentBooking

app = typer.Typer(help="Packages of evidence that units booked out. Shows no plates.", no_args_is_help=True)


@app.command("list")
def list_command(
    directory: DirectoryOption,
    case: Annotated[str, typer.Option("--case", help="Only those of this case.")] = "",
    as_json: JsonOption = False,
) -> None:
    """List the packages that units booked out.

    With case, medium, by whom, when, to whom, time stamp and digests. Shows no passphrase. What is booked is not always
    on the medium: it may have been cut short after that, which its SHA-256 tells.
    """
    with open_storage(directory) as storage:
        bookings = storage.bookings.list_bookings(case)
    if as_json:
        print_lines(bookings)
    elif bookings:
        headers = ("case", "booked", "by", "medium", "to", "reads")
        print_table(headers, [_row(each) for each in bookings], notes=[_note(each) for each in bookings])
    else:
        typer.echo("no package was booked out")


@app.command()
def passphrase(
    package: Annotated[str, typer.Argument(metavar="PACKAGE", help="Its id, as the list has it.")],
    reason: Annotated[str, typer.Option("--reason", help="Why it is needed; goes on record.")],
    directory: DirectoryOption,
    as_json: JsonOption = False,
) -> None:
    """Show the passphrase of a package. That you looked, and why, is on record before it is shown."""
    from alpr_edge.cli.caller import caller
    from alpr_edge.department.evidence.bookings import Opening

    with open_storage(directory) as storage:
        words = storage.bookings.passphrase(package.strip(), Opening(f"login:{caller()}", reason))
    print_object({"package_id": package, "passphrase": words}) if as_json else typer.echo(words)


def _row(booking: DepartmentBooking) -> tuple[str, ...]:
    booked = booking.booked or "unknown"
    return (
        booking.case,
        booked,
        booking.person,
        booking.medium or "no number",
        booking.recipient or "nobody named",
        f"{booking.reads:,}",
    )


def _note(booking: DepartmentBooking) -> str:
    kind = "redacted copy" if booking.is_redacted else "originals"
    escrow = f"passphrase looked at {count_text(booking.openings, 'time')}" if booking.is_escrowed else "no passphrase"
    stamp = booking.time_stamp or "no time stamp"
    file = f"{booking.file_name}, SHA-256 {booking.package_sha256}"
    return f"booked, id {booking.package_id}, {kind}, {escrow}, {stamp}, {file}"
