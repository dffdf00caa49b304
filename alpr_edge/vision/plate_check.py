"""Decides which of the detector's boxes are plates: which are worth reading, and what they are once they are read.

Lettering, grilles and lamps that a detector half takes for plates hold no text, and a distant plate that it half sees
often does. So the detector may give doubtful boxes, and more plates are found with fewer false ones than by any
threshold of the detector alone. Most doubtful boxes are no plates, and reading one takes a tenth of the time of a
look at the whole frame: those that look like none are not read.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from alpr_edge.domain.errors import ModelError
from alpr_edge.domain.recognition.frames import Detection, Frame, Probabilities, Reading
from alpr_edge.domain.recognition.slot_texts import text_confidence_of, text_of
from alpr_edge.settings import VisionSettings
from alpr_edge.vision.model_files.manifest import ModelFile, find_check
from alpr_edge.vision.plate_features import FEATURES, TEXT_FEATURES, Features, picture_features, text_features
from alpr_edge.vision.sessions import Session

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
    """A small network over the numbers of :mod:`~alpr_edge.vision.plate_features`, fitted to one detector and reader.

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
