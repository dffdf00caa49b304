"""Checks what somebody typed to search stored reads by."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from alpr_edge.domain.errors import FeedError
from alpr_edge.domain.instants import UNCONFIRMED_CLOCK
from alpr_edge.domain.restrictions import Area
from alpr_edge.services.plate_input import plate_to_search_for, state_letters
from alpr_edge.store.reads.search import Period, ReadFilter

LAST = {
    "1h": timedelta(hours=1),
    "4h": timedelta(hours=4),
    "12h": timedelta(hours=12),
    "1d": timedelta(days=1),
    "7d": timedelta(days=7),
}
"""Periods up to now that are offered, by what is typed for them."""
BETWEEN = "between"
HERE = "here"
"""What is typed for the place of the newest read."""


@dataclass(frozen=True, slots=True)
class SearchRequest:
    """A search as somebody typed it; empty: anything."""

    plate: str = ""
    """? stands for one character, * for any number."""
    time: str = ""
    """One of :data:`LAST`, or :data:`BETWEEN` for the two beneath."""
    begin: str = ""
    """ISO 8601; without a zone the time of this computer's clock on the wall. Likewise the next."""
    end: str = ""
    place: str = ""
    """:data:`HERE`, or latitude and longitude in degrees with a comma between them."""
    radius: str = ""
    """Metres around it."""
    camera: str = ""
    state: str = ""


def parse_search(
    request: SearchRequest, cameras: Sequence[str], now: datetime | None, here: tuple[float, float] | None
) -> ReadFilter:
    """Check a search and make a filter of it.

    Args:
        now: the moment, UTC; None when the clock is not confirmed.
        here: latitude and longitude of the newest read; None: it has no place.

    Raises:
        FeedError: a value cannot be used, or there is neither plate, time nor place.
    """
    if request.camera and request.camera not in cameras:
        raise FeedError("this unit has no such camera")
    wanted = ReadFilter(
        pattern=plate_to_search_for(request.plate) if request.plate.strip() else None,
        period=_period(request, now),
        area=_area(request, here),
        camera_id=request.camera or None,
        state=state_letters(request.state),
    )
    if wanted.pattern is None and wanted.period is None and wanted.area is None:
        raise FeedError("give a plate, a time or a place to search by")
    return wanted


def _period(request: SearchRequest, now: datetime | None) -> Period | None:
    if not request.time:
        return None
    if request.time == BETWEEN:
        begin, end = _moment(request.begin), _moment(request.end)
        if end <= begin:
            raise FeedError("the time ends before it begins")
        return Period(begin, end)
    if request.time not in LAST:
        raise FeedError("there is no such time to choose")
    if now is None:
        raise FeedError(f"{UNCONFIRMED_CLOCK}; give the time from and to")
    return Period(now - LAST[request.time], now)


def _moment(text: str) -> datetime:
    try:
        return datetime.fromisoformat(text.strip()).astimezone(UTC)
    except (ValueError, OverflowError):
        # Overflow: a day at either end of the calendar, of another zone.
        raise FeedError("a time from and to is a date and a time, such as 2026-05-04T18:00") from None


def _area(request: SearchRequest, here: tuple[float, float] | None) -> Area | None:
    if not request.place.strip():
        return None
    if request.place == HERE and here is None:
        raise FeedError("the newest reads have no place; give latitude and longitude")
    place = f"{here[0]!r},{here[1]!r}" if request.place == HERE and here is not None else request.place
    try:
        return Area.parse(f"{place},{request.radius}")
    except ValueError:
        raise FeedError(
            "a place is latitude and longitude in degrees, such as 37.639,-120.997, and metres around it"
        ) from None
