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
from alpr_edge.cli.department.releases.show import RequestArgument
from alpr_edge.cli.department.releases.words import RELEASE, print_request
from alpr_edge.domain.errors import ReleaseError
from alpr_edge.domain.releases.progress import ReleaseState
from alpr_edge.runtime.io_errors import io_errors

NoteOption = Annotated[str, typer.Option("--note", help="Why; it stands on file.")]


def approve_command(
    request: RequestArgument, directory: DirectoryOption, note: NoteOption = "", as_json: JsonOption = False
) -> None:
    """Approve a request that another entered. For the Operations Division Commander or the designee (462.7(b))."""
    _decide(directory, request, ReleaseState.APPROVED, note, as_json=as_json)


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
    """Note what was handed over, and how. Only of a request that was approved."""
    with io_errors(f"{package}: cannot be read", ReleaseError), package.open("rb") as file:
        sha256 = hashlib.file_digest(file, "sha256").hexdigest()
    with open_inquiry(directory, Statement(RELEASE)) as (office, authoriser, _):
        filed = office.releases.hand_over(authoriser, request, note, sha256)
    print_request(filed, as_json=as_json)


def _decide(directory: Path, request: str, state: ReleaseState, note: str, *, as_json: bool) -> None:
    with open_inquiry(directory, Statement(RELEASE)) as (office, authoriser, _):
        filed = office.releases.decide(authoriser, request, state, note)
    print_request(filed, as_json=as_json)
