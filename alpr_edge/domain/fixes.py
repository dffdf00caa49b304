"""Positions: what a receiver reports (Fix) and what is stored with a read (Position)."""

from dataclasses import dataclass
from datetime import datetime

from alpr_edge.domain.instants import Instant

MPH = 2.23694
"""Miles an hour of a metre a second."""


@dataclass(frozen=True, slots=True)
class Fix:
    """One valid solution of a GNSS receiver. Void and quality-0 sentences never become one."""

    received_at: Instant
    """When its sentence arrived, by this machine's clock."""
    utc: datetime | None
    """The time that the receiver states for the fix."""
    lat_deg: float
    lon_deg: float
    """WGS 84, north and east positive."""
    speed_mps: float | None
    course_deg: float | None
    """Over ground, clockwise from true north."""
    hdop: float | None
    satellites: int | None
    source: str
    """Which receiver or log: shown to whoever judges the read."""


@dataclass(frozen=True, slots=True)
class Position:
    """Where a vehicle was when a frame was taken."""

    lat_deg: float
    lon_deg: float
    age_ms: float
    """Distance in time from the frame to the nearest fix used."""
    hdop: float | None
    source: str
    speed_mps: float | None = None
    course_deg: float | None = None
