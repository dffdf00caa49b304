"""Computes the position of a frame: interpolated between two fixes, or carried on for a moment after the last.

A receiver reports once a second and a frame falls between: the nearer fix alone would be up to 15 m off at 30 m/s.
"""

import math
from bisect import bisect_right
from collections.abc import Sequence

from alpr_edge.domain.fixes import Fix, Position
from alpr_edge.domain.instants import NS_PER_MS, NS_PER_S, Instant

FIX_LATENCY_MS = 1000.0
"""Longest time from a fix to the arrival of its sentence, most of it in the receiver and on the serial line."""
METRES_PER_DEGREE = 111_195.0
"""Metres in a degree of latitude, on a sphere of 6,371 km: its error of 0.6 % is centimetres over a few seconds."""
SPEED_MPS_MAX = 100.0
"""No car is faster: of two fixes further apart one is an error of the receiver, and nothing is interpolated
between."""


def position_at(fixes: Sequence[Fix], at: Instant, age_ms_max: float) -> Position | None:
    """Compute where the vehicle was at ``at``; None when no fix of this boot lies within ``age_ms_max``.

    Args:
        fixes: the fixes of one boot, in order of arrival, oldest first.
    """
    index = bisect_right(fixes, at.boottime_ns, key=lambda fix: fix.received_at.boottime_ns)
    near = [fix for fix in fixes[max(0, index - 1) : index + 1] if _within(fix, at, age_ms_max)]
    if len(near) == 2 and _plausible(near[0], near[1]):
        return _between(near[0], near[1], at)
    return _extrapolate(min(near, key=lambda fix: _age_ms(fix, at)), at) if near else None


def _within(fix: Fix, at: Instant, age_ms_max: float) -> bool:
    return fix.received_at.boot_id == at.boot_id and _age_ms(fix, at) <= age_ms_max


def _age_ms(fix: Fix, at: Instant) -> float:
    return abs(at.boottime_ns - fix.received_at.boottime_ns) / NS_PER_MS


def _plausible(before: Fix, after: Fix) -> bool:
    """Whether a car can have gone from one fix to the other."""
    north_m = (after.lat_deg - before.lat_deg) * METRES_PER_DEGREE
    east_m = _eastward_deg(before, after) * METRES_PER_DEGREE * math.cos(math.radians(before.lat_deg))
    seconds = (after.received_at.boottime_ns - before.received_at.boottime_ns) / NS_PER_S
    return math.hypot(north_m, east_m) <= SPEED_MPS_MAX * max(seconds, 0.1)


def _eastward_deg(before: Fix, after: Fix) -> float:
    """Difference of longitude by the shorter way, also across the date line."""
    return (after.lon_deg - before.lon_deg + 180) % 360 - 180


def _between(before: Fix, after: Fix, at: Instant) -> Position:
    span_ns = after.received_at.boottime_ns - before.received_at.boottime_ns
    share = (at.boottime_ns - before.received_at.boottime_ns) / span_ns if span_ns else 0.0
    lat_deg = before.lat_deg + share * (after.lat_deg - before.lat_deg)
    lon_deg = before.lon_deg + share * _eastward_deg(before, after)
    return _position(before if share < 0.5 else after, at, lat_deg, lon_deg)


def _extrapolate(fix: Fix, at: Instant) -> Position:
    """Dead reckoning from one fix along its course; the position of the fix when it has no course."""
    seconds = (at.boottime_ns - fix.received_at.boottime_ns) / NS_PER_S
    lat_deg, lon_deg = fix.lat_deg, fix.lon_deg
    if fix.speed_mps is not None and fix.course_deg is not None:
        metres, course = fix.speed_mps * seconds, math.radians(fix.course_deg)
        lat_deg += metres * math.cos(course) / METRES_PER_DEGREE
        lon_deg += metres * math.sin(course) / (METRES_PER_DEGREE * max(0.01, math.cos(math.radians(lat_deg))))
    return _position(fix, at, lat_deg, lon_deg)


def _position(fix: Fix, at: Instant, lat_deg: float, lon_deg: float) -> Position:
    return Position(
        lat_deg=max(-90.0, min(90.0, lat_deg)),
        lon_deg=(lon_deg + 180) % 360 - 180,
        age_ms=_age_ms(fix, at),
        hdop=fix.hdop,
        source=fix.source,
        speed_mps=fix.speed_mps,
        course_deg=fix.course_deg,
    )
