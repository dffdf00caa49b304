"""The mute: for some minutes hits make no tone, but for those of the gravest level.

It is for a talk at the roadside, where a tone tells bystanders of a hit. Hits come up on the page all the same. It
ends by itself on monotonic time, and a mute of an earlier boot is over: whoever asked for it may have left the car.
"""

from dataclasses import dataclass
from math import ceil

from alpr_edge.domain.alerting import Alert, Level, Sureness, level_of
from alpr_edge.domain.instants import Instant

MUTE_MINUTES = (5, 10, 15, 30)
"""How long a mute may last."""
PIERCING_LEVEL = Level.URGENT
"""Alerts of this level sound in spite of a mute."""
MINUTE_MS = 60_000.0


def level_under_mute(alert: Alert) -> Level:
    """The level by which a mute lets an alert sound or not.

    Where nothing but the end of an officer's own entry is in doubt it is that of the entry's reason: the car is the one
    that is looked for, and a unit without a clock would keep quiet of each.
    """
    detail = alert.detail
    if detail is None or detail.sureness is not Sureness.PERHAPS_ENDED:
        return alert.level
    return level_of(detail.reason)


@dataclass(frozen=True, slots=True)
class MuteOrder:
    """What somebody asks for who mutes the unit."""

    minutes: int
    """One of :data:`MUTE_MINUTES`."""


@dataclass(frozen=True, slots=True)
class EndOfMute:
    """What somebody asks for who ends the mute before its time; the unit itself when its time is over."""


@dataclass(frozen=True, slots=True)
class Mute:
    """A mute that was begun."""

    person: str
    """The name of whoever asked for it."""
    begun: Instant
    minutes: int

    @property
    def until(self) -> Instant:
        """When it ends."""
        return self.begun.shift(self.minutes * MINUTE_MS)

    def holds(self, now: Instant) -> bool:
        """Whether it has not ended yet."""
        return now.boot_id == self.begun.boot_id and now.boottime_ns < self.until.boottime_ns

    def silences(self, level: Level, now: Instant) -> bool:
        """Whether an alert of a level makes no tone because of it."""
        return level < PIERCING_LEVEL and self.holds(now)

    def minutes_left(self, now: Instant) -> int:
        """Minutes until it ends, rounded up; 0: it has ended."""
        return ceil(self.until.ms_since(now) / MINUTE_MS) if self.holds(now) else 0
