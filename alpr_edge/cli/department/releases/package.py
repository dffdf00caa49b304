"""``alpr-edge department release package``: what was approved, signed and encrypted, for the agency (policy 462.7)."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from alpr_edge.cli.access.options import Statement
from alpr_edge.cli.common import JsonOption
from alpr_edge.cli.department.common import DirectoryOption
from alpr_edge.cli.department.inquiries.opening import open_inquiry
from alpr_edge.cli.department.releases.show import RequestArgument
from alpr_edge.cli.department.releases.words import RELEASE, package_object
from alpr_edge.cli.output import count_text, print_object
from alpr_edge.cli.progress import reads_progress

if TYPE_CHECKING:
    from alpr_edge.department.releases.release_packages import MadePackage


def package_command(
    request: RequestArgument,
    out: Annotated[Path, typer.Option("--out", metavar="FOLDER", help="A new or empty folder for the package.")],
    directory: DirectoryOption,
    again: Annotated[str, typer.Option("--again", help="Why another one is made; it stands on file.")] = "",
    as_json: JsonOption = False,
) -> None:
    """Make the signed package of an approved request. What was approved and nothing else, in a zip with AES-256.

    Its passphrase is shown once, at the end, and is kept nowhere: tell it to the agency by another way than the file.
    Who made it stands in the access log before anything is read. The file gets its name last, when its digest stands
    in the register: whatever is cut short leaves nothing that looks like a package. Check it: alpr-edge evidence
    verify. With --json progress is told on stderr, an object a line.
    """
    with (
        open_inquiry(directory, Statement(RELEASE)) as (office, authoriser, _),
        reads_progress(as_json=as_json) as progress,
    ):
        made = office.packages.make(authoriser, request, out, again.strip(), progress)
    if as_json:
        print_object(_fields(made))
    else:
        _tell(made)


def _fields(made: MadePackage) -> dict[str, object]:
    step = made.filed.steps[-1]
    assert step.package is not None, "the step of a package"
    return {
        "request_id": made.filed.request_id,
        "path": made.path,
        "sha256": step.package_sha256,
        **package_object(step.package),
        "vouched": made.is_vouched,
        "passphrase": made.passphrase,
    }


def _tell(made: MadePackage) -> None:
    from alpr_edge.department.releases.release_record import LEFT_OUT_WORDS

    step = made.filed.steps[-1]
    package = step.package
    assert package is not None, "the step of a package"
    what = f"{count_text(package.reads, 'read')}, {count_text(package.pictures, 'picture')}"
    typer.echo(f"{made.path}: {what}, read back, in the register")
    typer.echo(f"SHA-256 {step.package_sha256}")
    for reason, words in LEFT_OUT_WORDS.items():
        if count := package.left_out.get(reason.value, 0):
            typer.echo(f"left out: {words}: {count}")
    if not made.is_vouched:
        typer.echo("no authority's key is here (ca.key): the package does not show whose signature it is")
    typer.echo(f"passphrase, shown only once: {made.passphrase}")
    hand_over = f"hand-over {made.filed.request_id} --package {shlex.quote(str(made.path))} --note HOW"
    typer.echo(f"when the agency has it: alpr-edge department release {hand_over}")
