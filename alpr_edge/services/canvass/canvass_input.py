"""Checks what somebody typed to start a canvass."""

import re
from dataclasses import dataclass
from datetime import datetime, timedelta

from alpr_edge.domain.canvass.canvass import BEFORE_MAX, LASTS_MAX, LASTS_MIN, PARTIALS_MAX
from alpr_edge.domain.errors import CanvassError, FeedError
from alpr_edge.domain.ground.areas import GroundArea, parse_ground_area
from alpr_edge.domain.instants import UNCONFIRMED_CLOCK, Instant, typed_moment
from alpr_edge.domain.patterns import partial_fault
from alpr_edge.services.plate_input import plate_to_search_for
from alpr_edge.settings.canvass import CanvassSettings

_DURATION = re.compile(r"(\d{1,4})([mhd])")
_UNITS = {"m": "minutes", "h": "hours", "d": "days"}


@dataclass(frozen=True, slots=True)
class CanvassRequest:
    """A canvass as somebody typed it; empty: what the settings say, and everywhere."""

    area: str = ""
    """A circle, or the corners of a polygon."""
    ends: str = ""
    """After how long (90m, 12h, 3d), or a date and time of ISO 8601; a date alone: at the end of that day."""
    before: str = ""
    """How long before the start reads are held as well (30m, 4h); 0: not at all."""
    partials: tuple[str, ...] = ()
    """Plates and parts of plates: ? stands for one character, * for any number."""


@dataclass(frozen=True, slots=True)
class CanvassPlan:
    """A canvass that may be started."""

    area: GroundArea | None
    partials: tuple[str, ...]
    before: timedelta
    lasts: timedelta


def parse_canvass(request: CanvassRequest, settings: CanvassSettings, now: Instant) -> CanvassPlan:
    """Check what was typed.

    Raises:
        CanvassError: a value cannot be used; the text says what to give.
    """
    return CanvassPlan(
        area=_area(request.area),
        partials=_partials(request.partials),
        before=_before(request.before, settings),
        lasts=_lasts(request.ends.strip(), settings, now.trusted_utc),
    )


def _area(text: str) -> GroundArea | None:
    try:
        return parse_ground_area(text) if text.strip() else None
    except ValueError as error:
        raise CanvassError(str(error)) from None


def _partials(texts: tuple[str, ...]) -> tuple[str, ...]:
    given = [text for text in texts if text.strip()]
    if len(given) > PARTIALS_MAX:
        raise CanvassError(f"a canvass has at most {PARTIALS_MAX} plates or parts of plates")
    try:
        partials = tuple(dict.fromkeys(map(plate_to_search_for, given)))
    except FeedError as error:
        raise CanvassError(f"a plate or a part of one: {error}") from None
    if fault := next(filter(None, map(partial_fault, partials)), ""):
        raise CanvassError(f"a plate or a part of one: {fault}")
    return partials


def _before(text: str, settings: CanvassSettings) -> timedelta:
    text = text.strip()
    before = settings.before if not text else timedelta() if text == "0" else _duration(text)
    if before is None:
        raise CanvassError("the time before the start is such as 30m, 4h or 1d, or 0 for none")
    if before > BEFORE_MAX:
        raise CanvassError(f"the time before the start is at most {BEFORE_MAX.days} days")
    return before


def _lasts(text: str, settings: CanvassSettings, now: datetime | None) -> timedelta:
    lasts = settings.lasts if not text else _duration(text)
    if lasts is None:
        lasts = _until(text, now)
    if not LASTS_MIN <= lasts <= LASTS_MAX:
        minutes = LASTS_MIN // timedelta(minutes=1)
        raise CanvassError(f"a canvass lasts from {minutes} minutes to {LASTS_MAX.days} days from now")
    return lasts


def _until(text: str, now: datetime | None) -> timedelta:
    """How long it is until a moment that was typed."""
    try:
        end = typed_moment(text, is_end=True)
    except ValueError:
        raise CanvassError("the end is such as 90m, 12h or 3d, or a date and time such as 2026-05-04T18:00") from None
    if now is None:
        raise CanvassError(f"{UNCONFIRMED_CLOCK}; say how long it lasts, such as 8h")
    return end - now


def _duration(text: str) -> timedelta | None:
    match = _DURATION.fullmatch(text)
    return None if match is None else timedelta(**{_UNITS[match[2]]: int(match[1])})
