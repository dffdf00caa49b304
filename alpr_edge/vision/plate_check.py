"""Decides which of the detector's boxes are plates: which are worth reading, and what they are once they are read.

Lettering, grilles and lamps that a detector half takes for plates hold no text, and a distant plate that it half sees
often does. So the detector may give doubtful boxes, and more plates are found with fewer false ones than by any
threshold of the detector alone. Most doubtful boxes are no plates, and reading one takes a tenth of the time of a
look at the whole frame: those that look like none are not read.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import cv2
import numpy as np
from numpy.typing import NDArray

from alpr_edge.domain.errors import ModelError
from alpr_edge.domain.plates import ALPHABET, EMPTY
from alpr_edge.domain.recognition.boxes import Box
from alpr_edge.domain.recognition.frames import Detection, Frame, Pixels, Probabilities, Reading
from alpr_edge.domain.recognition.slot_texts import text_confidence_of, text_of
from alpr_edge.settings import VisionSettings
from alpr_edge.vision.model_files.manifest import ModelFile, find_check
from alpr_edge.vision.picture_quality import mean_and_deviation
from alpr_edge.vision.picture_size import resize_quickly
from alpr_edge.vision.sessions import Session

# What tells a plate from what only looks like one: numbers of a box, of what is read in it, and of its surroundings.
#
# The surroundings are a look at twice the box and more, in grey: a plate is lettering on an even ground on something
# that is no lettering. Where in the frame a box lies is left out: photographers and windscreens do not agree on it.

TEXT_FEATURES, PICTURE_FEATURES = 8, 15
"""Numbers of what is read, which come first, and of the picture, which are known before anything is read."""
FEATURES = TEXT_FEATURES + PICTURE_FEATURES
LOOK_WIDTH_PX, LOOK_HEIGHT_PX = 96, 48
LOOK_SCALE = 2.2
"""How many times as wide as the box the look is, and at least as high."""
INNER = slice(13, 35), slice(26, 70)
"""Rows and columns of the look that the box of a plate of usual shape fills."""
EDGE_ROWS, EDGE_COLUMNS = 10, 16
"""Rows and columns at each edge of the look that are the surroundings."""
CHARACTERS_USUAL, SHAPE_USUAL = 6.5, 0.8
"""Characters of a plate; the logarithm of its width by its height."""
LEAST = 1e-8
Features = NDArray[np.float32]
"""Numbers of a box, float32 [numbers], or of several, float32 [boxes, numbers]."""


def text_features(slots: Probabilities) -> Features:
    """How whole, how long and how sure texts are, character by character: what is known once boxes are read.

    Args:
        slots: what is read in each box, float32 [boxes, slots, alphabet].

    Returns:
        float32 [boxes, :data:`TEXT_FEATURES`].
    """
    best, counts = slots.max(axis=2), (slots.argmax(axis=2) != ALPHABET.index(EMPTY)).sum(axis=1)
    text_logs = np.log(np.array([text_confidence_of(one) for one in slots]).clip(min=LEAST))
    doubts = -(slots * np.log(slots + LEAST)).sum(axis=2).mean(axis=1)
    lengths = [counts, counts >= 3, abs(counts - CHARACTERS_USUAL)]
    columns = [text_logs, text_logs / counts.clip(min=1), *lengths, best.min(axis=1), best.mean(axis=1), doubts]
    return np.stack(columns, axis=1).astype(np.float32)


def picture_features(frame: Frame, detection: Detection, sharpness: float) -> Features:
    """What is known of a box before it is read: float32 [:data:`PICTURE_FEATURES`]."""
    look = look_around(frame, detection.box)
    return np.array([*_box_features(frame, detection, sharpness), *_look_features(look)], np.float32)


def look_around(frame: Frame, box: Box) -> Pixels:
    """The box with what is around it, uint8 [:data:`LOOK_HEIGHT_PX`, :data:`LOOK_WIDTH_PX`], grey."""
    first_x, first_y, last_x, last_y = box.within(frame.width_px, frame.height_px)
    width = LOOK_SCALE * max(last_x - first_x, 2 * (last_y - first_y))
    middle_x, middle_y = (first_x + last_x) / 2, (first_y + last_y) / 2
    left, right = math.floor(middle_x - width / 2), math.ceil(middle_x + width / 2)
    top, bottom = math.floor(middle_y - width / 4), math.ceil(middle_y + width / 4)
    inside = frame.pixels[max(0, top) : max(1, bottom), max(0, left) : max(1, right)]
    grey = inside if inside.ndim == 2 else cv2.cvtColor(inside, cv2.COLOR_BGR2GRAY)
    above, below = max(0, -top), max(0, bottom - frame.height_px)
    before, behind = max(0, -left), max(0, right - frame.width_px)
    borders = above, below, before, behind
    whole = cv2.copyMakeBorder(grey, *borders, cv2.BORDER_REPLICATE) if any(borders) else grey
    return resize_quickly(np.asarray(whole, np.uint8), LOOK_WIDTH_PX, LOOK_HEIGHT_PX)


def _box_features(frame: Frame, detection: Detection, sharpness: float) -> list[float]:
    """The detector's score, and size, shape and sharpness of the box."""
    score = min(max(detection.confidence, 1e-4), 1 - 1e-4)
    width, height = max(1.0, detection.box.width_px), max(1.0, detection.box.height_px)
    shape, share = math.log(width / height), math.log(width / max(frame.width_px, frame.height_px))
    size = [math.log(width), math.log(height), share, shape, (shape - SHAPE_USUAL) ** 2]
    return [math.log(score / (1 - score)), *size, math.log(sharpness + 1e-3)]


