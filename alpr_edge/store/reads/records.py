"""What the store receives of one pass: its decision, and its end."""

from dataclasses import dataclass

from alpr_edge.domain.alerting import Alert
from alpr_edge.domain.hits import Hit
from alpr_edge.domain.instants import Instant
from alpr_edge.domain.reads import EvidenceKind, PlateRead


@dataclass(frozen=True, slots=True, eq=False)
class DecidedRecord:
    """A pass whose text is decided, to be stored under its final id."""

    read: PlateRead
    """Its ``evidence`` is ignored: :attr:`images` counts."""
    images: tuple[tuple[EvidenceKind, bytes], ...] = ()
    """The pictures as JPEGs."""
    hits: tuple[Hit, ...] = ()
    alert: Alert | None = None
    """The alert of one of :attr:`hits`."""
    sounded_at: Instant | None = None
    """The first sample of the alert's tone; None when it stayed quiet."""
    withdraws: str | None = None
    """The read whose alerts no longer hold."""
    missing_evidence: str = ""
    """Why pictures are missing; empty when none is."""
    withdrawn_at: Instant | None = None
    """When the alerts were taken back; None: when the read was last seen, as the frames themselves decided."""


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
