"""What is handed to the store of one pass: its decision, and its end."""

from dataclasses import dataclass

from alpr_edge.domain.alerting import Alert
from alpr_edge.domain.hits import Hit
from alpr_edge.domain.instants import Instant
from alpr_edge.domain.reads import EvidenceKind, PlateRead


@dataclass(frozen=True, slots=True, eq=False)
class DecidedRecord:
    """A pass that has its text, to be kept under its final id."""

    read: PlateRead
    """Its ``evidence`` is what :attr:`images` says, whatever it holds."""
    images: tuple[tuple[EvidenceKind, bytes], ...] = ()
    """JPEGs."""
    hits: tuple[Hit, ...] = ()
    alert: Alert | None = None
    """Of one of :attr:`hits`."""
    sounded: Instant | None = None
    """First sample of the alert's tone; None when it stayed quiet."""
    withdraws: str | None = None
    """The read whose alerts no longer hold."""
    missing_evidence: str = ""
    """Why pictures are missing; empty when none is."""


@dataclass(frozen=True, slots=True, eq=False)
class ClosedRecord:
    """A pass that is over."""

    read: PlateRead
    """As it was decided, with its last values."""
    images: tuple[tuple[EvidenceKind, bytes], ...] = ()
    """Sharper JPEGs than those kept, which they replace kind by kind; empty when none came."""
    missing_evidence: str = ""
    """Why sharper pictures are missing; empty when none is."""


Stored = DecidedRecord | ClosedRecord
