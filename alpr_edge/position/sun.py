"""Whether the sun is up at a place, and whether it makes the place bright."""

from datetime import datetime

from astral import Observer
from astral.sun import elevation

from alpr_edge.domain.fixes import Fix, Position

HORIZON_DEG = -0.833
"""Elevation of the sun's centre when its upper edge is seen on the horizon: half its width and the refraction of the
air, as almanacs and astral take it."""
BRIGHT_DEG = 6.0
"""Elevation from which the sun lights the road also under heavy cloud: some 5,000 lux without, a tenth of that with it
(by memory, not verified)."""


def is_sun_up(place: Fix | Position, utc: datetime) -> bool:
    """Whether a moment lies between sunrise and sunset at a place."""
    return _elevation_deg(place, utc) > HORIZON_DEG


def is_bright(place: Fix | Position, utc: datetime) -> bool:
    """Whether the sun stands so high at a place that the road is bright; arguments as of :func:`is_sun_up`."""
    return _elevation_deg(place, utc) >= BRIGHT_DEG


def _elevation_deg(place: Fix | Position, utc: datetime) -> float:
    return elevation(Observer(place.lat_deg, place.lon_deg), utc, with_refraction=False)
