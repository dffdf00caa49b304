"""Makes a search of the fields of the page's form."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

from alpr_edge.department.inquiries.read_inquiries import check_inquiry
from alpr_edge.department.search.criteria import DepartmentSearch, SearchPeriod
from alpr_edge.domain.errors import SearchError
from alpr_edge.domain.ground.areas import GroundArea, GroundPolygon
from alpr_edge.domain.plates import typed_plates
from alpr_edge.domain.restrictions import Area

LAST = {
    "1d": timedelta(days=1),
    "7d": timedelta(days=7),
    "30d": timedelta(days=30),
    "365d": timedelta(days=365),
}
"""Periods up to now that are offered, by what is chosen for them."""
BETWEEN = "between"


def parse_search_form(fields: Mapping[str, str], now: datetime) -> DepartmentSearch:
    """Check the fields and make a search of them."""
    search = DepartmentSearch(
        plates=typed_plates(fields.get("plate", "")),
        period=_period(fields, now),
        area=_area(fields),
        unit_id=fields.get("unit", "").strip() or None,
        camera_id=fields.get("camera", "").strip() or None,
        state=fields.get("state", "").strip() or None,
    )
    check_inquiry(search)
    return search


def _period(fields: Mapping[str, str], now: datetime) -> SearchPeriod | None:
    """The time that is chosen, or from and to, which need no choice; None: any time."""
    chosen, begin, end = (fields.get(name, "").strip() for name in ("time", "begin", "end"))
    if chosen in LAST:
        if begin or end:
            raise SearchError("the time chosen is up to now: empty From and To, or choose from and to")
        return SearchPeriod(now - LAST[chosen], now)
    if chosen not in {"", BETWEEN}:
        raise SearchError("there is no such time to choose")
    return SearchPeriod(_moment(begin), _moment(end)) if chosen or begin or end else None


def _moment(text: str) -> datetime:
    try:
        return datetime.fromisoformat(text).astimezone(UTC)
    except (ValueError, OverflowError):
        # Overflow: a day at either end of the calendar, of another zone.
        raise SearchError("a time from and to is a date and a time, such as 2026-05-04T18:00") from None


def _area(fields: Mapping[str, str]) -> GroundArea | None:
    place, corners = fields.get("at", "").strip(), fields.get("corners", "").strip()
    if place and corners:
        raise SearchError("an area is around a place or has corners, not both; empty one of the two")
    if corners:
        try:
            return GroundPolygon.parse(corners)
        except ValueError as error:
            raise SearchError(f"corners: {error}") from None
    if not place:
        return None
    try:
        return Area.parse(f"{place},{fields.get('radius', '')}")
    except ValueError:
        raise SearchError("a place is latitude and longitude in degrees, such as 37.639,-120.997") from None
