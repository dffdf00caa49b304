"""Decides which of the detector's boxes are plates, once it is known what the reader sees in them.

Lettering, grilles and lamps that a detector half takes for plates hold no text, and a distant plate that it half sees
often does. So the detector may give doubtful boxes, and more plates are found with fewer false ones than by any
threshold of the detector alone.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from alpr_edge.domain.errors import ModelError
from alpr_edge.domain.recognition.frames import Frame, Probabilities, Reading
from alpr_edge.domain.recognition.voting import text_confidence_of, text_of
from alpr_edge.settings import VisionSettings
from alpr_edge.vision.manifest import ModelFile, find_check
from alpr_edge.vision.plate_features import FEATURES, plate_features
from alpr_edge.vision.sessions import Session

CHARACTERS_MIN = 3
"""Characters that the reader must see in a doubtful box; of 2 to 4, chosen on validation data."""
TEXT_CONFIDENCE_MIN = 0.02
"""Probability of the whole text that it must give them: the setting ``vision.text_confidence_min``. Chosen with the two
scores on road photos: a distant plate is seldom read whole with more.
"""


class PlateCheck(Protocol):
    """Decides which boxes are plates."""

    def accept(self, frame: Frame, readings: Sequence[Reading]) -> list[bool]:
        """Whether each box of a frame is taken for a plate."""


@dataclass(frozen=True, slots=True)
class ThresholdCheck:
    """Two thresholds, for a detector that comes with no check of its own.

    Args:
        accept_min: the confidence from which on a detection counts whatever is read in it; 0: every one does.
        text_confidence_min: the least probability of the text with which the others count as well.
    """

    accept_min: float = 0.0
    text_confidence_min: float = TEXT_CONFIDENCE_MIN

    def accept(self, frame: Frame, readings: Sequence[Reading]) -> list[bool]:  # noqa: ARG002 - others look at it
        """Whether each box is taken for a plate: the detector is sure, or something is read in it."""
        return [
            reading.detection_confidence >= self.accept_min
            or has_text(reading.slot_probabilities, self.text_confidence_min)
            for reading in readings
        ]


class LearnedCheck:
    """A small network over the numbers of :mod:`~alpr_edge.vision.plate_features`, fitted to one detector and reader.

    Args:
        model: the network: float32 [boxes, features] to float32 [boxes], the probability of a plate.
        probability_min: the probability from which on a box is taken for a plate.

    Raises:
        ModelError: the file is no such network.
    """

    def __init__(self, model: ModelFile, probability_min: float) -> None:
        self._session = Session(model, 1)
        self._probability_min = probability_min
        if self._session.input_shape[1:] != (FEATURES,):
            raise ModelError(f"{model.model_id}: takes {self._session.input_shape}, not boxes of {FEATURES} numbers")

    @property
    def model_id(self) -> str:
        """Identity of the network, stored with each read."""
        return self._session.model_id

    def accept(self, frame: Frame, readings: Sequence[Reading]) -> list[bool]:
        """Whether each box is taken for a plate."""
        return [bool(probability >= self._probability_min) for probability in self.probabilities(frame, readings)]

    def probabilities(self, frame: Frame, readings: Sequence[Reading]) -> NDArray[np.float32]:
        """How likely each box is a plate, float32 [boxes]."""
        if not readings:
            return np.zeros(0, np.float32)
        rows = [plate_features(frame, reading) for reading in readings]
        return self._session.run(np.stack(rows)).astype(np.float32)


def open_check(settings: VisionSettings, folders: Sequence[Path], detector: ModelFile) -> PlateCheck:
    """The check that comes with a detector; where none does, the thresholds of the settings.

    Raises:
        ModelError: its file is missing, changed or unusable.
    """
    model = find_check(folders, detector)
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
