"""A read (the result of the vote over one vehicle passing one camera) and the events of its pass."""

from dataclasses import dataclass
from enum import IntEnum, StrEnum
from typing import TYPE_CHECKING

from alpr_edge.domain.alerting import AlertRecord
from alpr_edge.domain.fixes import Position
from alpr_edge.domain.hits import Hit
from alpr_edge.domain.instants import Instant
from alpr_edge.domain.patterns import CLEAR_COUNT_MIN
from alpr_edge.domain.plates import EMPTY, canonical, is_certain
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
        slot_votes: the vote's slots; where they do not fit the text (a second reader's), it stays canonical.
    """
    slots = [dict(slot) for slot in slot_votes if slot and slot[0][0] != EMPTY]
    if len(slots) != len(plate):
        return plate
    return "".join(
        "O" if character == "0" and votes.get("O", 0.0) > votes.get("0", 0.0) else character
        for character, votes in zip(plate, slots, strict=True)
    )


CLEAR_MIN = 0.95
"""Probability from which on a character is clear.

Of 1,754 looks at real plates with one to four characters covered, the clear ones of 0.92 stand in the plate in their
order; from 0.9 of 0.88, from 0.98 of 0.96.
"""
WHOLE_MIN = 6
"""Characters from which on a text whose every character is clear counts as whole: nothing is hidden."""


def clear_characters(slot_votes: SlotVotes) -> str | None:
    """Return the clear characters in their order, as canonical text; None if fewer than three, or the plate is whole.

    The reader leaves out what a tow ball, mud or a frame hides, mostly without a gap: how many characters are hidden,
    and where, is not known.
    """
    shown = clear = ""
    for slot in slot_votes:
        shares: dict[str, float] = {}
        for character, share in slot:
            shares[canonical(character)] = shares.get(canonical(character), 0.0) + share
        best = max(shares, key=shares.__getitem__, default="")
        shown += best
        clear += best if shares.get(best, 0.0) >= CLEAR_MIN else ""
    is_whole = len(clear) == len(shown) >= WHOLE_MIN
    return clear if len(clear) >= CLEAR_COUNT_MIN and not is_whole else None


@dataclass(frozen=True, slots=True)
class EarlierText:
    """A text that a read had before further looks changed it."""

    plate: str
    """Canonical text."""
    confidence: float
    frame_number: int
    """Frame of the look at which the vote first gave it."""

    @property
    def certain(self) -> bool:
        """Whether the text was sure enough to be used without comparing it first."""
        return is_certain(self.plate, self.confidence)


EARLIER_TEXTS_MAX = 8
"""Most earlier texts that a read keeps, the newest: a plate that the reader cannot settle must not flood the store."""


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
    """The read of the same pass that this one corrects, as a person said; earlier releases also by a later vote."""
    corrected_by: str | None = None
    """The person who says what the plate says, by their id in the roster; None: the text is that of the vote."""
    earlier_texts: tuple[EarlierText, ...] = ()
    """Texts that the vote gave before, oldest first, or that another read of perhaps the same vehicle has."""

    @property
    def text(self) -> str:
        """The text as read, the letter O and the digit 0 apart; everything is matched and searched by :attr:`plate`."""
        return text_as_read(self.plate, self.slot_votes)

    @property
    def certain(self) -> bool:
        """Whether the text is sure enough to be used without comparing it first."""
        return is_certain(self.plate, self.confidence)

    @property
    def clear(self) -> str | None:
        """The clear characters where others may be hidden; None: the whole plate is clear, or too little of it."""
        return None if self.certain and len(self.plate) >= WHOLE_MIN else clear_characters(self.slot_votes)


@dataclass(frozen=True, slots=True)
class ReadingPlace:
    """The position of a plate in one frame of a pass."""

    frame_number: int
    box: Box


class ReadStage(IntEnum):
    """How far the pass of a read is."""

    DECIDED = 0
    """The read is new."""
    AMENDED = 1
    """More is known of it: its text, how sure it is, or what it is listed for."""
    CLOSED = 2
    """The pass is over, and the read has its last values."""


@dataclass(frozen=True, slots=True, eq=False)
class ReadUpdate:
    """What is new of a read, from the vote or the lists, on its way into the store.

    Storing an update twice changes nothing.
    """

    stage: ReadStage
    read: PlateRead
    """As it is known now. Its ``evidence`` is ignored: the pictures stand here."""
    at: Instant
    """Capture instant of the frame that brought it; the present one where none came any more."""
    evidence: Evidence | None = None
    """Pictures to replace those stored; None: those stay. A scene without a pixel was given up."""
    images: tuple[tuple[EvidenceKind, bytes], ...] = ()
    """:attr:`evidence` as JPEGs, once encoded."""
    missing_evidence: str = ""
    """Why pictures are missing; empty when none is."""
    hits: tuple[Hit, ...] = ()
    """Hits that are new, or match more surely than before."""
    alerts: tuple[AlertRecord, ...] = ()
    """Alerts of its hits that are new or changed, each as it stands now."""
    is_hit: bool = False
    """Whether the read has hits, new or old."""
    looks: tuple[ReadingPlace, ...] = ()
    """Of a closed pass: where the plate was in each frame that voted, oldest first."""
