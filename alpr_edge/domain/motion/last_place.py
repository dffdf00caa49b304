"""Where a patrol car was last, coarse enough to find the car and too coarse to say at which address it stood."""

from dataclasses import dataclass
from datetime import datetime
from typing import Self

PLACE_DECIMALS = 3
"""Of a degree: about a hundred metres."""


@dataclass(frozen=True, slots=True)
class LastPlace:
    """A place and when the car was there."""

    lat_deg: float
    lon_deg: float
    """WGS 84, in whole steps of :data:`PLACE_DECIMALS`."""
    at: datetime
    """In UTC, by a trusted clock, in whole seconds."""

    @classmethod
    def of(cls, lat_deg: float, lon_deg: float, at: datetime) -> Self:
        """The coarse place of an exact one at a moment in UTC."""
        return cls(round(lat_deg, PLACE_DECIMALS), round(lon_deg, PLACE_DECIMALS), at.replace(microsecond=0))

    def is_at(self, other: "LastPlace") -> bool:
        """Whether it is the same place, whenever that was."""
        return (self.lat_deg, self.lon_deg) == (other.lat_deg, other.lon_deg)
