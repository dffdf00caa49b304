"""Whether the sun is up at a place."""

from datetime import datetime

from astral import Observer
from astral.sun import elevation

from alpr_edge.domain.fixes import Fix

HORIZON_DEG = -0.833
"""Elevation of the sun's centre when its upper edge is seen on the horizon: half its width and the refraction of the
air, as almanacs and astral take it."""


def is_sun_up(fix: Fix, utc: datetime) -> bool:
    """Whether a moment lies between sunrise and sunset at the place of a fix.

    Args:
        fix: the place; its height and the hills around it are left out.
        utc: the moment.
    """
    observer = Observer(fix.lat_deg, fix.lon_deg)
    return elevation(observer, utc, with_refraction=False) > HORIZON_DEG
