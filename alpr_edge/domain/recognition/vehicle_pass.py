"""One vehicle passing one camera: its track, its sharpest picture, the second opinion, and its read once decided."""

from dataclasses import dataclass, replace
from typing import Self

import numpy as np

from alpr_edge.domain.instants import Instant
from alpr_edge.domain.reads import CLEAR_MIN, Alternative, EarlierText, Evidence, PlateRead
from alpr_edge.domain.recognition.decision_rule import is_settled
from alpr_edge.domain.recognition.frames import Frame, Pixels, Reading, pixels_inside
from alpr_edge.domain.recognition.known_plates import SettledPlate
from alpr_edge.domain.recognition.second_opinions import SecondOpinion
from alpr_edge.domain.recognition.text_distance import is_part
from alpr_edge.domain.recognition.tracking import AGREEMENT_MIN, READINGS_KEPT, Track, agreement_of
from alpr_edge.domain.recognition.voting import JointReading, Opinion, Vote, vote

CROP_MARGIN = 0.15
"""Margin that is kept around the plate in its crop, in parts of its box: the officer sees the whole plate."""

DOUBT_MAX = 0.75
"""Confidence below which one character may well be wrong."""
SHORT_MAX = 4
"""Characters of a text that is too short to be told from another by all but one of them."""
CHANCE_A_SECOND = 1e-5
"""Chance, for each second since a vehicle was seen, that another one came by whose plate looks as much like its own.

A pass of which the readings are likelier than that, if the plate is the earlier one, is of the same vehicle. Of
1,346,436 pairs of a look at one plate and the text of another (515 road crops and the clear plates of the ride, in
their size, 70 and 50 px wide) 6 are likelier, from 3e-6 to 5e-5 the same ones: all of two vans of one fleet, and below
1e-4. Of 201 misread looks and the text of their own plate 191 are.
"""
LIKELY_MIN = 0.001
"""Likelihood from which a reading is of another text although there is little doubt about its own: ten times what any
of those pairs has; 165 of the 201 misread looks have it with the text of their plate.
"""
MISSED_MIN = 0.1
"""Likelihood from which a reading is of a fuller text although it is certain: only a missing I is as likely as that."""
NO_SCENE: Pixels = np.zeros((0, 0, 3), np.uint8)
"""The scene of a pass whose frame is stored or given up."""
NO_EVIDENCE = Evidence(NO_SCENE, NO_SCENE)
"""Pictures of a read that has none."""


@dataclass(frozen=True, slots=True, eq=False)
class PlateCrop:
    """The plate in one look, which holds no frame."""

    picture: Pixels
    """The plate with a margin."""
    plate: Pixels
    """The plate alone, a part of :attr:`picture`."""

    @classmethod
    def of(cls, scene: Pixels, look: Reading) -> Self:
        """Copy the plate of a look out of its frame."""
        left, top, _, _ = (outside := look.box.expand(CROP_MARGIN)).within(scene.shape[1], scene.shape[0])
        picture = pixels_inside(scene, outside).copy()
        return cls(picture, pixels_inside(picture, look.box.shift(-left, -top)))


