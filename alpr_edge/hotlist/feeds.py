"""What every feed format shares: from lines of bytes to entries, lines refused, and the date of issue.

A format reads lazily, line by line, so that a list of millions never stands in memory as objects. Nothing here or
in a format puts plate text into a log or an error: a line is named by its number and column.
"""

import re
from abc import ABC, abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum
from functools import lru_cache
from typing import ClassVar
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from alpr_edge.domain.errors import FeedError
from alpr_edge.domain.hits import HotlistEntry, Reason

REMARKS_MAX = 500
VEHICLE_MAX = 100
RECORD_ID_MAX = 64
PLATE_RAW_MAX = 24
MOMENTS_MAX = 4096
"""How many dates are remembered; a feed repeats them."""
_CONTROL = dict.fromkeys([*range(0x20), 0x7F], " ")
_WILDCARDS = re.compile(r"[?*%_#]")
_DAY_FORMATS = ("%Y-%m-%d", "%Y%m%d", "%m/%d/%Y")


class FormatName(StrEnum):
    """The layouts known."""

    GENERIC_CSV = "generic-csv"
    CLEW = "clew"


@dataclass(frozen=True, slots=True)
class Rejected:
    """A line that could not be understood."""

    line: int
    """Number of its first line, from 1."""
    column: str
    """The column's name in the feed or its place in a fixed layout."""
    reason: str
    """What is wrong, without the line's own text."""
    lines: int = 1
    """How many lines of the file went with it."""


@dataclass(frozen=True, slots=True)
class Withheld:
    """A line understood that the unit must not hold (California Values Act, Government Code 7284.6)."""

    line: int


Record = HotlistEntry | Rejected | Withheld


@dataclass(frozen=True, slots=True)
class FeedContext:
    """What the person importing said about the file."""

    source: str
    file_name: str
    reason: Reason | None = None
    """Reason of every line that names none itself."""


@dataclass(frozen=True, slots=True)
class Feed:
    """A feed whose head was read."""

    issued: datetime | None
    """When the list was made, UTC; None: the format does not say."""
    records: Iterator[Record]
    """The lines, in file order; raises FeedError when the end shows that the feed is not whole."""


class FeedFormat(ABC):
    """One layout of a hotlist file."""

    name: ClassVar[FormatName]

    @abstractmethod
    def open(self, lines: Iterator[bytes], context: FeedContext) -> Feed:
        """Read the head of a feed.

        Args:
            lines: the file's lines with their ends.
            context: what is known beside the file.

        Raises:
            FeedError: the head is missing or is not this format's.
        """


def clean(text: str, longest: int) -> str:
    """Free text on one line, no control characters, single spaces, at most ``longest`` characters."""
    if not text.isprintable():
        text = text.translate(_CONTROL)
    return " ".join(text.split())[:longest]


def is_partial(plate: str) -> bool:
    """Whether a plate cell holds wildcards; canonical text would drop them and name another plate."""
    return _WILDCARDS.search(plate) is not None


def zone(name: str) -> ZoneInfo:
    """A time zone.

    Raises:
        FeedError: the system has no time zone data.
    """
    try:
        return ZoneInfo(name)
    except ZoneInfoNotFoundError:
        raise FeedError(f"this system knows no time zone {name}; install the package tzdata") from None


@lru_cache(maxsize=MOMENTS_MAX)
def moment(text: str, local: ZoneInfo, *, end_of_day: bool = False) -> datetime | None:
    """The UTC moment of a feed's date or date and time; None when it is neither.

    Read are ISO 8601, ``YYYYMMDD`` and ``MM/DD/YYYY``, each with or without a time. Without an offset it is local
    time of ``local``. In the hour that comes twice the earlier is taken, so that a list never looks younger.

    Args:
        text: the cell.
        local: zone of times that name none.
        end_of_day: a date alone means the end of that day, not its beginning (an expiry holds through its day).
    """
    text = text.strip()
    for layout in _DAY_FORMATS:
        day = _parsed(text, layout)
        if day is not None:
            return _utc(_next_day(day) if end_of_day else day, local)
    parsed = _with_time(text)
    if parsed is None:
        return None
    return _utc(parsed, local)


def _next_day(day: datetime) -> datetime:
    # Feeds write 9999-12-31 for "never"; the calendar ends there.
    return day + timedelta(days=1) if day.date() < date.max else day


def _utc(moment: datetime, local: ZoneInfo) -> datetime:
    try:
        return (moment if moment.tzinfo else moment.replace(tzinfo=local)).astimezone(UTC)
    except OverflowError:
        # The first or last day of the calendar: its zone does not matter.
        return moment.replace(tzinfo=UTC)


def _with_time(text: str) -> datetime | None:
    for layout in ("%m/%d/%Y %H:%M", "%m/%d/%Y %H:%M:%S"):
        parsed = _parsed(text, layout)
        if parsed is not None:
            return parsed
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        return None


def _parsed(text: str, layout: str) -> datetime | None:
    try:
        return datetime.strptime(text, layout)  # noqa: DTZ007 - the caller gives it its zone
    except ValueError:
        return None
