"""Plates found and boxes on no plate of the American road photos, for every combination of the three thresholds."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from itertools import product
from pathlib import Path
from typing import Any

from rich.progress import track

from alpr_edge.domain.recognition.boxes import Box
from alpr_edge.domain.recognition.frames import Reading
from alpr_edge.domain.recognition.voting import text_confidence_of, text_of
from alpr_edge.vision.detector import OnnxDetector
from alpr_edge.vision.reader import OnnxReader
from alpr_edge.vision.recogniser import CHARACTERS_MIN, Recogniser
from scripts.benchmarks.looks import IOU_FOUND, left_over, match_readings
from scripts.benchmarks.road.photos import FAR_PX, NEAR_PX
from scripts.benchmarks.road.pictures import AMERICAN, RoadPhoto, road_photos
from scripts.benchmarks.sets import TruePlate

LEAST = 0.2, 0.25, 0.3, 0.35, 0.4
"""Tried for ``vision.detection_confidence_min``."""
SURE = 0.6, 0.7, 0.8
"""Tried for ``vision.detection_accept_min``."""
TEXT = 0.01, 0.02, 0.05, 0.1, 0.2
"""Tried for ``vision.text_confidence_min``."""


@dataclass(frozen=True, slots=True)
class RoadThreshold:
    """What three thresholds come to."""

    confidence_min: float
    sure_min: float
    text_min: float
    found_40px: float
    found_under_40px: float
    found_320px: float
    false_a_photo: float

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        return asdict(self)


@dataclass(frozen=True, slots=True, eq=False)
class _Look:
    """A reading, with what decides whether it is accepted."""

    reading: Reading
    character_count: int
    text_confidence: float

    def is_accepted(self, confidence_min: float, sure_min: float, text_min: float) -> bool:
        score = self.reading.detection_confidence
        is_text = self.character_count >= CHARACTERS_MIN and self.text_confidence >= text_min
        return score >= sure_min or (score >= confidence_min and is_text)


@dataclass(frozen=True, slots=True, eq=False)
class _LookedAt:
    """A photo with every box that any of the thresholds may accept."""

    truths: tuple[TruePlate, ...]
    widths_px: tuple[float, ...]
    ignored_boxes: tuple[Box, ...]
    looks: tuple[_Look, ...]


def road_thresholds(detector: OnnxDetector, reader: OnnxReader, data: Path) -> list[RoadThreshold]:
    """Every combination of :data:`LEAST`, :data:`SURE` and :data:`TEXT`.

    Args:
        detector: the detector, with a least confidence of no more than the first of :data:`LEAST`.
        reader: the reader.
        data: the folder of the real pictures.
    """
    recogniser = Recogniser(detector, reader)
    photos = [photo for photo in road_photos(data) if photo.region == AMERICAN]
    pictures = [_look_at(recogniser, photo) for photo in track(photos, "road photos", transient=True)]
    return [_threshold(pictures, *values) for values in product(LEAST, SURE, TEXT)]


def _look_at(recogniser: Recogniser, photo: RoadPhoto) -> _LookedAt:
    scene = photo.opener()
    readings = recogniser.read_frame(scene.frame)
    slots = [reading.slot_probabilities for reading in readings]
    looks = [_Look(one, len(text_of(row)), text_confidence_of(row)) for one, row in zip(readings, slots, strict=True)]
    widths_px = tuple(photo.scaled_px(truth.box.width_px) for truth in photo.truths)
    return _LookedAt(photo.truths, widths_px, photo.ignored_boxes, tuple(looks))


def _threshold(pictures: Sequence[_LookedAt], least: float, sure: float, text: float) -> RoadThreshold:
    found: list[tuple[float, bool]] = []
    false = 0
    for picture in pictures:
        readings = [look.reading for look in picture.looks if look.is_accepted(least, sure, text)]
        indices = match_readings(picture.truths, readings)
        for truth, width_px, index in zip(picture.truths, picture.widths_px, indices, strict=True):
            is_found = index is not None and truth.box.iou(readings[index].box) >= IOU_FOUND
            found.append((width_px, is_found))
        false += len(left_over(picture.truths, readings, indices, picture.ignored_boxes)[0])
    shares = [_share(found, *edges) for edges in ((FAR_PX, float("inf")), (0.0, FAR_PX), (NEAR_PX, float("inf")))]
    return RoadThreshold(least, sure, text, *shares, round(false / len(pictures), 4))


def _share(found: Sequence[tuple[float, bool]], low: float, high: float) -> float:
    outcomes = [is_found for width_px, is_found in found if low <= width_px < high]
    return round(sum(outcomes) / len(outcomes), 4)
