"""A canvass of one incident: what is kept for it, from when, and until when.

Reads are rather kept than lost: one without a place counts as inside the area, and one of which no clock tells whether
it was seen in time is kept as well. Both are counted apart.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from alpr_edge.domain.fixes import Position
from alpr_edge.domain.ground.areas import GroundArea
from alpr_edge.domain.holds.hold import HoldPerson
from alpr_edge.domain.instants import Instant

RUNNING_MAX = 8
"""Most canvasses that run at the same time: each read is compared with all of them."""
PARTIALS_MAX = 10
"""Most partial plates of one canvass."""
LASTS_MIN = timedelta(minutes=5)
LASTS_MAX = timedelta(days=14)
"""Longest time that a canvass runs: one that is forgotten keeps everything the car sees."""
BEFORE_MAX = timedelta(days=7)
"""Longest time before its start whose reads are kept."""


class CanvassEnding(StrEnum):
    """How a canvass ended."""

    HAND = "hand"
    """Somebody ended it."""
    TIME = "time"
    """Its time was over."""


class CanvassPhase(StrEnum):
    """When a read was seen, against the start of a canvass."""

    BEFORE = "before"
    DURING = "during"
    UNKNOWN = "unknown"
    """No clock tells."""


@dataclass(frozen=True, slots=True)
class CanvassEnd:
    """The end of a canvass."""

    at: Instant
    by: HoldPerson
    how: CanvassEnding


@dataclass(frozen=True, slots=True)
class Canvass:
    """A canvass, running or ended."""

    canvass_id: str
    incident: str
    """The incident's number, in a form of the agency's case numbers; the case of what is held for it."""
    offence: str
    """An offence of the profile's list, by its code."""
    area: GroundArea | None
    """None: everywhere."""
    partials: tuple[str, ...]
    """Canonical plates and parts of plates that witnesses remember."""
    before: timedelta
    """How long before the start reads are kept as well; 0: not at all."""
    lasts: timedelta
    """How long it runs if nobody ends it."""
    by: HoldPerson
    started: Instant
    ends: datetime | None
    """When its time is over, UTC; None: no clock was confirmed yet, and :attr:`lasts` counts from the start."""
    end: CanvassEnd | None = None
    """None: it runs."""

    def is_over_at(self, at: Instant) -> bool:
        """Whether its time was over at an instant; where no clock tells, it was not."""
        if self.ends is not None and at.trusted_utc is not None:
            return at.trusted_utc >= self.ends
        return at.boot_id == self.started.boot_id and at.ms_since(self.started) >= _ms(self.lasts)

    def with_end_known(self, now: Instant) -> "Canvass":
        """The same, with the moment of its end once a clock is confirmed.

        After a restart without a clock nobody knows how much of its time has passed: it then runs for its whole time
        from now on.
        """
        if self.ends is not None or now.trusted_utc is None:
            return self
        passed_ms = now.ms_since(self.started) if now.boot_id == self.started.boot_id else 0.0
        return replace(self, ends=now.trusted_utc + self.lasts - timedelta(milliseconds=passed_ms))

    def phase_of(self, seen: Instant, placed: datetime | None = None) -> CanvassPhase:
        """Whether an instant lies before the start or after it.

        Args:
            placed: its UTC by the clock pairs of its boot, where they tell.
        """
        gap_ms = self._ms_after_start(seen, placed)
        if gap_ms is None:
            return CanvassPhase.UNKNOWN
        return CanvassPhase.DURING if gap_ms >= 0 else CanvassPhase.BEFORE

    def takes(self, position: Position | None, seen: Instant, placed: datetime | None = None) -> bool:
        """Whether a read is kept for it: by its place, and by when it was seen last.

        Args:
            position: where the car was; None: not known, so that it counts as inside.
            placed: its UTC by the clock pairs of its boot, where they tell.
        """
        if self.area is not None and position is not None and not self.area.contains(position):
            return False
        gap_ms = self._ms_after_start(seen, placed)
        if gap_ms is None:
            return True
        return -gap_ms <= _ms(self.before) if gap_ms < 0 else not self._was_over(seen, placed)

    def _was_over(self, seen: Instant, placed: datetime | None) -> bool:
        if self.end is not None and (gap_ms := _ms_between(self.end.at, seen, placed)) is not None and gap_ms > 0:
            return True
        if self.ends is not None and placed is not None and seen.trusted_utc is None:
            return placed >= self.ends
        return self.is_over_at(seen)

    def _ms_after_start(self, seen: Instant, placed: datetime | None) -> float | None:
        return _ms_between(self.started, seen, placed)


def _ms_between(earlier: Instant, later: Instant, placed: datetime | None) -> float | None:
    """Milliseconds from one instant to another; None where no clock tells."""
    if later.boot_id == earlier.boot_id:
        return later.ms_since(earlier)
    utc = later.trusted_utc or placed
    if utc is None or earlier.trusted_utc is None:
        return None
    return (utc - earlier.trusted_utc) / timedelta(milliseconds=1)


def _ms(duration: timedelta) -> float:
    return duration / timedelta(milliseconds=1)
