"""The base of every feed format: from lines of bytes to entries, rejected lines, and the date of issue.

A format reads lazily, line by line, so that a list of millions never stands in memory as objects. No plate text
gets into a log or an error, here or in a format: a line is named by its number and column.
"""

import re
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from itertools import chain
from typing import ClassVar
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from alpr_edge.domain.errors import FeedError
from alpr_edge.domain.feed_formats import FormatName
from alpr_edge.domain.hits import Reason
from alpr_edge.hotlist.formats.unknown_words import UnknownWords
from alpr_edge.hotlist.index.row import Row

REMARKS_MAX = 500
VEHICLE_MAX = 100
RECORD_ID_MAX = 64
PLATE_RAW_MAX = 24
REASONS_ALLOWED = frozenset(Reason) - {Reason.IMMIGRATION_VIOLATOR}
"""Reasons that a source may have unless its settings say otherwise."""
PACIFIC = "America/Los_Angeles"
MOMENTS_MAX = 4096
"""Most dates that are remembered; a feed repeats them."""
_DAY_FORMATS = ("%Y-%m-%d", "%m/%d/%Y")
_EIGHT_DIGITS = re.compile(r"\d{8}", re.ASCII)
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"
_UTF16 = (b"\xff\xfe", b"\xfe\xff")


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
    """A line whose reason the source's settings do not allow (California Values Act, Government Code 7284.6)."""

    line: int


Record = Row | Rejected | Withheld


@dataclass(frozen=True, slots=True)
class Rules:
    """The rules by which a source is read; every field can be set for each source."""

    reason: Reason | None = None
    """Reason of every line that names none itself."""
    reasons: frozenset[Reason] = REASONS_ALLOWED
    """Reasons that are accepted."""
    codes: Mapping[str, Reason] = field(default_factory=dict)
    """Meaning of the feed's codes or wordings, upper case; they go before the format's own."""
    covert: bool = False
    """Whether all entries are covert."""
    zone: str = ""
    """Time zone of its dates; empty: the format's."""
    skip_plates: frozenset[str] = frozenset()
    """Canonical texts that are no plates, beside the words that every feed uses for none."""
    entries_expire: timedelta | None = None
    """How long an entry without an expiry of its own holds, from the date of the list."""
    trailer_required: bool = False
    """Refuse a feed without a trailer that counts its records."""
    columns: Mapping[str, str] = field(default_factory=dict)
    """Place of each field, by role: a column's name, its number from 1, or places such as ``1-8``."""
    delimiter: str = ""
    """Character between columns; empty: detected by the header row."""
    header: bool = True
    """Whether the first row names the columns."""


DEFAULT_RULES = Rules()


@dataclass(frozen=True, slots=True)
class FeedContext:
    """The facts that are known of a feed beside its bytes."""

    source: str
    file_name: str
    rules: Rules = DEFAULT_RULES
    now: datetime | None = None
    """The present moment, UTC."""
    in_use: datetime | None = None
    """When the list in use was made, UTC; None: there is none, or it does not say."""
    removals: bool = False
    """Whether its lines name entries to remove; a row without a reason then stands for every reason."""


@dataclass(frozen=True, slots=True)
class Feed:
    """A feed whose head was read, with its lines still to come."""

    issued_at: datetime | None
    """When the list was made, UTC; None: the feed does not say."""
    records: Iterator[Record]
    """The lines, in file order; raises FeedError when the end shows that the feed is not whole."""
    unknown_words: UnknownWords
    """What of it was not understood, filled as :attr:`records` are read."""


class FeedFormat(ABC):
    """One layout of a hotlist file."""

    name: ClassVar[FormatName]

    def open(self, lines: Iterator[bytes], context: FeedContext) -> Feed:
        """Read the head of a feed; a byte order mark before it is passed over."""
        first = next(lines, b"").removeprefix(_BYTE_ORDER_MARK)
        if first.startswith(_UTF16):
            raise FeedError("line 1: the file is UTF-16; save it as UTF-8")
        return self.open_text(chain([first], lines), context)

    @abstractmethod
    def open_text(self, lines: Iterator[bytes], context: FeedContext) -> Feed:
        """Read the head of a feed that has no byte order mark; as :meth:`open`."""


def text_of(line: bytes) -> str:
    """A line as UTF-8 or, where it is not, as Latin-1."""
    try:
        return line.decode("utf-8")
    except UnicodeDecodeError:
        return line.decode("latin-1")


def clean(text: str, longest: int) -> str:
    """Free text on one line, printable characters with single spaces, at most ``longest`` characters."""
    if not text.isprintable():
        text = "".join(character if character.isprintable() else " " for character in text)
    return " ".join(text.split())[:longest]


def zone(name: str) -> ZoneInfo:
    """A time zone."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise FeedError(f"this system knows no time zone {name}; check it or install the package tzdata") from None


@lru_cache(maxsize=MOMENTS_MAX)
def moment(text: str, local: ZoneInfo, *, end_of_day: bool = False, second: bool = False) -> datetime | None:
    """The UTC moment of a feed's date or date and time; None when it is neither.

    Read are ISO 8601, ``YYYYMMDD`` of eight digits and ``MM/DD/YYYY``, each with or without a time. Without an offset
    it is local time of ``local``. In the hour that comes twice the earlier is taken, so that a list never looks
    younger, unless the second is asked for.

    Args:
        text: the text of the cell.
        local: the time zone of times that name none.
        end_of_day: whether a date alone, or with the time 00:00 and no offset, as databases write a day, means the end
            of that day, not its beginning (an expiry holds through its day).
        second: whether a local time that comes twice means the second.
    """
    text = text.strip()
    date_time = _day(text) or _with_time(text)
    if date_time is None:
        return None
    if end_of_day and date_time.tzinfo is None and date_time.time() == time.min:
        date_time = _next_day(date_time)
    return _utc(date_time, local, fold=second)


def _day(text: str) -> datetime | None:
    """The beginning of a day; None where the text is no date alone."""
    if _EIGHT_DIGITS.fullmatch(text):
        return _parse_date(text, "%Y%m%d")
    # The first layout that fits; a month or day of one digit stands between marks, so it is not taken for another.
    return next(filter(None, (_parse_date(text, layout) for layout in _DAY_FORMATS)), None)


def _next_day(day: datetime) -> datetime:
    # Feeds write 9999-12-31 for "never"; the calendar ends there.
    return day + timedelta(days=1) if day.date() < date.max else day


def _utc(moment: datetime, local: ZoneInfo, *, fold: bool) -> datetime:
    try:
        return (moment if moment.tzinfo else moment.replace(tzinfo=local, fold=fold)).astimezone(UTC)
    except OverflowError:
        # The first or last day of the calendar: its zone does not matter.
        return moment.replace(tzinfo=UTC)


def _with_time(text: str) -> datetime | None:
    for layout in ("%m/%d/%Y %H:%M", "%m/%d/%Y %H:%M:%S"):
        date_time = _parse_date(text, layout)
        if date_time is not None:
            return date_time
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        return None


def _parse_date(text: str, layout: str) -> datetime | None:
    try:
        return datetime.strptime(text, layout)  # noqa: DTZ007 - the caller gives it its zone
    except ValueError:
        return None
