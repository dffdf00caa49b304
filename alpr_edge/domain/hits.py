"""Hotlist entries and what a read of one means."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from alpr_edge.domain.instants import Instant


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
    """Canonical text."""
    plate_raw: str
    """As the feed wrote it."""
    state: str | None
    reason: Reason
    record_id: str = ""
    vehicle: str = ""
    """Year, make, model and colour as the feed has them: for the officer to compare, never matched."""
    remarks: str = ""
    effective: datetime | None = None
    expires: datetime | None = None

    def in_force(self, at: datetime | None) -> bool:
        """Whether the entry holds at ``at``; with an unknown clock it does (an officer verifies)."""
        if at is None:
            return True
        return (self.effective is None or self.effective <= at) and (self.expires is None or at < self.expires)


@dataclass(frozen=True, slots=True)
class Generation:
    """One sealed import of one source."""

    source: str
    serial: int
    """Grows by one with each import of the source."""
    issued: datetime | None
    """When the department of justice or its like made the list (header date); None: it does not say."""
    imported: datetime | None
    entries: int

    def age(self, at: datetime | None) -> timedelta | None:
        """How old the list is at ``at``; None when either clock is unknown (counts as amber)."""
        made = self.issued or self.imported
        return None if at is None or made is None else at - made


@dataclass(frozen=True, slots=True)
class Hit:
    """A read met an entry. It is a lead to verify, never a reason to act alone (policy 462.4(f))."""

    hit_id: str
    read_id: str
    entry: HotlistEntry
    generation: Generation
    list_age_s: float | None
    kind: MatchKind
    state: StateMatch
    matched: Instant
