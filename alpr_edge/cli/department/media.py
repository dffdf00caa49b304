"""``alpr-edge department import`` and ``key``: portable media, and the key that they are sealed for."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from alpr_edge.cli.common import JsonOption
from alpr_edge.cli.department.common import DirectoryOption, open_storage, require_department
from alpr_edge.cli.output import print_object
from alpr_edge.cli.progress import progress_bar

if TYPE_CHECKING:
    from alpr_edge.department.ingest.media import ImportResult, MediumImport


def import_command(
    medium: Annotated[Path, typer.Argument(metavar="DIR", help="The folder units wrote to: one folder a unit.")],
    directory: DirectoryOption,
    accept_revoked: Annotated[
        list[str] | None,
        typer.Option("--accept-revoked", metavar="UNIT", help="Also of this unit, revoked since it wrote the medium."),
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Store what units sealed on portable media, and leave receipts on them; the items stay as they are.

    Each item has to be signed by a unit on record and sealed for this department. The unit takes the receipts up with
    ``alpr-edge outbox receipts``. Ends with 1 when something was refused.
    """
    from alpr_edge.department.ingest.media import MediumImport
    from alpr_edge.department.pki.authority import TlsFiles

    with open_storage(directory) as storage:
        medium_import = MediumImport(storage, TlsFiles(directory), frozenset(accept_revoked or ()))
        result = _import_with_bar(medium_import, medium)
    if as_json:
        print_object(result)
    else:
        typer.echo(f"{result.stored} items stored or stored before, {result.receipts} receipts left on the medium")
    for trouble in result.troubles:
        typer.echo(trouble, err=True)
    if result.troubles:
        raise typer.Exit(1)


def key_command(directory: DirectoryOption, as_json: JsonOption = False) -> None:
    """Print the public key that units seal portable media with; makes the key when there is none.

    Units get it with their certificates. One whose certificate the agency's own authority made has it copied to
    uplink.media_key_file.
    """
    from alpr_edge.department.pki.authority import TlsFiles
    from alpr_edge.department.pki.media_keys import load_media_key, make_media_key, public_pem

    files = TlsFiles(require_department(directory))
    make_media_key(files)
    pem = public_pem(load_media_key(files))
    if as_json:
        print_object({"media_key": pem})
    else:
        typer.echo(pem, nl=False)


def _import_with_bar(medium_import: MediumImport, medium: Path) -> ImportResult:
    done = 0
    with progress_bar("items") as show:

        def advance(count: int) -> None:
            nonlocal done
            done += count
            show("items", done, None)

        return medium_import.import_items(medium, advance)
