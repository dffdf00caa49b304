"""``alpr-edge department release approve``, ``refuse``, ``withdraw`` and ``hand-over``: the steps of a request."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Annotated

import typer

from alpr_edge.cli.access.options import Statement
from alpr_edge.cli.common import JsonOption
from alpr_edge.cli.department.common import DirectoryOption
from alpr_edge.cli.department.inquiries.opening import open_inquiry
from alpr_edge.cli.department.releases.scope_entry import PLATES_QUESTION
from alpr_edge.cli.department.releases.show import RequestArgument
from alpr_edge.cli.department.releases.words import RELEASE, print_request
from alpr_edge.cli.plate_entry import STANDARD_INPUT, typed_plate
from alpr_edge.domain.errors import ReleaseError
from alpr_edge.domain.releases.requests import ReleasePictures
from alpr_edge.domain.releases.steps import ReleaseState
from alpr_edge.runtime.io_errors import io_errors

NoteOption = Annotated[str, typer.Option("--note", help="Why; it stands on file.")]


def approve_command(
    request: RequestArgument,
    directory: DirectoryOption,
    note: NoteOption = "",
    some_plates: Annotated[
        bool, typer.Option("--some-plates", help="Only plates that are asked for, or come on standard input.")
    ] = False,
    begin: Annotated[str, typer.Option("--from", metavar="TIME", help="A later begin than was asked for.")] = "",
    end: Annotated[str, typer.Option("--to", metavar="TIME", help="An earlier end.")] = "",
    area: Annotated[str, typer.Option("--area", help="An area, where none was asked for.")] = "",
    pictures: Annotated[ReleasePictures | None, typer.Option("--pictures", help="Fewer pictures.")] = None,
    as_json: JsonOption = False,
) -> None:
    """Approve a request that another entered. For the Operations Division Commander or the designee (462.7(b)).

    All that was asked for, or less by the options; never more.
    """
    from alpr_edge.domain.plates import typed_plates
    from alpr_edge.domain.releases.requests import ScopePart
    from alpr_edge.domain.releases.typed_scope import typed_moment

    part = ScopePart(
        plates=typed_plates(typed_plate(STANDARD_INPUT, PLATES_QUESTION)) if some_plates else None,
        begin=typed_moment(begin) if begin else None,
        end=typed_moment(end, is_end=True) if end else None,
        area=area or None,
        pictures=pictures,
    )
    with open_inquiry(directory, Statement(RELEASE)) as (office, authoriser, _):
        filed = office.releases.decide(authoriser, request, ReleaseState.APPROVED, note, part)
    print_request(filed, as_json=as_json)


def refuse_command(
    request: RequestArgument, directory: DirectoryOption, note: NoteOption = "", as_json: JsonOption = False
) -> None:
    """Refuse a request. An approved one as well, as long as nothing was handed over."""
    _decide(directory, request, ReleaseState.REFUSED, note, as_json=as_json)


def withdraw_command(
    request: RequestArgument, directory: DirectoryOption, note: NoteOption = "", as_json: JsonOption = False
) -> None:
    """Note that the agency took it back. Nothing is handed over then."""
    _decide(directory, request, ReleaseState.WITHDRAWN, note, as_json=as_json)


def hand_over_command(
    request: RequestArgument,
    directory: DirectoryOption,
    package: Annotated[Path, typer.Option("--package", help="The file that was handed over; its digest is noted.")],
    note: NoteOption = "",
    as_json: JsonOption = False,
) -> None:
    """Note what was handed over, and how. The package that was made of the request, and no other file."""
    with io_errors(f"{package}: cannot be read", ReleaseError), package.open("rb") as file:
        sha256 = hashlib.file_digest(file, "sha256").hexdigest()
    with open_inquiry(directory, Statement(RELEASE)) as (office, authoriser, _):
        filed = office.releases.hand_over(authoriser, request, note, sha256)
    print_request(filed, as_json=as_json)


def confirm_command(
    request: RequestArgument, directory: DirectoryOption, note: NoteOption = "", as_json: JsonOption = False
) -> None:
    """Note that the agency confirmed in writing. With its words, or where its letter is kept."""
    _follow_up(directory, request, ReleaseState.CONFIRMED, note, as_json=as_json)


def report_command(
    request: RequestArgument, directory: DirectoryOption, note: NoteOption = "", as_json: JsonOption = False
) -> None:
    """Note what the agency used it for. With its words, or where its letter is kept; the request is done then."""
    _follow_up(directory, request, ReleaseState.REPORTED, note, as_json=as_json)


def _follow_up(directory: Path, request: str, state: ReleaseState, note: str, *, as_json: bool) -> None:
    with open_inquiry(directory, Statement(RELEASE)) as (office, authoriser, _):
        filed = office.releases.follow_up(authoriser, request, state, note)
    print_request(filed, as_json=as_json)


def _decide(directory: Path, request: str, state: ReleaseState, note: str, *, as_json: bool) -> None:
    with open_inquiry(directory, Statement(RELEASE)) as (office, authoriser, _):
        filed = office.releases.decide(authoriser, request, state, note)
    print_request(filed, as_json=as_json)
