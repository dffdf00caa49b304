"""One vehicle passing one camera: its track, its sharpest picture, the second opinion, and its read once decided."""

from dataclasses import dataclass

from alpr_edge.domain.instants import Instant
from alpr_edge.domain.reads import Evidence, PlateRead
from alpr_edge.domain.recognition.boxes import Box
from alpr_edge.domain.recognition.frames import Frame, Pixels, Reading
from alpr_edge.domain.recognition.known_plates import SettledPlate
from alpr_edge.domain.recognition.second_opinions import SecondOpinion
from alpr_edge.domain.recognition.text_distance import distance, is_part
from alpr_edge.domain.recognition.tracking import READINGS_KEPT, Track
from alpr_edge.domain.recognition.voting import Vote, vote

CROP_MARGIN = 0.15
"""Margin that is kept around the plate in its crop, in parts of its box: the officer sees the whole plate."""

DOUBT_MAX = 0.5
"""Confidence below which one wrong character is likely."""
SHORT_MAX = 4
"""Characters of a text that is too short to be told from another by all but one of them."""


@dataclass(slots=True, eq=False)
class VehiclePass:
    """One vehicle passing the camera."""

    track: Track
    second: SecondOpinion
    first: Reading
    sharpest: Reading
    evidence: Evidence
    is_sharper: bool = False
    """Whether a sharper picture came after the decision."""
    read: PlateRead | None = None
    corrections: int = 0
    is_settled: bool = False
    """Whether the newest vote is certain and confident enough to decide by itself."""

    @property
    def last_seen(self) -> Instant:
        """When the vehicle was seen last."""
        return self.track.last.captured_at

    @property
    def is_waiting(self) -> bool:
        """Whether further looks may bring its decision; what is not readable in many of them does not wait."""
        return self.read is None and self.track.reading_count < READINGS_KEPT

    def settled_plate(self) -> SettledPlate | None:
        """The plate, if its read is decided and what is read of it now leaves no doubt; else None."""
        is_settled = self.is_settled and self.read is not None and self.track.readings
        return SettledPlate(self.track.readings[-1], self.track.last.box) if is_settled else None

    def look(self, reading: Reading, frame: Frame) -> None:
        """Keep the sharpest picture of the vehicle."""
        if reading.sharpness > self.sharpest.sharpness:
            self.sharpest, self.evidence = reading, evidence_of(frame, reading)
            self.is_sharper = self.read is not None

    def vote(self) -> Vote:
        """The joint result of the readings so far, weighed with the second opinion."""
        return vote(self.track.readings, opinion=self.second.opinion)

    def must_wait(self, result: Vote, now: Instant, *, last: bool = False) -> bool:
        """Whether the decision must wait for the second reader."""
        return self.second.must_wait(result, _inside(self.evidence.scene, self.sharpest.box), now, last=last)

    def is_same_vehicle(self, earlier: "VehiclePass", result: Vote, exact_ms: float, similar_ms: float) -> bool:
        """Whether an earlier pass was of the same vehicle.

        Args:
            earlier: a pass that was seen before.
            result: the vote of this one.
            exact_ms: within this time exactly the same text means so.
            similar_ms: within this time a text that is likely a misreading of the other does.
        """
        away_ms = self.first.captured_at.ms_since(earlier.last_seen)
        if not 0 < away_ms <= exact_ms:
            return False
        before = earlier.vote() if earlier.read is None else earlier.read
        if before.plate == result.plate:
            return True
        return away_ms <= similar_ms and _is_misreading(before, result)

    def join(self, earlier: "VehiclePass") -> None:
        """Take over an earlier pass of the same vehicle: its readings, its picture where that is sharper, its read."""
        self.track.join(earlier.track)
        self.first, self.read, self.corrections = earlier.first, earlier.read, earlier.corrections
        if earlier.sharpest.sharpness >= self.sharpest.sharpness:
            self.sharpest, self.evidence, self.is_sharper = earlier.sharpest, earlier.evidence, earlier.is_sharper
        else:
            self.is_sharper = self.read is not None


def _is_misreading(one: Vote | PlateRead, other: Vote | PlateRead) -> bool:
    """Whether one of two results, not both of them certain, is likely a misreading of the other's plate."""
    if one.certain and other.certain:
        return False
    if is_part(*sorted((one.plate, other.plate), key=len)):
        return True
    in_doubt = min(one.confidence, other.confidence) < DOUBT_MAX
    return in_doubt and min(len(one.plate), len(other.plate)) > SHORT_MAX and distance(one.plate, other.plate) <= 1


def evidence_of(frame: Frame, reading: Reading) -> Evidence:
    """The pictures of a reading: the plate with a margin, and the whole frame."""
    return Evidence(crop=_inside(frame.pixels, reading.box.expand(CROP_MARGIN)), scene=frame.pixels)


def _inside(pixels: Pixels, box: Box) -> Pixels:
    left, top, right, bottom = box.within(pixels.shape[1], pixels.shape[0])
    return pixels[top:bottom, left:right]
