"""``alpr-edge department evidence``: packages of cases, those that units booked out, and the passphrases of all."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from alpr_edge.cli.access.options import OffenceOption, PurposeOption, Statement
from alpr_edge.cli.common import JsonOption
from alpr_edge.cli.department.common import DirectoryOption, open_storage
from alpr_edge.cli.department.inquiries.opening import open_authorised, open_inquiry
from alpr_edge.cli.department.inquiries.search import BeginOption
from alpr_edge.cli.output import count_text, print_lines, print_object, print_table, time_text
from alpr_edge.cli.progress import package_progress, progress_bar
from alpr_edge.domain.errors import EvidenceError
from alpr_edge.domain.instants import moment_in

if TYPE_CHECKING:
    from alpr_edge.department.evidence.bookings import DepartmentBooking
    from alpr_edge.department.evidence.case_request import BookedCase
    from alpr_edge.department.evidence.passphrase_rows import PassphraseRequest
    from alpr_edge.department.search.criteria import DepartmentSearch


PLATE_FILE_BYTES_MAX = 4096
CaseArgument = Annotated[str, typer.Argument(metavar="CASE", help="The case whose held reads are exported.")]
HoldOption = Annotated[str, typer.Option("--hold", metavar="ID", help="What this hold of the case covers alone.")]
_PLATES_HELP = "A file of plates, with commas or a line each, whose reads belong to the case as well."


def export_command(
    case: CaseArgument,
    to: Annotated[Path, typer.Option("--to", metavar="FOLDER", help="A new or empty folder for the package.")],
    directory: DirectoryOption,
    hold: HoldOption = "",
    plate_file: Annotated[Path | None, typer.Option("--plate-file", metavar="FILE", help=_PLATES_HELP)] = None,
    begin: BeginOption = "",
    until: Annotated[str, typer.Option("--until", metavar="TIME", help="Up to then, or the end of a date.")] = "",
    medium: Annotated[str, typer.Option("--medium", help="Media number in the evidence room.")] = "",
    recipient: Annotated[
        str, typer.Option("--recipient", help="Recipient; for another agency: department release (policy 462.7).")
    ] = "",
    scene: Annotated[bool, typer.Option("--scene/--no-scene", help="Include full pictures, or only plates.")] = True,
    purpose: PurposeOption = "",
    offence: OffenceOption = "",
    as_json: JsonOption = False,
) -> None:
    """Book a case of all units out as a package. What is held for it, signed, in a zip with AES-256.

    That it is made is on record before anything is read, and so is each plate. It is booked when it was read back, and
    gets its name last: whatever is cut short leaves nothing that looks like a package. Its passphrase is sealed in the
    register, and two people open it. Check it: alpr-edge evidence verify. With --json progress is told on stderr, an
    object a line.
    """
    from alpr_edge.department.evidence.case_request import DepartmentExportRequest, ExportProgress

    search = _search(plate_file, begin, until)
    request = DepartmentExportRequest(medium.strip(), recipient.strip(), hold.strip(), search, scene)
    with (
        open_inquiry(directory, Statement(purpose, offence, case)) as (office, authoriser, stated),
        package_progress(as_json=as_json) as (records, reads),
    ):
        booked = office.exports.export(authoriser, stated, request, to, ExportProgress(records, reads))
    if as_json:
        print_object(booked)
    else:
        _tell(booked)


def _search(plate_file: Path | None, begin: str, until: str) -> DepartmentSearch | None:
    """The search for the plates of a file, which are on no command line."""
    from alpr_edge.cli.department.inquiries.search import typed_period
    from alpr_edge.department.inquiries.read_inquiries import check_inquiry
    from alpr_edge.department.search.criteria import DepartmentSearch
    from alpr_edge.domain.plates import typed_plates

    if plate_file is None:
        if begin or until:
            raise EvidenceError("--from and --until bound a search for plates: give --plate-file as well")
        return None
    plates = typed_plates(_plate_text(plate_file))
    if not plates:
        raise EvidenceError(f"{plate_file}: no plate in it")
    search = DepartmentSearch(plates=plates, period=typed_period(begin, until, "--from and --until"))
    check_inquiry(search)
    return search


def _plate_text(file: Path) -> str:
    from alpr_edge.runtime.io_errors import io_errors

    with io_errors(f"{file}: cannot be read", EvidenceError), file.open("rb") as opened:
        content = opened.read(PLATE_FILE_BYTES_MAX + 1)
    if len(content) > PLATE_FILE_BYTES_MAX:
        raise EvidenceError(f"{file}: longer than {PLATE_FILE_BYTES_MAX} bytes, so more than plates")
    return content.decode(errors="replace")


def _tell(booked: BookedCase) -> None:
    what = f"{count_text(booked.reads, 'read')} of {count_text(len(booked.units), 'unit')}"
    more = f"{count_text(booked.hits, 'hit')}, {count_text(booked.pictures, 'picture')}"
    typer.echo(f"{booked.path}: {what}, {more}, read back and recorded")
    typer.echo(f"SHA-256 {booked.package_sha256}")
    typer.echo(f"with a list of who looked at them: {count_text(booked.accesses, 'access', 'accesses')}")
    for words in booked.left_out:
        typer.echo(words)
    if booked.unproved_records:
        count = count_text(booked.unproved_records, "record")
        typer.echo(f"{count} of who looked not in it: its unit has not sent the log's next signature yet")
    if not booked.is_vouched:
        typer.echo("no authority's key is here (ca.key): the package does not show whose signature it is")
    typer.echo(f"its passphrase takes two people: alpr-edge department evidence ask {booked.package_id}")


_SHOWN = ("utc", "log", "person", "action", "purpose", "case", "outcome", "reads_of_the_case")


def accesses_command(
    case: CaseArgument,
    directory: DirectoryOption,
    hold: HoldOption = "",
    purpose: PurposeOption = "",
    offence: OffenceOption = "",
    as_csv: Annotated[bool, typer.Option("--csv", help="For a spreadsheet, with a line of names.")] = False,
    as_json: JsonOption = False,
) -> None:
    """List who looked at what is held for a case. By every access log that has some of it; shows no plates.

    Of accesses for other cases it says who and when, and not which case. The access is recorded.
    """
    if as_csv and as_json:
        raise EvidenceError("give --csv or --json, not both")
    with (
        open_inquiry(directory, Statement(purpose, offence, case)) as (office, authoriser, stated),
        progress_bar("Records") as show,
    ):
        found = office.exports.accesses(authoriser, stated, partial(show, "Records"), hold.strip())
    if as_csv:
        from alpr_edge.department.packages.csv_lines import csv_lines

        for text in csv_lines(found.lines):
            typer.echo(text, nl=False)
    elif as_json:
        print_lines(found.lines)
    else:
        _print(found.lines)
    if found.withheld:
        count = count_text(found.withheld, "access", "accesses")
        typer.echo(f"not in it, as all that it tells of are hits that you may not see: {count}", err=True)
    if found.not_looked_through:
        count = count_text(found.not_looked_through, "record of the units' logs", "records of the units' logs")
        typer.echo(f"not looked through, as they do not open or wait for one that is missing: {count}", err=True)


def _print(lines: Sequence[Mapping[str, object]]) -> None:
    if lines:
        headers = tuple(name.replace("_", " ") for name in _SHOWN)
        print_table(headers, [tuple(str(line[name]) for name in _SHOWN) for line in lines])
    else:
        typer.echo("nobody looked at what is held for the case")


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
