"""What a canvass found: the reads held for it by place and time, and which of them fit a partial plate."""

from dataclasses import dataclass
from datetime import datetime

from alpr_edge.domain.canvass.candidates import PartialFit
from alpr_edge.domain.canvass.canvass import Canvass, CanvassPhase
from alpr_edge.domain.fixes import Position
from alpr_edge.domain.ground.areas import GroundPoint
from alpr_edge.domain.reads import EvidenceRef
from alpr_edge.domain.timeline import Placement


@dataclass(frozen=True, slots=True)
class HeldRead:
    """A read that is held for a canvass: what orders it, puts it on the map, and makes it a candidate.

    Of a whole canvass these are in memory at once; all else that is known of a read is read when it is shown.
    """

    read_id: str
    seen: datetime | None
    """When it was seen last, UTC; None: no clock tells."""
    place: GroundPoint | None
    partials: tuple[str, ...]
    """The partial plates of the incident that it fits."""


@dataclass(frozen=True, slots=True)
class CanvassRead:
    """A read that is held for a canvass."""

    read_id: str
    camera_id: str
    text: str
    """As read, the letter O and the digit 0 apart."""
    state: str | None
    confidence: float
    is_certain: bool
    """Whether the text is sure enough to be used without comparing it with the picture."""
    phase: CanvassPhase
    first_seen: Placement
    last_seen: Placement
    position: Position | None
    evidence: tuple[EvidenceRef, ...]
    corrected_by_read: str | None
    """The later read of the same vehicle that says something else; None: this one counts."""
    fits: tuple[PartialFit, ...] = ()

    @property
    def is_candidate(self) -> bool:
        """Whether its plate fits a partial plate of the incident."""
        return bool(self.fits)


@dataclass(frozen=True, slots=True)
class CanvassResult:
    """What a canvass found."""

    canvass: Canvass
    unit_id: str
    hold_id: str
    """The hold that keeps the reads."""
    reads: tuple[CanvassRead, ...]
    """By time, those of an unknown time last."""
    left_out: int = 0
    """Reads that are held for it beyond those that one result may have."""

    @property
    def candidates(self) -> tuple[CanvassRead, ...]:
        """The reads that fit a partial plate, in the same order."""
        return tuple(read for read in self.reads if read.is_candidate)

    @property
    def unplaced_count(self) -> int:
        """Reads without a place; with an area they are kept all the same."""
        return sum(read.position is None for read in self.reads)

    @property
    def untimed_count(self) -> int:
        """Reads of which no clock tells when they were seen."""
        return sum(read.last_seen.utc is None for read in self.reads)
