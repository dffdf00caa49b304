"""``alpr-edge department evidence export``: a case of all units as an encrypted package (policy 462.5)."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from alpr_edge.cli.access.options import OffenceOption, PurposeOption, Statement
from alpr_edge.cli.common import JsonOption
from alpr_edge.cli.department.common import DirectoryOption
from alpr_edge.cli.department.inquiries.opening import open_inquiry
from alpr_edge.cli.department.inquiries.search import BeginOption
from alpr_edge.cli.output import count_text, print_object
from alpr_edge.cli.progress import package_progress
from alpr_edge.domain.errors import EvidenceError

if TYPE_CHECKING:
    from alpr_edge.department.evidence.case_request import BookedCase
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
