"""Decides which fixes of a receiver say where the car is: a wrong place is worse than none.

A receiver may repeat its last place while the car drives on, and one that is jammed, spoofed or misled by reflections
may report places that no car can have gone to. What its own speed and time forbid is not used.
"""

import math
from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import StrEnum

from alpr_edge.domain.fixes import Fix
from alpr_edge.domain.instants import NS_PER_S

METRES_PER_DEGREE = 111_195.0
SPEED_MPS_MAX = 100.0
"""No car is faster, whatever the receiver says of its speed."""
ACCELERATION_MPS2 = 10.0
"""No car gains or loses more on a road."""
TIME_S = 1.0
"""Most by which a fix arrives later than the one before did."""
PLACE_M = 50.0
"""Most by which a good fix among tall buildings is off."""
SETTLED_S = 5.0
"""Time for which fixes have to agree after a jump until they are used again."""
MOVING_MPS = 3.0
"""A car whose receiver says so is somewhere else a second later; a parked one is reported with less."""
STUCK_S = 5.0
"""Time with the same place and a speed after which the receiver is stuck."""
GAP_S = 30.0
"""A receiver that gave no fix for so long, as in a tunnel, is taken at its word again."""


class FixFault(StrEnum):
    """Why a fix does not say where the car is."""

    JUMPS = "jumps"
    STUCK = "stuck"


@dataclass(slots=True, eq=False)
class FixCheck:
    """Checks the fixes of one receiver, in the order of their arrival."""

    _used: Fix | None = field(default=None, repr=False)
    """The newest fix that was used."""
    _last: Fix | None = field(default=None, repr=False)
    _agrees_since: Fix | None = field(default=None, repr=False)
    """The first fix after a jump with which all later ones agree."""
    _moves_since: Fix | None = field(default=None, repr=False)
    """The first fix at the present place with which the receiver reported a speed."""

    def check(self, fix: Fix) -> FixFault | None:
        """Why a fix is not to be used; None: it is."""
        last, self._last = self._last, fix
        if self._is_stuck(last, fix):
            return FixFault.STUCK
        if self._used is None or last is None or _seconds(last, fix) > GAP_S or is_possible(self._used, fix):
            self._used, self._agrees_since = fix, None
            return None
        if self._agrees_since is None or not is_possible(last, fix):
            self._agrees_since = fix
        if _seconds(self._agrees_since, fix) < SETTLED_S:
            return FixFault.JUMPS
        self._used, self._agrees_since = fix, None
        return None

    def _is_stuck(self, last: Fix | None, fix: Fix) -> bool:
        is_moving = fix.speed_mps is not None and fix.speed_mps >= MOVING_MPS
        if not is_moving or last is None or (last.lat_deg, last.lon_deg) != (fix.lat_deg, fix.lon_deg):
            self._moves_since = fix if is_moving else None
            return False
        if self._moves_since is None:
            self._moves_since = fix
        return _seconds(self._moves_since, fix) >= STUCK_S


def possible_fixes(fixes: Iterable[Fix]) -> list[Fix]:
    """The fixes of a receiver's log whose places can be right, in their order."""
    check = FixCheck()
    return [fix for fix in fixes if check.check(fix) is None]


def is_possible(before: Fix, after: Fix) -> bool:
    """Whether a car can have gone from one fix to the other, by its speeds and the time between."""
    seconds = _seconds(before, after)
    speeds = [fix.speed_mps for fix in (before, after)]
    known = [speed for speed in speeds if speed is not None]
    fastest = max(known) + ACCELERATION_MPS2 * seconds if len(known) == len(speeds) else SPEED_MPS_MAX
    return distance_m(before, after) <= min(fastest, SPEED_MPS_MAX) * (seconds + TIME_S) + PLACE_M


def distance_m(before: Fix, after: Fix) -> float:
    """Metres between two fixes, by the shorter way round the earth; good for some hundred kilometres."""
    north_m = (after.lat_deg - before.lat_deg) * METRES_PER_DEGREE
    east_deg = (after.lon_deg - before.lon_deg + 180) % 360 - 180
    return math.hypot(north_m, east_deg * METRES_PER_DEGREE * math.cos(math.radians(before.lat_deg)))


def _seconds(before: Fix, after: Fix) -> float:
    """Seconds between two fixes: the receiver's where both have its time, and at least those of their arrival."""
    arrival_s = (after.received_at.boottime_ns - before.received_at.boottime_ns) / NS_PER_S
    if before.utc is None or after.utc is None:
        return max(0.0, arrival_s)
    return max(0.0, arrival_s, (after.utc - before.utc).total_seconds())
