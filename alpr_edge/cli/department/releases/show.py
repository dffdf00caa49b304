"""``alpr-edge department release list`` and ``show``: the register of requests, and one of them with its letter."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from alpr_edge.cli.access.options import PurposeOption, Statement
from alpr_edge.cli.common import JsonOption
from alpr_edge.cli.department.common import DirectoryOption
from alpr_edge.cli.department.inquiries.opening import open_inquiry
from alpr_edge.cli.department.releases.words import RELEASE, due_object, due_text, request_object
from alpr_edge.cli.output import count_text, print_lines, print_object, print_table, time_text
from alpr_edge.domain.errors import ReleaseError
from alpr_edge.runtime.durable_files import create_file
from alpr_edge.runtime.io_errors import io_errors

if TYPE_CHECKING:
    from alpr_edge.department.releases.release_rows import FiledRequest
    from alpr_edge.domain.releases.steps import RequestStep

NOT_SCANNED = "the letter was not scanned for viruses: department.toml names no scan_command in [releases]"
RequestArgument = Annotated[str, typer.Argument(metavar="ID", help="Id of the request.")]


def list_command(directory: DirectoryOption, purpose: PurposeOption = RELEASE, as_json: JsonOption = False) -> None:
    """List requests and where they are. With what is due; shows no plates; the look is on record."""
    from alpr_edge.domain.releases.deadlines import due_of

    with open_inquiry(directory, Statement(purpose)) as (office, authoriser, stated):
        found = office.releases.list(authoriser, stated)
        deadlines, now = office.policy.profile.releases.deadlines, datetime.now(UTC)
    due = [due_of(filed.steps, deadlines) for filed in found]
    if as_json:
        lines = zip(found, due, strict=True)
        print_lines({**request_object(filed), "due": due_object(each, now)} for filed, each in lines)
    elif found:
        headers = "entered", "agency", "asked for by", "for", "state"
        notes = [f"id {filed.request_id}{due_text(each, now)}" for filed, each in zip(found, due, strict=True)]
        print_table(headers, [_row(filed) for filed in found], notes=notes)
    else:
        typer.echo("no agency has asked for anything")


def show_command(
    request: RequestArgument,
    directory: DirectoryOption,
    letter: Annotated[
        Path | None, typer.Option("--letter", help="Write the written request to this new file as well.")
    ] = None,
    purpose: PurposeOption = RELEASE,
    as_json: JsonOption = False,
) -> None:
    """Show one request, step by step. With the plates that it is about; the look is on record."""
    with open_inquiry(directory, Statement(purpose)) as (office, authoriser, stated):
        filed = office.releases.show(authoriser, request, stated)
        if letter is not None:
            _write_new(letter, office.releases.letter(authoriser, request, stated))
            if not office.releases.scans_letters:
                typer.echo(NOT_SCANNED, err=True)
    if as_json:
        print_object(request_object(filed, with_plates=True))
        return
    asked = filed.request
    typer.echo(f"{asked.agency} ({_words(asked.kind)}, {_words(asked.seat)}), {asked.requester}")
    typer.echo(f"for {_words(asked.purpose)}: {asked.words}" + (f"; case {asked.their_case}" * bool(asked.their_case)))
    typer.echo(f"plates {', '.join(asked.scope.plates)}")
    typer.echo(f"from {time_text(asked.scope.begin)} to {time_text(asked.scope.end)}")
    typer.echo(f"area {asked.scope.area or 'anywhere'}; pictures: {_words(asked.scope.pictures)}")
    for step in filed.steps:
        typer.echo(_step_line(step))


def _step_line(step: RequestStep) -> str:
    parts = [f"{time_text(step.at)} {_words(step.state)} by {step.person}"]
    if step.scope is not None:
        parts.append(f"plates {', '.join(step.scope.plates)}")
        parts.append(f"from {time_text(step.scope.begin)} to {time_text(step.scope.end)}")
        parts.append(f"area {step.scope.area or 'anywhere'}; pictures: {_words(step.scope.pictures)}")
    if step.package is not None:
        parts.append(f"{count_text(step.package.reads, 'read')}, {count_text(step.package.pictures, 'picture')}")
    parts += [step.note] * bool(step.note) + [f"file sha256:{step.package_sha256}"] * bool(step.package_sha256)
    return "; ".join(parts)


def _row(filed: FiledRequest) -> tuple[str, ...]:
    asked = filed.request
    return time_text(filed.steps[0].at), asked.agency, asked.requester, _words(asked.purpose), _words(filed.state)


def _words(word: str) -> str:
    return word.replace("_", " ")


def _write_new(path: Path, content: bytes) -> None:
    with io_errors(f"{path}: cannot be written", ReleaseError):
        create_file(path, content)
