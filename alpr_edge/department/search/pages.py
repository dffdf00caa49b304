"""What a search finds, a page at a time, and what it could not see."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

PAGE_READS_MAX = 200
PAGE_READS = 50
COUNT_MAX = 1_000
"""Counts of what a search cannot see end here: so many, or more."""


class TimeBasis(StrEnum):
    """Why the time of a read is sure."""

    OWN = "own"
    """Its unit's clock was confirmed."""
    PLACED = "placed"
    """Its unit said it later, once its clock was confirmed."""
    IMPORTED = "imported"
    """Another system said so; nobody here can tell whether its clock was right."""
    NOT_SURE = "not_sure"
    """It is not: no clock was confirmed, or the unit's clocks contradict each other."""


@dataclass(frozen=True, slots=True)
class ReadKey:
    """Where a read stands in the order of a search."""

    plate: str
    """Empty in a search that goes by place or unit."""
    seen_at: datetime | None
    """UTC without a zone; None: not sure. Those come last."""
    read_id: str
    unit_id: str


@dataclass(frozen=True, slots=True)
class ReadCorrection:
    """The read that took the place of another: of the same vehicle, with the text that holds."""

    read_id: str
    plate: str
    corrected_by: str | None
    """The person who corrected it; None: the vote over more frames."""


@dataclass(frozen=True, slots=True)
class FoundRead:
    """A read that a search found; its text is as it was read, even where it was corrected."""

    read_id: str
    unit_id: str
    camera_id: str
    plate: str
    state: str | None
    confidence: float
    seen_at: datetime | None
    """When it was first seen, UTC; None: that is not sure."""
    basis: TimeBasis
    uncertainty_ms: float | None
    """How far a time that was said later may be off; None: not known."""
    first_seen: str | None
    """As the unit's clock had it then, RFC 3339, sure or not; likewise the next."""
    last_seen: str | None
    utc_source: str
    lat_deg: float | None
    lon_deg: float | None
    supersedes: str | None
    corrected_by: str | None
    correction: ReadCorrection | None
    """The read that holds in place of this one, the last of them; None: this one holds."""
    origin: str | None = None
    """The other system that it was imported from: then nobody here verified it; None: a unit read it."""


@dataclass(frozen=True, slots=True)
class UnseenReads:
    """What a search could not see. Counts end at :data:`COUNT_MAX`; None: it would make no difference."""

    untimed: int | None
    """Reads that would fit but for their time, which is not sure."""
    placeless: int | None
    """Reads of that time of which no place is known."""
    silent_units: tuple[str, ...]
    """Units with a certificate in that time and no read of it here: off, or not yet delivered."""
    deleted: int
    """Reads that were deleted for their age until now, of any time."""
    deleted_until: str | None
    """When reads were deleted last, RFC 3339; None: never."""

    @property
    def untimed_is_full(self) -> bool:
        """Whether the count of reads without a sure time ended early: so many or more, in the area or not."""
        return self.untimed is not None and self.untimed >= COUNT_MAX


@dataclass(frozen=True, slots=True)
class FoundPage:
    """A page of what a search found."""

    reads: tuple[FoundRead, ...]
    """By plates: by plate, the newest first; else the newest first."""
    next: ReadKey | None
    """The place after which the next page begins; None: everything was looked through. A page may hold fewer reads than
    were asked for, even none, and yet have a next one: it ends where it has looked long enough."""
    unseen: UnseenReads
