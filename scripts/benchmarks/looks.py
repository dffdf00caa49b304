"""Examines a set: for each truth the one box of highest IoU from 0.3 up, its text, and the text of the true box.

Every other box counts: as a duplicate when it lies on a truth that another box has, else as false. Texts are compared
in canonical form (O is 0).
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from alpr_edge.domain.recognition.boxes import Box
from alpr_edge.domain.recognition.frames import Reading
from alpr_edge.domain.recognition.voting import Vote, vote
from alpr_edge.vision.close_look import CloseLook
from alpr_edge.vision.detector import OnnxDetector
from alpr_edge.vision.plate_check import PlateCheck
from alpr_edge.vision.reader import OnnxReader
from alpr_edge.vision.recogniser import ALL_ACCEPTED, Recogniser, crop_of
from scripts.benchmarks.sets import Opener, Scene, TruePlate

IOU_MIN = 0.3
IOU_FOUND = 0.5
"""From here up a plate is found."""
INSIDE_MIN = 0.5
"""Share of a box inside an ignored place from which the box is ignored."""


@dataclass(frozen=True, slots=True, eq=False)
class PlateLook:
    """The result for one truth."""

    truth: TruePlate
    opener: Opener
    network_width_px: float
    """Width of the true box in the detector's input."""
    iou: float
    """With the box that was taken for it; 0 without one."""
    reading: Reading | None
    read: Vote | None
    """The confidence of that box."""
    read_true_box: Vote | None
    """Its text; None where no text is known."""

    @property
    def is_found(self) -> bool:
        """Whether it was found at IoU 0.5."""
        return self.iou >= IOU_FOUND

    @property
    def exact(self) -> bool:
        """Whether the text of its box is the truth."""
        return self.read is not None and self.read.plate == self.truth.plate

    @property
    def certain(self) -> bool:
        """Whether the text of its box may be taken as it stands."""
        return self.read is not None and self.read.certain

    @property
    def exact_true_box(self) -> bool:
        """Whether the text of the true box is the truth."""
        return self.read_true_box is not None and self.read_true_box.plate == self.truth.plate


@dataclass(frozen=True, slots=True, eq=False)
class FalseBox:
    """A box that lies on no truth, and how to open its picture again."""

    opener: Opener
    reading: Reading


@dataclass(slots=True, eq=False)
class Looks:
    """The results of a set."""

    scenes: int = 0
    of_truths: list[PlateLook] = field(default_factory=list)
    false_boxes: list["FalseBox"] = field(default_factory=list)
    duplicates: int = 0

    @property
    def false(self) -> int:
        """Boxes that lie on no truth."""
        return len(self.false_boxes)

    def share_of(self, level: float) -> tuple[int, int]:
        """Truths matched at an IoU, and all."""
        return sum(look.iou >= level for look in self.of_truths), len(self.of_truths)

    @property
    def found_looks(self) -> list[PlateLook]:
        """Those found at IoU 0.5."""
        return [look for look in self.of_truths if look.is_found]


def pool(parts: Iterable[Looks]) -> Looks:
    """Join the results of several sets."""
    whole = Looks()
    for part in parts:
        whole.scenes += part.scenes
        whole.of_truths += part.of_truths
        whole.false_boxes += part.false_boxes
        whole.duplicates += part.duplicates
    return whole


class Looker:
    """Both models, at work on sets.

    Args:
        detector: finds plates.
        reader: reads them.
        check: decides which boxes are plates; by itself all are.
    """

    def __init__(self, detector: OnnxDetector, reader: OnnxReader, check: PlateCheck = ALL_ACCEPTED) -> None:
        self._detector = detector
        self._reader = reader
        self._recogniser = Recogniser(detector, reader, check, CloseLook.of(detector))

    def look(self, openers: Iterable[Opener]) -> Looks:
        """Look at every scene of a set."""
        return pool(self.look_at(opener(), opener) for opener in openers)

    def look_at(self, scene: Scene, opener: Opener) -> Looks:
        """Look at one scene that is open; ``opener`` opens it again, since no look holds its pixels."""
        readings = self._recogniser.recognise(scene.frame)
        indices = match_readings(scene.truths, readings)
        false, duplicates = left_over(scene.truths, readings, indices, scene.ignored_boxes)
        false_boxes = [FalseBox(opener, reading) for reading in false]
        return Looks(1, list(self._of_truths(scene, opener, readings, indices)), false_boxes, duplicates)

    def read_true_box(self, scene: Scene, truth: TruePlate) -> Vote:
        """What the reader makes of the true box of a plate."""
        slots = self._reader.read([crop_of(scene.frame, truth.box)])[0]
        return vote([Reading(0, scene.frame.captured_at, truth.box, 1.0, slots, 1.0)])

    def _of_truths(
        self, scene: Scene, opener: Opener, readings: list[Reading], indices: list[int | None]
    ) -> Iterable[PlateLook]:
        scale = self._detector.prepare(scene.pixels)[1].scale if scene.truths else 1.0
        for truth, index in zip(scene.truths, indices, strict=True):
            reading = None if index is None else readings[index]
            yield PlateLook(
                truth,
                opener,
                truth.box.width_px * scale,
                0.0 if reading is None else truth.box.iou(reading.box),
                reading,
                None if reading is None else vote([reading]),
                self.read_true_box(scene, truth) if truth.plate else None,
            )


def match_readings(truths: Iterable[TruePlate], readings: list[Reading]) -> list[int | None]:
    """For each truth the reading that is taken for it."""
    indices: list[int | None] = []
    for truth in truths:
        overlaps = [(truth.box.iou(reading.box), i) for i, reading in enumerate(readings) if i not in indices]
        best, index = max(overlaps, default=(0.0, -1))
        indices.append(index if best >= IOU_MIN else None)
    return indices


def left_over(
    truths: Iterable[TruePlate], readings: list[Reading], indices: list[int | None], ignored_boxes: Sequence[Box] = ()
) -> tuple[list[Reading], int]:
    """The readings that lie on no truth, and how many lie on one that another reading has.

    Args:
        truths: the plates of a scene.
        readings: the readings of the picture.
        indices: for each true plate the reading that is taken for it.
        ignored_boxes: places where a reading is neither right nor wrong.
    """
    rest = [reading for index, reading in enumerate(readings) if index not in indices]
    apart = [reading for reading in rest if all(truth.box.iou(reading.box) < IOU_MIN for truth in truths)]
    return [reading for reading in apart if not is_ignored(reading.box, ignored_boxes)], len(rest) - len(apart)


def is_ignored(box: Box, ignored_boxes: Iterable[Box]) -> bool:
    """Whether a box lies on an ignored place: by IoU, or with half of itself or more (a place may be drawn wider)."""
    return any(box.iou(place) >= IOU_MIN or _share_within(box, place) >= INSIDE_MIN for place in ignored_boxes)


def _share_within(box: Box, place: Box) -> float:
    """Share of the box's area that lies inside the place."""
    width = min(box.right_px, place.right_px) - max(box.left_px, place.left_px)
    height = min(box.bottom_px, place.bottom_px) - max(box.top_px, place.top_px)
    return max(0.0, width) * max(0.0, height) / box.area_px2 if box.area_px2 > 0 else 0.0
