"""``alpr-edge evidence verify``: does an evidence package hold? On any computer, without keys, database or network."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from alpr_edge.cli.common import JsonOption
from alpr_edge.cli.output import count_text, print_object
from alpr_edge.cli.progress import progress_bar

if TYPE_CHECKING:
    from alpr_edge.evidence.verification import PackageVerdict

_AUTHORITY_HELP = "SHA-256 of the department authority's certificate, as the department states it."
_OPENED_BY_HELP = "File with the passphrase of the container; asked for at a terminal if omitted."
_TIME_HELP = "Certificates, as published, of the time-stamp authority that you trust."
_ENDED_HELP = (
    "A unit that was stolen or revoked, and since when, as its department tells it; also several times. "
    "A day counts from its beginning, in UTC where no zone is named; of a unit named twice the earliest moment counts."
)
_PASSPHRASE_BYTES_MAX = 1024
_CERTIFICATES_BYTES_MAX = 1 << 20
_FAULTS_SHOWN = 200


def verify(
    package: Annotated[Path, typer.Argument(metavar="PACKAGE", help="The package: a folder, or a zip.")],
    authority: Annotated[str, typer.Option("--authority", metavar="SHA256", help=_AUTHORITY_HELP)] = "",
    time_authority: Annotated[Path | None, typer.Option("--time-authority", metavar="PEM", help=_TIME_HELP)] = None,
    passphrase_file: Annotated[Path | None, typer.Option("--passphrase-file", help=_OPENED_BY_HELP)] = None,
    ended: Annotated[list[str] | None, typer.Option("--ended", metavar="UNIT=DATE", help=_ENDED_HELP)] = None,
    as_json: JsonOption = False,
) -> None:
    """Verify every file of an evidence package, its signature and its access log; shows no plate.

    Exit code 1 if anything is not valid, if no authority that you named vouches for the key, or if nothing else shows
    that the package is from before its unit was decommissioned.
    """
    from alpr_edge.evidence.checks.unit_end_check import parse_unit_ends
    from alpr_edge.evidence.verification import verify_package
    from alpr_edge.evidence.vouchers import parse_fingerprint

    fingerprint, ends = parse_fingerprint(authority) if authority else "", parse_unit_ends(ended or ())
    passphrase = _passphrase(package, passphrase_file)
    authorities = b"" if time_authority is None else _read(time_authority, _CERTIFICATES_BYTES_MAX)
    with progress_bar("Verifying") as show:
        tick = partial(show, "Verifying")
        verdict = verify_package(package, tick, fingerprint, passphrase, authorities, ends)
    if as_json:
        print_object(_plain(verdict))
    else:
        _print(verdict)
    if not verdict.holds:
        raise typer.Exit(1)


def _passphrase(package: Path, file: Path | None) -> str:
    """The passphrase; empty where none is needed."""
    import sys

    from alpr_edge.cli.text_input import prompt
    from alpr_edge.domain.errors import EvidenceError
    from alpr_edge.domain.protocol.enrolment_codes import MistypedError
    from alpr_edge.evidence.passphrases import parse_passphrase

    if file is not None:
        text = _read(file, _PASSPHRASE_BYTES_MAX).decode(errors="replace").strip()
    elif package.suffix == ".zip" and sys.stdin.isatty():
        text = prompt("Passphrase (empty: the zip is not encrypted)", default="", show_default=False, hide_input=True)
    else:
        text = ""
    try:
        return parse_passphrase(text) if text else ""
    except MistypedError as error:
        raise EvidenceError(f"the passphrase: {error}") from None


def _read(file: Path, bytes_max: int) -> bytes:
    from alpr_edge.domain.errors import EvidenceError
    from alpr_edge.runtime.io_errors import io_errors

    with io_errors(f"{file}: cannot be read", EvidenceError), file.open("rb") as opened:
        return opened.read(bytes_max)


def _plain(verdict: PackageVerdict) -> dict[str, object]:
    package = None if verdict.package is None else verdict.package.model_dump()
    return {
        "ok": verdict.holds,
        "statements": list(verdict.statements),
        "faults": list(verdict.faults),
        "fault_count": verdict.fault_count,
        "package": package,
    }


def _print(verdict: PackageVerdict) -> None:
    """Print a verdict; a package comes from anywhere, so nothing of it reaches the terminal but as text of one line."""
    from alpr_edge.evidence.bag import one_line

    if verdict.package is not None:
        package = verdict.package
        words = f"package {package.package_id}, case {package.case}, claimed to be from {package.unit_id}"
        typer.echo(one_line(words))
    for each in verdict.statements:
        word, colour = _MARKS[each.holds]
        typer.secho(f"{word:9}", fg=colour, nl=False)
        typer.echo(one_line(each.words))
    for fault in verdict.faults[:_FAULTS_SHOWN]:
        typer.secho(one_line(f"{fault.path or 'package'}: {fault.words}"), fg=typer.colors.RED)
    if verdict.fault_count > _FAULTS_SHOWN:
        typer.echo(f"and {count_text(verdict.fault_count - _FAULTS_SHOWN, 'fault')} more; --json names up to 10,000")
    if verdict.holds:
        typer.secho("the package is valid", fg=typer.colors.GREEN)
    elif verdict.fault_count:
        typer.secho("the package is NOT valid", fg=typer.colors.RED)
    elif verdict.is_vouched:
        words = "unchanged since it was signed, but not shown to be from before its unit was decommissioned"
        typer.secho(words, bold=True)
    else:
        typer.secho("unchanged since it was signed, but no authority that you named vouches for the signer", bold=True)


_MARKS = {True: ("holds", typer.colors.GREEN), False: ("FALSE", typer.colors.RED), None: ("open", typer.colors.YELLOW)}
