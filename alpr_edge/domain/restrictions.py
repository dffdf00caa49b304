"""Restrictions of an entry: a circle on the ground, and hours of the week.

Both have a text form, which settings, feeds and sealed lists share.
"""

import math
import re
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Self
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from alpr_edge.domain.fixes import Position
from alpr_edge.domain.positioning import METRES_PER_DEGREE

RADIUS_M_MAX = 1_000_000.0
DAYS = ("Mo", "Tu", "We", "Th", "Fr", "Sa", "Su")
_DAY = "|".join(DAYS)
_HOURS = re.compile(
    rf"(?:(?P<first>{_DAY})(?:-(?P<last>{_DAY}))? )?"
    r"(?P<begin>\d\d:\d\d)-(?P<end>\d\d:\d\d)(?: (?P<zone>[A-Za-z0-9_+/-]+))?"
)


@dataclass(frozen=True, slots=True)
class Area:
    """A circle on the ground."""

    lat_deg: float
    lon_deg: float
    radius_m: float

    @classmethod
    def parse(cls, text: str) -> Self:
        """Parse ``latitude,longitude,radius``: degrees of WGS 84 and metres.

        Raises:
            ValueError: the text has another form.
        """
        try:
            lat_deg, lon_deg, radius_m = (float(part) for part in text.split(","))
        except ValueError:
            lat_deg = lon_deg = radius_m = math.nan
        if not (abs(lat_deg) <= 90 and abs(lon_deg) <= 180 and 0 < radius_m <= RADIUS_M_MAX):
            raise ValueError("an area is latitude,longitude,radius in degrees and metres, such as 37.639,-120.997,500")
        return cls(lat_deg, lon_deg, radius_m)

    def __str__(self) -> str:
        return f"{self.lat_deg!r},{self.lon_deg!r},{self.radius_m!r}"

    def contains(self, position: Position) -> bool:
        """Whether a position lies in the circle."""
        return self._from_centre_m(position) <= self.radius_m

    def distance_m(self, position: Position) -> float:
        """Metres from a position to the circle; 0 within."""
        return max(0.0, self._from_centre_m(position) - self.radius_m)

    def _from_centre_m(self, position: Position) -> float:
        """By the haversine on a sphere, 0.5 % off at most."""
        north, south = math.radians(position.lat_deg), math.radians(self.lat_deg)
        across = math.sin(math.radians(position.lon_deg - self.lon_deg) / 2) ** 2 * math.cos(north) * math.cos(south)
        half_chord = math.sqrt(min(1.0, math.sin((north - south) / 2) ** 2 + across))
        return math.degrees(2 * math.asin(half_chord)) * METRES_PER_DEGREE


@dataclass(frozen=True, slots=True)
class Hours:
    """Hours of some days of the week, local time; over midnight when they end before they begin."""

    first: int
    """First day, 0 for Monday."""
    last: int
    """Last day, inclusive; before :attr:`first` when the days run over the end of the week."""
    begin: time
    end: time
    """Exclusive; the same as :attr:`begin` means a whole day. Hours over midnight belong to the day they begin on."""
    zone: str

    @classmethod
    def parse(cls, text: str, zone: str = "America/Los_Angeles") -> Self:
        """Parse ``Mo-Fr 22:00-06:00 America/Los_Angeles``; without days all, without a zone ``zone``.

        Raises:
            ValueError: the text has another form, or the system does not know the zone.
        """
        match = _HOURS.fullmatch(text.strip())
        if match is None:
            raise ValueError("hours are such as Mo-Fr 22:00-06:00, or 08:00-17:30 for every day")
        zone = match["zone"] or zone
        try:
            ZoneInfo(zone)
        except (ZoneInfoNotFoundError, ValueError, OSError):
            raise ValueError(f"no time zone is called {zone}") from None
        try:
            begin, end = time.fromisoformat(match["begin"]), time.fromisoformat(match["end"])
        except ValueError:
            raise ValueError("hours run from 00:00 to 23:59") from None
        first = DAYS.index(match["first"]) if match["first"] else 0
        last = DAYS.index(match["last"] or match["first"]) if match["first"] else len(DAYS) - 1
        return cls(first, last, begin, end, zone)

    def __str__(self) -> str:
        return f"{DAYS[self.first]}-{DAYS[self.last]} {self.begin:%H:%M}-{self.end:%H:%M} {self.zone}"

    def hold(self, at: datetime) -> bool:
        """Whether an aware moment lies in these hours."""
        local = at.astimezone(ZoneInfo(self.zone))
        clock, day = local.time(), local.weekday()
        if self.begin < self.end:
            return self.begin <= clock < self.end and self._is_on(day)
        if clock >= self.begin:
            return self._is_on(day)
        return clock < self.end and self._is_on((local.date() - timedelta(days=1)).weekday())

    def _is_on(self, day: int) -> bool:
        return (day - self.first) % len(DAYS) <= (self.last - self.first) % len(DAYS)
