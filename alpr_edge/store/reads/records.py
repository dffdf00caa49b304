"""What the store receives of one pass: its decision, that its read is certain now, and its end."""

from dataclasses import dataclass

from alpr_edge.domain.alerting import Alert
from alpr_edge.domain.hits import Hit
from alpr_edge.domain.instants import Instant
from alpr_edge.domain.reads import EvidenceKind, LateTone, PlateRead


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
    late_tone: LateTone | None = None
    """The tone of another read's alert that sounded as these were taken back."""


@dataclass(frozen=True, slots=True, eq=False)
class SettledRecord:
    """A stored read whose text is certain now."""

    read: PlateRead
    """As it was decided, with its new confidence."""
    settled_at: Instant
    """The frame that decided it."""
    alert: Alert | None = None
    """A graver alert of one of its hits; None: there is none."""
    sounded_at: Instant | None = None
    """The first sample of that alert's tone; None when it stayed quiet."""
    withdraws: str | None = None
    """The read itself where its alert no longer holds."""
    late_tone: LateTone | None = None
    """As that of a decision."""
    images: tuple[tuple[EvidenceKind, bytes], ...] = ()
    """None."""
    missing_evidence: str = ""
    """Empty."""


@dataclass(frozen=True, slots=True, eq=False)
class ClosedRecord:
    """A pass that is over."""

    read: PlateRead
    """As it was decided, with its last values."""
    images: tuple[tuple[EvidenceKind, bytes], ...] = ()
    """Sharper JPEGs than those kept, which they replace kind by kind; empty when none came."""
    missing_evidence: str = ""
    """Why sharper pictures are missing; empty when none is."""


PassRecord = DecidedRecord | SettledRecord | ClosedRecord
