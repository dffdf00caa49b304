"""What the page may know of the patrol car: how fast it goes and whether the sun is up there, never where it is.

A driver looks at a screen for two seconds at most (NHTSA's guidelines on visual distraction, by summary), so the page
shows little while the car moves. Whatever is not known counts as moving.
"""

from dataclasses import dataclass, replace

from alpr_edge.domain.fixes import Fix
from alpr_edge.domain.instants import Instant

SPEED_MPS_MAX = 8 / 3.6
"""8 km/h: above it the car is at speed."""
FIX_AGE_MS_MAX = 3000.0
"""A speed that is older is not known any more."""
SLOW_MS = 2000.0
"""How long the car must have been slow before it counts as slow: a driver who creeps on is not asked to read."""
DAY_AGE_MS_MAX = 600_000.0
"""How long it stays known that it is day or night: over a restart of the unit, not over a night in the garage."""


@dataclass(frozen=True, slots=True)
class VehicleState:
    """The state of the car by its newest fix."""

    written_at: Instant
    """When this was found out; only its boot and boot time count."""
    fix_at: Instant | None = None
    """When the newest fix arrived; None: there was none in this boot."""
    speed_mps: float | None = None
    """The speed of that fix; None where it has none."""
    slow_since: Instant | None = None
    """Since when the speed has been known and at most :data:`SPEED_MPS_MAX`; None: at that fix it was not."""
    is_day: bool | None = None
    """Whether the sun is up where the car is; None where place or date is not known."""

    def is_at_speed(self, now: Instant) -> bool:
        """Whether the car is at speed at a moment, or it is not known: at once when it starts, slow after 2 s."""
        if self.slow_since is None or self.fix_at is None or not _is_within(self.fix_at, now, FIX_AGE_MS_MAX):
            return True
        return now.ms_since(self.slow_since) < SLOW_MS

    def is_day_at(self, now: Instant) -> bool | None:
        """Whether it is day at a moment; None where that is not known any more."""
        return self.is_day if _is_within(self.written_at, now, DAY_AGE_MS_MAX) else None

    def follow(self, fix: Fix | None, now: Instant, *, is_day: bool | None) -> "VehicleState":
        """The state at a later moment.

        Args:
            fix: the newest fix, however old; None: there was none in this boot.
        """
        if fix is None:
            return VehicleState(now, is_day=is_day)
        if self.fix_at == fix.received_at:
            return replace(self, written_at=now, is_day=is_day)
        slow_since = self._slow_since(fix)
        return VehicleState(now, fix.received_at, fix.speed_mps, slow_since, is_day)

    def _slow_since(self, fix: Fix) -> Instant | None:
        """Since when the car has been slow by a newer fix; a gap between fixes interrupts that."""
        if fix.speed_mps is None or not fix.speed_mps <= SPEED_MPS_MAX:  # NaN is no slow speed either
            return None
        is_next = self.fix_at is not None and _is_within(self.fix_at, fix.received_at, FIX_AGE_MS_MAX)
        return self.slow_since if is_next and self.slow_since is not None else fix.received_at


def _is_within(earlier: Instant, now: Instant, age_ms_max: float) -> bool:
    """Whether a moment of this boot is at most so old, and none to come."""
    return earlier.boot_id == now.boot_id and 0 <= now.ms_since(earlier) <= age_ms_max
