"""What data a request is about, as people type it: plates with commas between them, times of the calendar."""

from datetime import datetime

from alpr_edge.domain import instants
from alpr_edge.domain.errors import ReleaseError
from alpr_edge.domain.plates import typed_plates
from alpr_edge.domain.releases.requests import ReleasePictures, ReleaseScope, check_scope


def typed_scope(plates: str, begin: str, end: str, area: str, pictures: ReleasePictures) -> ReleaseScope:
    """The scope that was typed.

    Raises:
        ReleaseError: it is none; the text says what to give, and repeats no plate.
    """
    return check_scope(typed_plates(plates), typed_moment(begin), typed_moment(end, is_end=True), area, pictures)


def typed_moment(text: str, *, is_end: bool = False) -> datetime:
    """A moment that was typed; without a zone by this computer's clock.

    Args:
        is_end: whether the time ends then: a date alone counts to the end of its day.

    Raises:
        ReleaseError: it is none.
    """
    try:
        return instants.typed_moment(text, is_end=is_end)
    except ValueError:
        raise ReleaseError("--from and --to are a date and a time, such as 2026-05-04T18:00") from None
