"""Hotlist entries and what a read of one means."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from alpr_edge.domain.fixes import Position
from alpr_edge.domain.instants import Instant
from alpr_edge.domain.patterns import written_text
from alpr_edge.domain.restrictions import Area, Hours

OWN_SOURCE = "officer entry"
"""The source of entries that officers make in the car; the space keeps any imported list from having the same
name."""


class Reason(StrEnum):
    """Why a plate is wanted (the NCIC hot-file codes spelled out; a feed's own table maps to these)."""

    AMBER_ALERT = "amber_alert"
    FELONY_VEHICLE = "felony_vehicle"
    WANTED_PERSON = "wanted_person"
    VIOLENT_PERSON = "violent_person"
    TERRORIST_SCREENING = "terrorist_screening"
    GANG = "gang"
    MISSING_PERSON = "missing_person"
    STOLEN_VEHICLE = "stolen_vehicle"
    STOLEN_PLATE = "stolen_plate"
    PROTECTION_ORDER = "protection_order"
    PROTECTIVE_INTEREST = "protective_interest"
    SUPERVISED_RELEASE = "supervised_release"
    SEX_OFFENDER = "sex_offender"
    IMMIGRATION_VIOLATOR = "immigration_violator"
    """Never accepted unless a source's settings name it, which they may not where the profile bars it (California
    Values Act, Government Code 7284.6)."""
    MAJOR_CRIME = "major_crime"
    OTHER = "other"


class MatchKind(StrEnum):
    """How the read's text met the entry's."""

    EXACT = "exact"
    CONFUSABLE = "confusable"
    PARTIAL = "partial"


class StateMatch(StrEnum):
    """Whether the read's issuing state is the entry's."""

    SAME = "same"
    OTHER = "other"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class HotlistEntry:
    """One line of a feed. Its key is (plate, state, source, reason, record id): never the plate alone."""

    source: str
    plate: str
    """Canonical text; a canonical partial (:mod:`~alpr_edge.domain.patterns`) when it holds wildcards."""
    plate_raw: str
    """The plate as the feed wrote it."""
    state: str | None
    reason: Reason
    record_id: str = ""
    vehicle: str = ""
    """Year, make, model and colour as the feed has them: for the officer to compare, never matched."""
    remarks: str = ""
    effective: datetime | None = None
    expires: datetime | None = None
    area: Area | None = None
    """The only place where the entry holds; None: everywhere."""
    hours: Hours | None = None
    """The only hours in which the entry holds; None: always."""
    covert: bool = False
    """Reported to the department first, and never shown, sounded, logged or counted in the car."""

    @property
    def text(self) -> str:
        """The plate with the letter O where the feed or the officer wrote one; matched is :attr:`plate`."""
        return written_text(self.plate, self.plate_raw)

    def in_force(self, at: datetime | None, position: Position | None = None) -> bool:
        """Whether the entry holds at a moment (UTC) and a place; an unknown moment or place rules nothing out.

        An officer verifies a hit, but nobody can verify a hit that was never shown.
        """
        if self.area is not None and position is not None and not self.area.contains(position):
            return False
        if at is None:
            return True
        if (self.effective is not None and at < self.effective) or self.has_ended(at):
            return False
        return self.hours is None or self.hours.hold(at)

    def has_ended(self, passed: datetime | None) -> bool:
        """Whether the entry's end has come, by a moment (UTC) that has passed; None: none is known to have."""
        return passed is not None and self.expires is not None and passed >= self.expires


@dataclass(frozen=True, slots=True)
class Generation:
    """One complete import of one source's list."""

    source: str
    serial: int
    """Grows by one with each import of the source."""
    issued_at: datetime | None
    """When the issuing agency made the list (date in its header); None: the list does not say."""
    imported_at: datetime | None
    entries: int

    def age(self, at: datetime | None) -> timedelta | None:
        """How old the list is at ``at``; None when either clock is unknown (counts as amber)."""
        start = self.issued_at or self.imported_at
        return None if at is None or start is None else at - start


@dataclass(frozen=True, slots=True)
class Hit:
    """A read whose plate is on a list. It is a lead to verify, never a reason to act alone (policy 462.4(f))."""

    hit_id: str
    read_id: str
    entry: HotlistEntry
    generation: Generation
    list_age_s: float | None
    kind: MatchKind
    state_match: StateMatch
    matched_at: Instant
    level: int | None = None
    """A :class:`~alpr_edge.domain.alerting.Level`, by the list's settings or the entry's reason; None: not decided
    yet."""
