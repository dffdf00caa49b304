"""Whether the sun is up at a place."""

from datetime import datetime

from astral import Observer
from astral.sun import elevation

from alpr_edge.domain.fixes import Fix, Position

HORIZON_DEG = -0.833
"""Elevation of the sun's centre when its upper edge is seen on the horizon: half its width and the refraction of the
air, as almanacs and astral take it."""


def is_sun_up(place: Fix | Position, utc: datetime) -> bool:
    """Whether a moment lies between sunrise and sunset at a place.

    Args:
        place: the place; its height and the hills around it are left out.
        utc: the moment.
    """
    observer = Observer(place.lat_deg, place.lon_deg)
    return elevation(observer, utc, with_refraction=False) > HORIZON_DEG
