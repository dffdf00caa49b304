"""Detector and reader that know the truth of a drive and blur it, for tests that need no weights.

Both err as models do, only repeatably: the narrower a plate, the more often it is missed or misread.
"""

from collections.abc import Sequence

import numpy as np

from alpr_edge.domain.plates import ALPHABET, EMPTY, PLATE_LENGTH_MAX
from alpr_edge.domain.recognition.boxes import Box
from alpr_edge.domain.recognition.frames import Crop, Detection, Frame, Probabilities
from alpr_edge.simulation.truth import DriveTruth

JITTER = 0.02
"""Standard deviation of a box's sides, of its width."""
IOU_MIN = 0.3
_LOOKALIKES = {
    "0": "D",
    "D": "0",
    "1": "I",
    "8": "B",
    "B": "8",
    "5": "S",
    "S": "5",
    "2": "Z",
    "Z": "2",
    "6": "G",
    "G": "6",
}


class TruthDetector:
    """Finds the plates that are there; a :class:`~alpr_edge.domain.ports.Detector`.

    Args:
        truth: the true plates of the drive whose frames it is given.
        seed: the seed of its errors.
    """

    model_id = "truth-detector"

    def __init__(self, truth: DriveTruth, seed: int = 0) -> None:
        self._truth = truth
        self._seed = seed

    def detect(self, frame: Frame) -> list[Detection]:
        """The frame's plates, best first; some narrow ones are missed."""
        rng = np.random.default_rng([self._seed, 5, frame.number])
        detections = []
        for _, box in self._truth.in_frame(frame.number):
            is_missed = rng.random() < np.clip((32 - box.width_px) / 30, 0.0, 0.5)
            moves = rng.normal(0, JITTER * box.width_px, 4)
            confidence = float(np.clip(0.55 + box.width_px / 200 + rng.normal(0, 0.03), 0.3, 0.99))
            if not is_missed:
                detections.append(Detection(_shift_edges(box, moves.tolist()), confidence))
        return sorted(detections, key=lambda detection: -detection.confidence)


class TruthReader:
    """Reads the plates that are there; a :class:`~alpr_edge.domain.ports.Reader`.

    Args:
        truth: the true plates of the drive whose crops it is given.
        seed: the seed of its errors.
    """

    model_id = "truth-reader"

    def __init__(self, truth: DriveTruth, seed: int = 0) -> None:
        self._truth = truth
        self._seed = seed

    def read(self, crops: Sequence[Crop]) -> Probabilities:
        """float32 [len(crops), 10, alphabet]; a crop of no plate is read as empty."""
        out = np.empty((len(crops), PLATE_LENGTH_MAX, len(ALPHABET)), np.float32)
        for index, crop in enumerate(crops):
            place = [round(abs(side) * 16) for side in (crop.box.left_px, crop.box.top_px)]
            rng = np.random.default_rng([self._seed, 6, crop.frame_number, *place])
            text = self._text(crop).ljust(PLATE_LENGTH_MAX, EMPTY)
            risk = float(np.clip(0.25 - crop.box.width_px / 250, 0.01, 0.2))
            for slot, character in enumerate(text):
                out[index, slot] = _look(character, risk, rng)
        return out

    def _text(self, crop: Crop) -> str:
        plates = [(box.iou(crop.box), vehicle.plate) for vehicle, box in self._truth.in_frame(crop.frame_number)]
        overlap, plate = max(plates, default=(0.0, ""))
        return plate if overlap >= IOU_MIN else ""


def _look(character: str, risk: float, rng: np.random.Generator) -> Probabilities:
    """One slot: mostly the truth, sometimes a look-alike before it."""
    values = np.full(len(ALPHABET), 0.1 / (len(ALPHABET) - 1), np.float32)
    values[ALPHABET.index(character)] = 0.9
    if character != EMPTY and rng.random() < risk:
        other = _LOOKALIKES.get(character) or ALPHABET[int(rng.integers(len(ALPHABET) - 1))]
        values[ALPHABET.index(character)] = 0.35
        values[ALPHABET.index(other)] += 0.5
    values /= values.sum()
    return values


def _shift_edges(box: Box, moves: Sequence[float]) -> Box:
    left, top, right, bottom = moves
    return Box(box.left_px + left, box.top_px + top / 2, box.right_px + right, box.bottom_px + bottom / 2)