@dataclass(slots=True, eq=False)
class VehiclePass:
    """One vehicle passing the camera."""

    track: Track
    second: SecondOpinion
    first: Reading
    sharpest: Reading
    shown: Reading
    """The look that :attr:`scene` shows: the sharpest, unless the frame of that is given up."""
    crop: PlateCrop
    """The plate in the sharpest look."""
    scene: Pixels
    is_sharper: bool = False
    """Whether a sharper picture came after the decision."""
    read: PlateRead | None = None
    decided: EarlierText | None = None
    """The text of :attr:`read` as it was decided; later looks may have made it certain."""
    rival: EarlierText | None = None
    """Text of an earlier pass that may be of this vehicle, and was not joined: the two differ clearly, or would hide an
    entry as one."""
    is_handed_over: bool = False
    """Whether the read was closed although the vehicle was still there; nothing of it changes after that."""
    is_over: bool = False
    """Whether the track has ended: no further look changes the vote, unless the vehicle comes back."""
    is_settled: bool = False
    """Whether the newest vote is certain and confident enough to decide by itself."""
    _vote: tuple[tuple[int, Opinion | None], Vote] | None = None
    """The newest vote, after how many readings and which opinion."""
    _joint: tuple[int, JointReading] | None = None
    """What the readings show together, after how many of them."""
    _known: tuple[PlateRead, Vote, PlateRead] | None = None
    """The read and the vote of which :meth:`known_read` was made last, and what it was."""

    @classmethod
    def begin(cls, track: Track, second: SecondOpinion, look: Reading, frame: Frame) -> Self:
        """Begin a pass with its first look."""
        return cls(track, second, look, look, look, PlateCrop.of(frame.pixels, look), frame.pixels)

    @property
    def last_seen(self) -> Instant:
        return self.track.last.captured_at

    def text_of_vote(self) -> EarlierText:
        """Return the text that its looks show."""
        return EarlierText(self.vote().plate, self.vote().confidence, self.track.last.frame_number)

    @property
    def is_waiting(self) -> bool:
        """Whether further looks may bring its decision; what is not readable in many of them does not wait."""
        return self.read is None and self.track.reading_count < READINGS_KEPT

    def settled_plate(self) -> SettledPlate | None:
        """The plate, if its read is decided and what is read of it now leaves no doubt; else None."""
        is_settled = self.is_settled and self.read is not None and self.track.readings
        return SettledPlate(self.track.readings[-1], self.track.last.box) if is_settled else None

    @property
    def is_confirmed(self) -> bool:
        """Whether its read is settled and the newest reading shows its text, so that another vote would change nothing.

        With 24 certain plates in view the votes are most of what tracking takes.
        """
        is_sure = self.read is not None and self.is_settled and self.read.certain
        return is_sure and self.read is not None and self.track.readings[-1].text == self.read.plate

    def known_read(self) -> PlateRead:
        """Return its read with what the newest vote says: how sure its text is, and which others are possible.

        Where the vote says another text, that is the first alternative, and the read is as sure as all looks together
        allow.
        """
        assert self.read is not None
        read, result = self.read, self.vote() if self._vote is None else self._vote[1]
        if self._known is None or self._known[0] is not read or self._known[1] is not result:
            others, votes, confidence = result.alternatives, result.slot_votes, result.confidence
            if result.plate != read.plate:
                others = (Alternative(result.plate, confidence), *(one for one in others if one.plate != read.plate))
                others = others if result.readable else read.alternatives
                votes, confidence = read.slot_votes, min(read.confidence, self.likelihood(read.plate))
            self._known = read, result, replace(read, confidence=confidence, alternatives=others, slot_votes=votes)
        return self._known[2]

    def look(self, reading: Reading, frame: Frame) -> None:
        """Keep the sharpest picture of the vehicle, unless its read is handed over."""
        if not self.is_handed_over and reading.sharpness > self.sharpest.sharpness and self._shows_text(reading):
            self.sharpest = self.shown = reading
            self.crop, self.scene = PlateCrop.of(frame.pixels, reading), frame.pixels
            self.is_sharper = self.read is not None

    def _shows_text(self, reading: Reading) -> bool:
        """Whether a look shows what was decided, or what all looks say by now; one of the next plate does not."""
        if self.read is None:
            return True
        result = self.vote()
        texts = [self.read.plate, *([result.plate] if is_settled(result) else [])]
        return max(agreement_of(reading.text, text) for text in texts) >= AGREEMENT_MIN

    def take_read(self, read: PlateRead) -> Evidence | None:
        """Take the read, or another text of it; returns the pictures to store with it, if its frame is held.

        The crop of a read that is decided is that of the sharpest look; with another text it is that of the scene.
        """
        pictures = Evidence(self.crop.picture, self.scene) if self.read is None or self.scene.size else None
        if self.read is not None and self.scene.size:
            self.sharpest, self.crop = self.shown, PlateCrop.of(self.scene, self.shown)
            pictures = Evidence(self.crop.picture, self.scene)
        self.is_sharper = self.is_sharper and pictures is None
        self.read, self.decided = read, EarlierText(read.plate, read.confidence, self.track.last.frame_number)
        return pictures

    def vote(self) -> Vote:
        """The joint result of the readings so far, weighed with the second opinion; counted once a look."""
        state = self.track.reading_count, self.second.opinion
        if self._vote is None or self._vote[0] != state:
            self._vote = state, vote(self.track.readings, opinion=self.second.opinion)
        return self._vote[1]

    def joint_reading(self) -> JointReading:
        """What the readings so far show together, before formats and opinions weigh in; counted once a look."""
        count = self.track.reading_count
        if self._joint is None or self._joint[0] != count:
            self._joint = count, JointReading.of(self.track.readings)
        return self._joint[1]

    def likelihood(self, plate: str) -> float:
        """Likelihood of the readings so far if the plate has this canonical text, between 0 and 1."""
        return self.joint_reading().likelihood(plate)

    def must_wait(self, result: Vote, now: Instant, *, last: bool = False) -> bool:
        """Whether the decision must wait for the second reader."""
        return self.second.must_wait(result, self.crop.plate, now, last=last)

    def is_same_vehicle(self, earlier: "VehiclePass", result: Vote, away_ms_max: float) -> bool:
        """Whether an earlier pass was of the same vehicle.

        A read counts by its confidence when it was decided. By the one that later looks gave it, a certain misreading
        of the same vehicle would be another: of the 61 vehicles of the rides one more would have two reads.

        Args:
            away_ms_max: the longest time between the two.
        """
        away_ms = self.first.captured_at.ms_since(earlier.last_seen)
        if not 0 < away_ms <= away_ms_max:
            return False
        before = earlier.decided or earlier.vote()
        if before.plate == result.plate:
            return True
        likeliest = max(self.likelihood(before.plate), earlier.likelihood(result.plate))
        return likeliest >= CHANCE_A_SECOND * max(1.0, away_ms / 1000) and _is_misreading(before, result, likeliest)

    def differs_clearly(self, earlier: "VehiclePass", result: Vote) -> bool:
        """Whether the texts of two passes are equally long and differ in a character that both show clearly."""
        plate, before = result.plate, (earlier.decided or earlier.vote()).plate
        if len(plate) != len(before):
            return False
        shown, shown_before = self.joint_reading().shares_of(plate), earlier.joint_reading().shares_of(before)
        pairs = zip(plate, before, shown, shown_before, strict=True)
        return any(one != other and min(shares) >= CLEAR_MIN for one, other, *shares in pairs)

    def join(self, earlier: "VehiclePass") -> None:
        """Take over an earlier pass of the same vehicle: its readings, its read, its picture where that is sharper."""
        self.track.join(earlier.track)
        self.first, self.read, self.decided = earlier.first, earlier.read, earlier.decided
        if earlier.is_handed_over:
            self.hand_over()
        elif earlier.sharpest.sharpness < self.sharpest.sharpness:
            self.is_sharper = self.read is not None
        else:
            self.sharpest, self.crop, self.is_sharper = earlier.sharpest, earlier.crop, earlier.is_sharper
            if earlier.read is None or (earlier.is_sharper and earlier.holds_frame):
                self.shown, self.scene = earlier.shown, earlier.scene

    @property
    def holds_frame(self) -> bool:
        """Whether it holds a frame of its own, that of its sharpest look."""
        return self.shown is self.sharpest and self.scene.size > 0

    def share_frame(self, frame: Frame, *, give_up_own: bool) -> None:
        """Show the newest look, which is accepted, in place of the sharpest one: other plates hold its frame as well.

        So there is a frame for a read that is yet to be decided or amended; of the sharpest look the crop stays.
        """
        if not self.is_handed_over and (give_up_own or not self.holds_frame):
            self.shown, self.scene = self.track.last, frame.pixels

    def give_up_frame(self) -> None:
        """Keep of the frame that is held the crop alone."""
        self.scene = NO_SCENE

    def sharper_evidence(self) -> Evidence | None:
        """The pictures that are sharper than what is stored, the frame only where it is held; None: there are none."""
        return Evidence(self.crop.picture, self.scene if self.holds_frame else NO_SCENE) if self.is_sharper else None

    def hand_over(self) -> None:
        """Note that the read was closed: none of its pictures is needed any more."""
        self.is_handed_over, self.is_sharper, self.scene = True, False, NO_SCENE

    def release_frame(self) -> None:
        """Let go of the frame unless it is still to be stored: it is most of what a pass holds."""
        if not (self.is_sharper and self.holds_frame):
            self.scene = NO_SCENE


def _is_misreading(one: Vote | EarlierText, other: Vote, likeliest: float) -> bool:
    """Whether one of two results may be a misreading of the other's plate."""
    if one.certain and other.certain:
        return likeliest >= MISSED_MIN
    if is_part(*sorted((one.plate, other.plate), key=len)):
        return True
    in_doubt = min(one.confidence, other.confidence) < DOUBT_MAX or likeliest >= LIKELY_MIN
    return in_doubt and min(len(one.plate), len(other.plate)) > SHORT_MAX
