"""``alpr-edge department audit checkpoint`` and ``prove``: what an outsider checks the log by, without our database."""

from __future__ import annotations

from html import escape
from pathlib import Path
from typing import Annotated

import typer

from alpr_edge.cli.access.options import PurposeOption, Statement
from alpr_edge.cli.audit.common import read_file
from alpr_edge.cli.common import NUMBER_MAX, JsonOption, require_owner
from alpr_edge.cli.department.common import DirectoryOption, department_name, require_department
from alpr_edge.cli.department.inquiries.opening import open_inquiry
from alpr_edge.cli.output import print_object
from alpr_edge.domain.errors import AuditError
from alpr_edge.runtime.io_errors import io_errors

_OUT_HELP = "The new file to write: the signed checkpoint, or with --since the proof that the log only grew."
_SINCE_HELP = "A checkpoint that was given out before: prove that nothing before it was changed."
_KEPT = "is there already, and a checkpoint that was kept is not overwritten; name a new file"
_PAGE_HELP = "Write a page with checkpoint and key for the department's website as well."


def checkpoint_command(
    directory: DirectoryOption,
    out: Annotated[Path, typer.Option("--out", metavar="FILE", help=_OUT_HELP)],
    since: Annotated[Path | None, typer.Option("--since", metavar="FILE", help=_SINCE_HELP)] = None,
    page: Annotated[Path | None, typer.Option("--page", metavar="FILE", help=_PAGE_HELP)] = None,
    as_json: JsonOption = False,
) -> None:
    """Write the log's signed checkpoint. It names nobody and no plate, and may be published.

    Whoever keeps it can check later, by alpr-edge audit check, that no record before it was changed.
    """
    from alpr_edge.department.access_log.verification import open_department_checkpoint
    from alpr_edge.department.inquiries.office import open_office

    require_owner(require_department(directory))
    with open_office(directory) as office:
        log, key = office.log, office.log.key.text
        note = log.checkpoint()
        text = note
        if since is not None:
            proof = log.prove_growth(open_department_checkpoint(read_file(since), log))
            text, note = proof.text, proof.note
        size = open_department_checkpoint(note, log).size
    _write_new(out, text)
    if page is not None:
        _write(page, _page(department_name(directory), note, key))
    if as_json:
        print_object({"log": log.origin, "records": size, "key": key, "checkpoint": note})
    else:
        typer.echo(f"{out}: {log.origin} at {size:,} records; its key is {key}")


def prove_command(
    sequence: Annotated[
        int, typer.Argument(metavar="SEQUENCE", min=0, max=NUMBER_MAX, help="The record's number, from 0.")
    ],
    directory: DirectoryOption,
    purpose: PurposeOption = "audit",
    as_json: JsonOption = False,
) -> None:
    """Print one record with its proof. It shows no other record; that you looked goes on record.

    Write it to a file with the suffix .tlog-proof, for alpr-edge audit check.
    """
    from alpr_edge.access.authorisation.authoriser import AccessSubject
    from alpr_edge.access.authorisation.operations import Operation

    objects = (f"record:{sequence}",)
    with open_inquiry(directory, Statement(purpose)) as (office, authoriser, stated):
        with authoriser.access(Operation.PROVE_RECORD, stated, AccessSubject(objects)) as access:
            proof = office.log.prove(sequence)
            access.show(objects, byte_count=len(proof.extra or b""))
        key = office.log.key.text
    if as_json:
        print_object({"sequence": sequence, "key": key, "proof": proof.text})
    else:
        typer.echo(proof.text, nl=False)


def _write_new(path: Path, text: str) -> None:
    """Write a file that is not there yet: a checkpoint that was kept is what a later proof begins at."""
    with io_errors(f"{path}: cannot be written", AuditError):
        try:
            with path.open("x", encoding="utf-8") as file:
                file.write(text)
        except FileExistsError:
            raise AuditError(f"{path}: {_KEPT}") from None


def _write(path: Path, text: str) -> None:
    with io_errors(f"{path}: cannot be written", AuditError):
        path.write_text(text, encoding="utf-8")


def _page(name: str, note: str, key: str) -> str:
    """A page without script, for people who keep checkpoints."""
    return _PAGE.format(name=escape(name), note=escape(note), key=escape(key))


_PAGE = """<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>Access log of {name}</title>
<body style="max-width: 50rem; margin: 2rem auto; font-family: sans-serif; line-height: 1.5">
<h1>Access log of {name}</h1>
<p>Every search of this department's number-plate reads is a record of a log to which records are only added. The signed
checkpoint below commits to all of them so far and shows none. Keep it: with a later proof anybody can check that no
record was changed or taken out since.</p>
<h2>Checkpoint</h2>
<pre>{note}</pre>
<h2>Public key</h2>
<pre style="white-space: pre-wrap; overflow-wrap: anywhere">{key}</pre>
<h2>Check</h2>
<p>Save the checkpoint as a file. Ask the department for the proof since then, and run with the alpr-edge program:</p>
<pre>alpr-edge audit check PROOF --checkpoint CHECKPOINT --key KEY</pre>
<p>Checkpoints are C2SP signed notes (tlog-checkpoint) over a Merkle tree of RFC 9162, signed by cosignature
(tlog-cosignature, Ed25519), so other programs can check them too.</p>
</body>
</html>
"""
