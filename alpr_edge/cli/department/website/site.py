"""``alpr-edge department website write`` and ``check``: the site as files."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from alpr_edge.cli.common import JsonOption
from alpr_edge.cli.department.common import DirectoryOption
from alpr_edge.cli.department.website.months import ToOption
from alpr_edge.cli.department.website.opening import open_website
from alpr_edge.cli.output import count_text, print_object
from alpr_edge.domain.errors import AuditError
from alpr_edge.runtime.io_errors import io_errors

KEY_BYTES_MAX = 1024


def write_command(directory: DirectoryOption, to: ToOption = None, as_json: JsonOption = False) -> None:
    """Write the site: months and the policy in force.

    Run it after each change of settings, titles or roles: the policy page follows from them. Months stay as they were
    published. The folder is served by a web server of the department, or copied to it.
    """
    with open_website(directory) as office:
        folder = office.folder(to)
        changed = office.write(folder)
        faults = office.policy.faults
    if as_json:
        print_object({"folder": str(folder), "changed": changed, "faults": faults})
        return
    for fault in faults:
        typer.echo(f"alpr-edge: {fault}", err=True)
    typer.echo(f"{folder}: {count_text(changed, 'file')} written")


def check_command(
    folder: Annotated[Path, typer.Argument(metavar="FOLDER", help="A copy of the site.")],
    key: Annotated[
        Path | None, typer.Option("--key", metavar="FILE", help="The department's key (log-key.txt), kept from before.")
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Check a copy of the site, on any computer.

    Every file is as it was signed, no month was changed or taken away, and each month's root of the access log
    continues that of the month before. Without --key it is checked by the key in the folder, which whoever made the
    folder chose. Ends with 1 when anything is wrong.
    """
    from alpr_edge.department.website.site_check import check_site
    from alpr_edge.domain.log_proofs.notes import NoteKey

    known = None if key is None else NoteKey.parse(_text(key))
    result = check_site(folder, known)
    if as_json:
        print_object({"ok": not result.findings, "is_key_given": known is not None} | asdict(result))
    else:
        months, records = count_text(result.months, "month"), count_text(result.log_records, "record")
        typer.echo("\n".join(result.findings) or f"{count_text(result.files, 'file')}, {months}, as signed")
        typer.echo(f"the access log had {records} at the last of them")
        typer.echo(
            f"key: {result.key}{'' if known else ' (from the folder itself: compare it with a copy of your own)'}"
        )
    if result.findings:
        raise typer.Exit(1)


def _text(path: Path) -> str:
    with io_errors(f"{path}: cannot be read", AuditError), path.open(encoding="utf-8", errors="replace") as file:
        return file.read(KEY_BYTES_MAX)
