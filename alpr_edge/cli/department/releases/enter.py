"""``alpr-edge department release enter``: puts another agency's written request on file."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from alpr_edge.cli.access.options import Statement
from alpr_edge.cli.common import JsonOption
from alpr_edge.cli.department.common import DirectoryOption
from alpr_edge.cli.department.inquiries.opening import open_inquiry
from alpr_edge.cli.department.releases.words import RELEASE, print_request
from alpr_edge.cli.plate_entry import PlateArgument, typed_plate
from alpr_edge.domain.errors import ReleaseError
from alpr_edge.domain.permissions.purposes import PurposeCode
from alpr_edge.domain.releases.agencies import AgencyKind, AgencySeat
from alpr_edge.runtime.io_errors import io_errors

if TYPE_CHECKING:
    from alpr_edge.domain.releases.requests import ReleaseScope

_QUESTION = "Plates that the request is about, with commas"
_TIME_HELP = "Begin of the time asked for, such as 2026-05-04T18:00; without a zone by this computer's clock."


def enter_command(
    directory: DirectoryOption,
    agency: Annotated[str, typer.Option("--agency", help="Name of the agency (462.7(a)1).")],
    requester: Annotated[str, typer.Option("--requester", help="Name of the person who asks (462.7(a)2).")],
    intended: Annotated[PurposeCode, typer.Option("--for", help="Its purpose, of the profile's list (462.7(a)3).")],
    words: Annotated[str, typer.Option("--words", help="The purpose in the agency's words.")],
    letter: Annotated[Path, typer.Option("--letter", help="File of the written request; retained on file.")],
    begin: Annotated[str, typer.Option("--from", metavar="TIME", help=_TIME_HELP)],
    end: Annotated[str, typer.Option("--to", metavar="TIME", help="Its end.")],
    plate: PlateArgument = "-",
    kind: Annotated[AgencyKind, typer.Option("--kind", help="What it is.")] = AgencyKind.LAW_ENFORCEMENT,
    seat: Annotated[AgencySeat, typer.Option("--seat", help="Whose agency it is.")] = AgencySeat.IN_STATE,
    their_case: Annotated[str, typer.Option("--their-case", help="The agency's case number.")] = "",
    declaration: Annotated[
        str, typer.Option("--declaration", help="What it declared in writing, where the state's law asks for that.")
    ] = "",
    as_json: JsonOption = False,
) -> None:
    """Put a written request on file. Another person than you decides about it."""
    from alpr_edge.domain.releases.requests import ReleaseRequest

    plates = typed_plate(plate, _QUESTION)
    request = ReleaseRequest(
        agency=agency,
        kind=kind,
        seat=seat,
        requester=requester,
        purpose=intended,
        words=words,
        their_case=their_case,
        scope=_scope(plates, begin, end),
        letter_sha256="",
        declaration=declaration,
    )
    content = _content(letter)
    with open_inquiry(directory, Statement(RELEASE)) as (office, authoriser, _):
        filed = office.releases.enter(authoriser, request, content)
    print_request(filed, as_json=as_json)


def _scope(plates: str, begin: str, end: str) -> ReleaseScope:
    from alpr_edge.domain.releases.requests import check_scope

    return check_scope(tuple(text for text in plates.split(",") if text.strip()), _moment(begin), _moment(end))


def _moment(text: str) -> datetime:
    try:
        return datetime.fromisoformat(text.strip()).astimezone()
    except (ValueError, OverflowError):
        raise ReleaseError("--from and --to are a date and a time, such as 2026-05-04T18:00") from None


def _content(path: Path) -> bytes:
    from alpr_edge.domain.releases.requests import LETTER_BYTES_MAX

    with io_errors(f"{path}: cannot be read", ReleaseError), path.open("rb") as file:
        return file.read(LETTER_BYTES_MAX + 1)
