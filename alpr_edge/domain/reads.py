"""A read (the result of the vote over one vehicle passing one camera) and the events of its pass."""

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from alpr_edge.domain.alerting import Alert
from alpr_edge.domain.fixes import Position
from alpr_edge.domain.hits import Hit
from alpr_edge.domain.instants import Instant
from alpr_edge.domain.plates import EMPTY, is_certain
from alpr_edge.domain.recognition.boxes import Box

if TYPE_CHECKING:  # the page looks at no pixels, and would load numpy for this name
    from alpr_edge.domain.recognition.frames import Pixels


@dataclass(frozen=True, slots=True)
class Alternative:
    """Another text the vote considered."""

    plate: str
    confidence: float


class EvidenceKind(StrEnum):
    """What an image shows."""

    CROP = "crop"
    SCENE = "scene"


@dataclass(frozen=True, slots=True)
class EvidenceRef:
    """A reference to an image by the digest of its content: the store has it once, however many reads refer to it."""

    kind: EvidenceKind
    sha256: str
    """Hex digest of the JPEG's bytes."""
    length: int
    """Bytes of the JPEG."""


@dataclass(frozen=True, slots=True, eq=False)
class Evidence:
    """The pictures of a read on their way into the store."""

    crop: "Pixels"
    """The sharpest picture of the plate."""
    scene: "Pixels"
    """The whole frame that is stored; the crop may be of another, sharper frame of the pass."""


SlotVotes = tuple[tuple[tuple[str, float], ...], ...]
"""For each slot the characters that remain possible after the vote, likeliest first, with their probability."""


def text_as_read(plate: str, slot_votes: SlotVotes) -> str:
    """The text of a plate with the letter O where the vote over its frames rather saw that than the digit 0.

    Args:
        plate: canonical text, in which both are the digit.
        slot_votes: the vote's slots; where they do not fit the text (a second reader's), it stays canonical.
    """
    slots = [dict(slot) for slot in slot_votes if slot and slot[0][0] != EMPTY]
    if len(slots) != len(plate):
        return plate
    return "".join(
        "O" if character == "0" and votes.get("O", 0.0) > votes.get("0", 0.0) else character
        for character, votes in zip(plate, slots, strict=True)
    )


@dataclass(frozen=True, slots=True)
class PlateRead:
    """One vehicle, one pass, one camera."""

    read_id: str
    unit_id: str
    camera_id: str
    plate: str
    """Canonical text."""
    confidence: float
    """Probability that the whole canonical text is right; 1 where a person corrected it."""
    alternatives: tuple[Alternative, ...]
    slot_votes: SlotVotes
    vote_count: int
    """Frames that voted; 0 where a person corrected the text."""
    first_seen: Instant
    last_seen: Instant
    first_frame: int
    last_frame: int
    box: Box
    """Box of the plate in the frame of the stored scene."""
    position: Position | None
    model_ids: tuple[str, ...]
    state: str | None = None
    """Issuing state; None: it was not read."""
    evidence: tuple[EvidenceRef, ...] = ()
    supersedes: str | None = None
    """The read of the same pass that this one corrects."""
    corrected_by: str | None = None
    """The person who says what the plate says, by their id in the roster; None: the text is that of the vote."""

    @property
    def text(self) -> str:
        """The text as read, the letter O and the digit 0 apart; everything is matched and searched by :attr:`plate`."""
        return text_as_read(self.plate, self.slot_votes)

    @property
    def certain(self) -> bool:
        """Whether the text is sure enough to be used without comparing it first."""
        return is_certain(self.plate, self.confidence)


@dataclass(frozen=True, slots=True)
class LateTone:
    """A tone that sounds after the record of its alert is made.

    The alert had stayed quiet, and the one that it stayed quiet for is withdrawn; or it is graver than it was, as its
    read is certain now.
    """

    alert: Alert
    """The alert as it sounds."""
    sounded_at: Instant
    """When its first sample was handed over."""


@dataclass(frozen=True, slots=True, eq=False)
class ReadDecided:
    """Event: the text of a pass is decided; match it, sound it, store it under its final id."""

    read: PlateRead
    evidence: Evidence
    decided_at: Instant
    """Capture instant of the frame that decided; the present one where none came any more."""
    withdraws: str | None = None
    """The read whose alert no longer holds (the same as ``read.supersedes``)."""
    hits: tuple[Hit, ...] = ()
    """Its hits, once it is matched."""
    alert: Alert | None = None
    """The alert of one of :attr:`hits`, once it is announced."""
    sounded_at: Instant | None = None
    """When the alert's first sample was handed over; None: silent (cooldown, or the sound device is down)."""
    late_tone: LateTone | None = None
    """What sounded because of :attr:`withdraws`, once it is announced."""


@dataclass(frozen=True, slots=True, eq=False)
class ReadSettled:
    """Event: the text of a decided read is certain now; sound its hits as grave as they are.

    It comes at most once for a read, which keeps its id, its text, its pictures and its hits.
    """

    read: PlateRead
    """The read with its new confidence."""
    decided_at: Instant
    """As that of :class:`ReadDecided`."""
    withdraws: str | None = None
    """The read itself where the hit of its alert no longer stands; None: it does, or the car was told of none."""
    alert: Alert | None = None
    """An alert of one of its hits, graver than the one before or in place of a withdrawn one; None: there is none."""
    sounded_at: Instant | None = None
    """As that of :class:`ReadDecided`."""
    late_tone: LateTone | None = None
    """Likewise."""


@dataclass(frozen=True, slots=True)
class ReadingPlace:
    """The position of a plate in one frame of a pass."""

    frame_number: int
    box: Box


@dataclass(frozen=True, slots=True, eq=False)
class ReadClosed:
    """Event: the pass is over and its read is complete."""

    read: PlateRead
    evidence: Evidence | None
    """Pictures that are sharper than those of the decision; None: there are none. A scene without a pixel was given up:
    that of the decision stays."""
    looks: tuple[ReadingPlace, ...] = ()
    """Where the plate was in each frame that voted, oldest first."""
    is_hit: bool = False
    """Whether the read had hits when it was matched."""


ReadEvent = ReadDecided | ReadSettled | ReadClosed


def concerns_hit(event: ReadEvent) -> bool:
    """Whether an event belongs to a hit, or may take one back; such events are lost last."""
    if isinstance(event, ReadDecided):
        return bool(event.hits or event.withdraws)
    return isinstance(event, ReadSettled) or event.is_hit