def _look_features(look: Pixels) -> list[float]:
    """Brightness, contrast and edges of the box against what is around it."""
    inner = look[INNER]
    inner_mean, inner_deviation = mean_and_deviation(inner)
    rows, columns = EDGE_ROWS, EDGE_COLUMNS
    around_mean, around_deviation = mean_and_deviation(look[:rows], look[-rows:], look[:, :columns], look[:, -columns:])
    across, down = _edges(inner[:, 1:], inner[:, :-1]), _edges(inner[1:], inner[:-1])
    across_all, down_all = _edges(look[:, 1:], look[:, :-1]), _edges(look[1:], look[:-1])
    return [
        inner_mean / 128 - 1,
        math.log(inner_deviation + 2),
        (inner_mean - around_mean) / 64,
        across,
        across - down,
        math.log(around_deviation + 2),
        across_all - across,
        down_all - down,
    ]


def _edges(part: Pixels, next_part: Pixels) -> float:
    """The logarithm of the mean step from each pixel to the next, of a part and of the same part one pixel on."""
    return math.log(cv2.norm(part, next_part, cv2.NORM_L1) / part.size + 0.5)


CHARACTERS_MIN = 3
"""Characters that the reader must see in a doubtful box; of 2 to 4, chosen on validation data."""
TEXT_CONFIDENCE_MIN = 0.02
"""Probability of the whole text that it must give them: the setting ``vision.text_confidence_min``. Chosen with the two
scores on road photos: a distant plate is seldom read whole with more.
"""


READ_PROBABILITY_MIN = 0.03
"""Probability of a plate, by the picture alone, from which on a box is read (what it costs: ``models/README.md``)."""
UNREAD_OUTPUT = "unread_probability"
"""The network's output that goes by the picture alone; a file without it has every box read."""


class PlateCheck(Protocol):
    """Decides which boxes are plates."""

    def features_of(
        self, frame: Frame, detections: Sequence[Detection], sharpness: Sequence[float]
    ) -> Sequence[Features | None]:
        """The numbers of each box's picture, for :meth:`accept`; None: it looks like no plate and is not to be read."""

    def accept(self, readings: Sequence[Reading], pictures: Sequence[Features]) -> list[bool]:
        """Whether each box is taken for a plate, now that it is read."""


