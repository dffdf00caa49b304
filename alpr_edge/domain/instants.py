"""Moments, and how far the clock that gave them can be trusted.

Monotonic time does not compare across boots, so an :class:`Instant` carries its boot. Its UTC may be unknown
or untrusted (a vehicle's clock starts at 1970 until the first fix), and it carries the source it came from.
"""

import re
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum

NS_PER_MS = 1_000_000
NS_PER_S = 1_000_000_000
_RFC3339 = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)", re.ASCII)


class UtcSource(StrEnum):
    """The source of an instant's UTC, from best to none."""

    GNSS = "gnss"
    NTP = "ntp"
    RTC = "rtc"
    UNKNOWN = "unknown"


TRUSTED_SOURCES = frozenset({UtcSource.GNSS, UtcSource.NTP})
"""A receiver and a time server."""
UNCONFIRMED_CLOCK = (
    "no receiver or time server confirms the time; run the plate reader under open sky, or let chronyd set the clock"
)
"""Why the time is not known, in whatever says so."""


@dataclass(frozen=True, slots=True)
class Instant:
    """One moment on one boot of one machine."""

    boot_id: str
    """Identity of the boot that :attr:`boottime_ns` counts from."""
    boottime_ns: int
    """Nanoseconds since that boot, suspend included (CLOCK_BOOTTIME)."""
    utc: datetime | None = None
    """The moment in UTC by the clock of that time; None when nothing is known."""
    utc_source: UtcSource = UtcSource.UNKNOWN
    uncertainty_ms: float | None = None
    """How far :attr:`utc` may be off; None when unknown."""

    @property
    def trusted(self) -> bool:
        """Whether the UTC comes from a receiver or a time server."""
        return self.utc is not None and self.utc_source in TRUSTED_SOURCES

    @property
    def trusted_utc(self) -> datetime | None:
        """The UTC that rules may be decided by; None where it comes from no trusted source."""
        return self.utc if self.trusted else None

    def ms_since(self, earlier: "Instant") -> float:
        """Milliseconds from ``earlier`` to here.

        Raises:
            ValueError: the two belong to different boots.
        """
        if earlier.boot_id != self.boot_id:
            raise ValueError("instants of different boots do not compare")
        return (self.boottime_ns - earlier.boottime_ns) / NS_PER_MS

    def shift(self, milliseconds: float) -> "Instant":
        """The same clock, ``milliseconds`` later (negative: earlier)."""
        utc = None if self.utc is None else self.utc + timedelta(milliseconds=milliseconds)
        boottime_ns = self.boottime_ns + round(milliseconds * NS_PER_MS)
        return Instant(self.boot_id, boottime_ns, utc, self.utc_source, self.uncertainty_ms)

    def less_certain(self, by_ms: float) -> "Instant":
        """The same moment with so much more uncertainty; where that is unknown it stays so."""
        known_ms = self.uncertainty_ms
        return self if known_ms is None else replace(self, uncertainty_ms=known_ms + by_ms)


def to_utc(moment: datetime) -> datetime:
    """A moment in UTC.

    Raises:
        ValueError: it has no zone, or in UTC it lies outside the calendar, before the year 1 or after 9999.
    """
    if moment.tzinfo is None:
        raise ValueError("a moment needs its zone")
    try:
        return moment.astimezone(UTC)
    except OverflowError:
        raise ValueError("a moment outside the calendar") from None


def typed_moment(text: str, *, is_end: bool = False) -> datetime:
    """A moment that somebody typed by ISO 8601, aware; without a zone it is of this computer's clock.

    Args:
        text: a date and a time, or a date alone.
        is_end: whether something ends then: a date alone counts to the end of its day, the midnight behind it.

    Raises:
        ValueError: it is neither, or lies outside the calendar.
    """
    moment = datetime.fromisoformat(text.strip())
    try:
        return (moment + timedelta(days=1) if is_end and _is_date(text.strip()) else moment).astimezone()
    except OverflowError:
        raise ValueError("a moment outside the calendar") from None


def rfc3339(moment: datetime) -> str:
    """Text of a UTC moment by RFC 3339, with milliseconds and ``Z``."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def is_rfc3339(text: str) -> bool:
    """Whether a text is a moment by RFC 3339, with its zone and inside the calendar."""
    return _RFC3339.fullmatch(text) is not None and moment_in(text) is not None


def moment_in(text: str | None) -> datetime | None:
    """The moment in UTC that a text says; None where it says none, or none with a zone."""
    try:
        return None if text is None else to_utc(datetime.fromisoformat(text))
    except ValueError:
        return None


def _is_date(text: str) -> bool:
    """Whether a text is a date without a time."""
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return True
