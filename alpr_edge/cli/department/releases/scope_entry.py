"""What data a request is about, as people type it: times, area, pictures; plates never on the command line."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import typer

from alpr_edge.domain.errors import ReleaseError
from alpr_edge.domain.releases.requests import ReleasePictures

if TYPE_CHECKING:
    from alpr_edge.domain.releases.requests import ReleaseScope

PLATES_QUESTION = "Plates that the request is about, with commas"
TIME_HELP = "Begin of the time asked for, such as 2026-05-04T18:00; without a zone by this computer's clock."
_AREA_HELP = "Where the car was: LATITUDE,LONGITUDE,METRES, or three corners and more; empty: anywhere."
AreaOption = Annotated[str, typer.Option("--area", help=_AREA_HELP)]
PicturesOption = Annotated[
    ReleasePictures, typer.Option("--pictures", help="Pictures of the plates alone, or scenes, which show others too.")
]


def entered_scope(plates: str, begin: str, end: str, area: str, pictures: ReleasePictures) -> ReleaseScope:
    """The scope that was typed.

    Raises:
        ReleaseError: it is none; the text says what to give, and repeats no plate.
    """
    from alpr_edge.domain.releases.requests import check_scope

    return check_scope(entered_plates(plates), entered_moment(begin), entered_moment(end), area, pictures)


def entered_plates(text: str) -> tuple[str, ...]:
    """Plates with commas between them."""
    return tuple(plate for plate in text.split(",") if plate.strip())


def entered_moment(text: str) -> datetime:
    """A moment that was typed.

    Raises:
        ReleaseError: it is none.
    """
    try:
        return datetime.fromisoformat(text.strip()).astimezone()
    except (ValueError, OverflowError):
        raise ReleaseError("--from and --to are a date and a time, such as 2026-05-04T18:00") from None