@dataclass(frozen=True, slots=True)
class ThresholdCheck:
    """Two thresholds, for a detector that comes with no check of its own.

    Args:
        accept_min: the confidence from which on a detection counts whatever is read in it; 0: every one does.
        text_confidence_min: the least probability of the text with which the others count as well.
    """

    accept_min: float = 0.0
    text_confidence_min: float = TEXT_CONFIDENCE_MIN

    def features_of(
        self,
        frame: Frame,  # noqa: ARG002 - others look at it
        detections: Sequence[Detection],
        sharpness: Sequence[float],  # noqa: ARG002 - likewise
    ) -> Sequence[Features | None]:
        """No numbers: every box is worth reading, as only its text tells."""
        return [np.zeros(0, np.float32)] * len(detections)

    def accept(self, readings: Sequence[Reading], pictures: Sequence[Features]) -> list[bool]:  # noqa: ARG002 - likewise
        """Whether each box is taken for a plate: the detector is sure, or something is read in it."""
        return [
            reading.detection_confidence >= self.accept_min
            or has_text(reading.slot_probabilities, self.text_confidence_min)
            for reading in readings
        ]


class LearnedCheck:
    """A small network over the numbers of :mod:`~alpr_edge.vision.plate_check`, fitted to one detector and reader.

    Args:
        model: the network: float32 [boxes, features] to float32 [boxes], the probability of a plate; it may have the
            output :data:`UNREAD_OUTPUT` beside it, which does without the numbers of the text.

    Raises:
        ModelError: the file is no such network.
    """

    def __init__(self, model: ModelFile, probability_min: float) -> None:
        self._session = Session(model, 1)
        self._probability_min = probability_min
        if self._session.input_shape[1:] != (FEATURES,):
            raise ModelError(f"{model.model_id}: takes {self._session.input_shape}, not boxes of {FEATURES} numbers")
        unread = Session(model, 1, UNREAD_OUTPUT)
        self._unread = unread if unread.output_name == UNREAD_OUTPUT else None

    @property
    def model_id(self) -> str:
        """Identity of the network, stored with each read."""
        return self._session.model_id

    def features_of(
        self, frame: Frame, detections: Sequence[Detection], sharpness: Sequence[float]
    ) -> Sequence[Features | None]:
        """The numbers of each box's picture; None: it looks like no plate."""
        pictures = [picture_features(frame, *one) for one in zip(detections, sharpness, strict=True)]
        if self._unread is None or not pictures:
            return pictures
        rows = np.zeros((len(pictures), FEATURES), np.float32)
        rows[:, TEXT_FEATURES:] = pictures
        is_worth = self._unread.run(rows) >= READ_PROBABILITY_MIN
        return [picture if worth else None for picture, worth in zip(pictures, is_worth, strict=True)]

    def accept(self, readings: Sequence[Reading], pictures: Sequence[Features]) -> list[bool]:
        """Whether each box is taken for a plate."""
        return [bool(probability >= self._probability_min) for probability in self.probabilities(readings, pictures)]

    def probabilities(self, readings: Sequence[Reading], pictures: Sequence[Features]) -> NDArray[np.float32]:
        """How likely each box is a plate, float32 [boxes]."""
        if not readings:
            return np.zeros(0, np.float32)
        texts = text_features(np.stack([reading.slot_probabilities for reading in readings]))
        return self._session.run(np.hstack([texts, np.stack(pictures)])).astype(np.float32)


def open_check(settings: VisionSettings, folders: Sequence[Path], detector: ModelFile) -> PlateCheck:
    """The check that comes with a detector; where none does, the thresholds of the settings.

    Raises:
        ModelError: its file is missing, changed or unusable.
    """
    return check_of(settings, find_check(folders, detector))


def check_of(settings: VisionSettings, model: ModelFile | None) -> PlateCheck:
    """The check of a file; without one, the thresholds of the settings. Raises ModelError where it is unusable."""
    if model is None:
        return ThresholdCheck(settings.detection_accept_min, settings.text_confidence_min)
    return LearnedCheck(model, settings.plate_probability_min)


def has_text(slots: Probabilities, confidence_min: float = TEXT_CONFIDENCE_MIN) -> bool:
    """Whether what the reader reads shows that a doubtful box is a plate.

    Args:
        slots: float32 [slots, alphabet].
        confidence_min: the least probability of the whole text.
    """
    return len(text_of(slots)) >= CHARACTERS_MIN and text_confidence_of(slots) >= confidence_min
