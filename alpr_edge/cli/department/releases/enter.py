"""``alpr-edge department release enter``: puts another agency's written request on file."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from alpr_edge.cli.access.options import Statement
from alpr_edge.cli.common import JsonOption
from alpr_edge.cli.department.common import DirectoryOption
from alpr_edge.cli.department.inquiries.opening import open_inquiry
from alpr_edge.cli.department.releases.scope_entry import (
    PLATES_QUESTION,
    TIME_HELP,
    AreaOption,
    PicturesOption,
)
from alpr_edge.cli.department.releases.words import RELEASE, print_request
from alpr_edge.cli.plate_entry import PlateArgument, typed_plate
from alpr_edge.domain.errors import ReleaseError
from alpr_edge.domain.permissions.purposes import PurposeCode
from alpr_edge.domain.releases.agencies import AgencyKind, AgencySeat
from alpr_edge.domain.releases.requests import ReleasePictures, ReleaseRequest
from alpr_edge.domain.releases.typed_scope import typed_scope
from alpr_edge.runtime.io_errors import io_errors


def enter_command(
    directory: DirectoryOption,
    agency: Annotated[str, typer.Option("--agency", help="Name of the agency (462.7(a)1).")],
    kind: Annotated[AgencyKind, typer.Option("--kind", help="What it is: who asks decides what may be released.")],
    seat: Annotated[AgencySeat, typer.Option("--seat", help="Whose agency it is, likewise.")],
    requester: Annotated[str, typer.Option("--requester", help="Name of the person who asks (462.7(a)2).")],
    intended: Annotated[PurposeCode, typer.Option("--for", help="Its purpose, of the profile's list (462.7(a)3).")],
    words: Annotated[str, typer.Option("--words", help="The purpose in the agency's words.")],
    letter: Annotated[Path, typer.Option("--letter", help="File of the written request; retained on file.")],
    begin: Annotated[str, typer.Option("--from", metavar="TIME", help=TIME_HELP)],
    end: Annotated[str, typer.Option("--to", metavar="TIME", help="Its end.")],
    plate: PlateArgument = "-",
    area: AreaOption = "",
    pictures: PicturesOption = ReleasePictures.NONE,
    their_case: Annotated[str, typer.Option("--their-case", help="The agency's case number.")] = "",
    declaration: Annotated[
        str, typer.Option("--declaration", help="What it declared in writing, where the state's law asks for that.")
    ] = "",
    as_json: JsonOption = False,
) -> None:
    """Put a written request on file. Another person than you decides about it."""
    plates = typed_plate(plate, PLATES_QUESTION)
    request = ReleaseRequest(
        agency=agency,
        kind=kind,
        seat=seat,
        requester=requester,
        purpose=intended,
        words=words,
        their_case=their_case,
        scope=typed_scope(plates, begin, end, area, pictures),
        letter_sha256="",
        declaration=declaration,
    )
    content = _content(letter)
    with open_inquiry(directory, Statement(RELEASE)) as (office, authoriser, _):
        filed = office.releases.enter(authoriser, request, content)
    print_request(filed, as_json=as_json)


def _content(path: Path) -> bytes:
    from alpr_edge.domain.releases.requests import LETTER_BYTES_MAX

    with io_errors(f"{path}: cannot be read", ReleaseError), path.open("rb") as file:
        return file.read(LETTER_BYTES_MAX + 1)
