"""``alpr-edge evidence export``: the evidence of a case as an encrypted package on a medium (policy 462.5)."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from alpr_edge.cli.access.opening import open_access
from alpr_edge.cli.access.options import BreakGlassOption, OffenceOption, PurposeOption, Statement
from alpr_edge.cli.common import DEFAULT_SETTINGS, JsonOption, SettingsOption
from alpr_edge.cli.evidence.opening import open_exports
from alpr_edge.cli.output import count_text, print_object
from alpr_edge.cli.progress import reads_progress

if TYPE_CHECKING:
    from alpr_edge.services.evidence.export_request import ExportResult


def export_command(
    case_number: Annotated[str, typer.Argument(metavar="CASE", help="The case whose held reads are exported.")],
    to: Annotated[Path, typer.Option("--to", metavar="DIR", help="A folder on the medium; it must exist.")],
    medium: Annotated[str, typer.Option("--medium", help="Media number in the evidence room.")] = "",
    recipient: Annotated[
        str, typer.Option("--recipient", help="Recipient; for another agency: department release (policy 462.7).")
    ] = "",
    redacted: Annotated[
        bool, typer.Option("--redacted", help="Cover the plates of other vehicles in scenes; originals stay here.")
    ] = False,
    scene: Annotated[bool, typer.Option("--scene/--no-scene", help="Include full pictures, or only plates.")] = True,
    purpose: PurposeOption = "",
    offence: OffenceOption = "",
    case: Annotated[str, typer.Option("--case", help="Case number of the purpose; default: CASE.")] = "",
    break_glass: BreakGlassOption = "",
    settings: SettingsOption = DEFAULT_SETTINGS,
    as_json: JsonOption = False,
) -> None:
    """Write everything that is held for a case to a medium: signed, in a zip with AES-256 (policy 462.5).

    The passphrase is shown once, at the end, and is stored only at the department, sealed. An interrupted export leaves
    nothing that looks like a package. Check the result: alpr-edge evidence verify. With --json, progress is printed to
    stderr, one object per line.
    """
    from alpr_edge.services.evidence.export_request import ExportRequest
    from alpr_edge.settings import load

    unit = load(settings)
    request = ExportRequest(case_number, to, medium.strip(), recipient.strip(), scene, redacted)
    stated = Statement(purpose, offence, case or case_number, break_glass)
    with (
        open_access(unit, stated) as (authoriser, known_purpose),
        open_exports(unit) as exports,
        reads_progress(as_json=as_json) as progress,
    ):
        result = exports.export(authoriser, known_purpose, request, progress)
    if as_json:
        print_object(_fields(result))
        return
    _tell(result)


def _fields(result: ExportResult) -> dict[str, object]:
    booking = result.booking
    return {
        "package_id": booking.package_id,
        "case": booking.case,
        "file": result.path,
        "sha256": booking.package_sha256,
        "bytes": booking.size_bytes,
        "reads": booking.reads,
        "hits": booking.hits,
        "pictures": booking.pictures,
        "missing_pictures": result.missing_pictures,
        "withheld_hits": result.withheld_hits,
        "canvasses": result.canvasses,
        "withheld_canvasses": result.withheld_canvasses,
        "unproved_records": result.unproved_records,
        "is_vouched": result.is_vouched,
        "redacted": booking.is_redacted,
        "escrowed": booking.is_escrowed,
        "time_stamp": booking.time_stamp,
        "passphrase": result.passphrase,
    }


def _tell(result: ExportResult) -> None:
    booking = result.booking
    what = f"{count_text(booking.reads, 'read')}, {count_text(booking.hits, 'hit')}"
    copy = "a redacted copy, " if booking.is_redacted else ""
    typer.echo(f"{result.path}: {copy}{what}, {count_text(booking.pictures, 'picture')}, read back and recorded")
    typer.echo(f"SHA-256 {booking.package_sha256}")
    if booking.time_stamp:
        typer.echo(booking.time_stamp)
    if result.missing_pictures:
        typer.echo(f"{count_text(result.missing_pictures, 'picture')} can no longer be read; the package lists them")
    if result.unproved_records:
        count = count_text(result.unproved_records, "record")
        typer.echo(f"{count} of access to the case not included: not yet signed by alpr-edge run")
    if result.canvasses:
        typer.echo(f"with table and map of {count_text(result.canvasses, 'canvass', 'canvasses')}")
    if result.withheld_hits:
        typer.echo(f"{count_text(result.withheld_hits, 'hit')} that you may not see left out")
    if result.withheld_canvasses:
        count = count_text(result.withheld_canvasses, "canvass", "canvasses")
        typer.echo(f"table and map of {count} that you may not see left out")
    if not result.is_vouched:
        typer.echo("no department has certified this unit's signing key: the package shows no signer")
    typer.echo(f"passphrase, shown only once: {result.passphrase}")
    if booking.is_escrowed:
        typer.echo("the department receives it sealed: alpr-edge department evidence passphrase")
    else:
        typer.echo("this unit has no department: write the passphrase down, there is no other copy")
