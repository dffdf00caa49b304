"""Areas on the ground in which nothing is collected: schools, clinics, places of worship, courts, food banks.

Washington asks for it (L.2026 c.239, by summary, not verified); other departments do by policy. The car's position is
not exact, so an area counts as entered as soon as the car may be in it.
"""

from dataclasses import dataclass

from alpr_edge.domain.fixes import Position
from alpr_edge.domain.ground.areas import GroundArea
from alpr_edge.domain.positioning import FIX_LATENCY_MS, SPEED_MPS_MAX

RANGE_M = 5.0
"""Error of a receiver's range, which its HDOP multiplies: the five metres that GPS promises 95 % of the time are for
an HDOP of about one (GPS SPS Performance Standard 2020, by memory, not verified)."""
UNKNOWN_HDOP = 5.0
"""HDOP that is assumed where the receiver tells none."""


@dataclass(frozen=True, slots=True)
class NoCollectionArea:
    """An area with the name by which it is counted."""

    name: str
    area: GroundArea

    def may_hold(self, position: Position) -> bool:
        """Whether the car may be in it, by all that is known of its position."""
        return self.area.distance_m(position) <= uncertainty_m(position)


def uncertainty_m(position: Position) -> float:
    """How far the car may be from a position: the receiver's error, and the way it may have gone since the fix.

    The age of a position counts from the arrival of its sentence, which may come late: the fix is older by as much.
    """
    hdop = UNKNOWN_HDOP if position.hdop is None else position.hdop
    speed_mps = SPEED_MPS_MAX if position.speed_mps is None else position.speed_mps
    return RANGE_M * hdop + speed_mps * (position.age_ms + FIX_LATENCY_MS) / 1000.0


def area_of(areas: tuple[NoCollectionArea, ...], position: Position | None) -> NoCollectionArea | None:
    """The first of some areas that the car may be in; None: none, or its position is not known."""
    if position is None:
        return None
    return next((area for area in areas if area.may_hold(position)), None)
