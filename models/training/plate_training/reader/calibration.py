"""Calibrates a reader: fits smoothing and temperature so that its confidence is the share of texts that are right.

The confidence of a text is the product of the probabilities of its slots. Fitted is the least log loss of "the whole
text is right" over plates that training never saw, from clear to illegible.
"""

import hashlib
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from alpr_edge.domain.recognition.frames import Probabilities
from alpr_edge.domain.recognition.slot_texts import text_of
from alpr_edge.simulation.plates.fonts import base_faces
from alpr_edge.simulation.plates.renderer import BUILT_IN_DESIGNS, designs_from_facts
from alpr_edge.vision.model_files.manifest import ModelFile
from alpr_edge.vision.picture_size import resize_crop
from alpr_edge.vision.reader import Calibration, OnnxReader
from plate_training.contract import READER_SIZE, SLOTS, Picture, canonical
from plate_training.data.pictures import reader_crops
from plate_training.reader.samples import RENDER_HEIGHT_PX, photograph_plate
from plate_training.rendering.degrade import Rng
from plate_training.rendering.plate_source import mount, render_random_plate

SEED = 462
LOOKS = 4
"""Looks at each kept real crop through a poor camera and an inexact box, beside the one at the crop itself."""
RENDERED = 600
TEMPERATURES = np.round(np.arange(0.5, 2.01, 0.02), 3)
SMOOTHINGS = 0.0, 0.0025, 0.005, 0.01, 0.015, 0.02, 0.03
"""Values that are tried."""
BINS = 10
CONFIDENCE_EDGE = 1e-4
"""Keeps one sure mistake from outweighing all else in the log loss."""

Shares = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class KeptPlates:
    """Plates that training never saw.

    Args:
        group: the group of each: ``us``, ``br``, ``eu`` for the crop itself, ``us_seen`` and so on for the crop as a
            poor camera sees it, ``rendered``.
        text: the canonical text of each.
        pictures: uint8 [N, 64, 192, 1].
    """

    group: list[str]
    text: list[str]
    pictures: Picture


def kept_plates(folder: Path) -> KeptPlates:
    """The kept real crops, whole, jittered and small, and rendered plates of a seed of their own."""
    rng = np.random.default_rng(SEED)
    group, text, pictures = list[str](), list[str](), list[Picture]()
    for region, crops in reader_crops(folder, validation=True).items():
        for crop in crops:
            grey = resize_crop(np.asarray(cv2.cvtColor(crop.picture, cv2.COLOR_BGR2GRAY), np.uint8), *READER_SIZE)
            looks = [photograph_plate(mount(crop.picture, None, rng), rng, real=True) for _ in range(LOOKS)]
            pictures += [grey.astype(np.uint8, copy=False), *looks]
            group += [region, *[f"{region}_seen"] * LOOKS]
            text += [crop.canonical] * (LOOKS + 1)
    for _ in range(RENDERED):
        plate, picture = _render_plate(folder, rng)
        group.append("rendered")
        text.append(plate)
        pictures.append(picture)
    return KeptPlates(group, text, np.stack(pictures)[..., np.newaxis])


def _render_plate(folder: Path, rng: Rng) -> tuple[str, Picture]:
    designs = BUILT_IN_DESIGNS + designs_from_facts(folder / "plates" / "plates-us.json")
    text = ""
    while not 1 <= len(text) <= SLOTS:
        printed_text, pixels, outline = render_random_plate(designs, base_faces(), rng, RENDER_HEIGHT_PX)
        text = canonical(printed_text)
    return text, photograph_plate(mount(pixels, outline, rng), rng, real=False)


def slots_of(model: Path, pictures: Picture) -> Probabilities:
    """Slot probabilities of a reader, not calibrated."""
    content = model.read_bytes()
    reader = OnnxReader(ModelFile("reader", "default", hashlib.sha256(content).hexdigest(), content, {}), 1)
    return reader.infer(pictures)


def calibration_of(model: Path, folder: Path) -> dict[str, float]:
    """What a reader's entry in the manifest says of its calibration, fitted on the kept plates.

    Args:
        model: the exported reader.
        folder: the folder of the real data.
    """
    plates = kept_plates(folder)
    calibration = fit_calibration(slots_of(model, plates.pictures), plates.text)
    return {"temperature": calibration.temperature, "smoothing": calibration.smoothing}


def fit_calibration(slots: Probabilities, texts: list[str]) -> Calibration:
    """The calibration of least log loss."""
    right = np.array([text_of(row) == text for row, text in zip(slots, texts, strict=True)])
    candidates = (Calibration(float(heat), smooth) for smooth in SMOOTHINGS for heat in TEMPERATURES)
    return min(candidates, key=lambda calibration: log_loss(confidence_of(calibration.of(slots)), right))


def confidence_of(slots: Probabilities) -> Shares:
    """The confidence of the likeliest text of each read."""
    return np.asarray(slots.max(axis=2).astype(np.float64).prod(axis=1))


def log_loss(confidence: Shares, right: NDArray[np.bool_]) -> float:
    """Mean log loss of "the read is right"."""
    probability = np.clip(confidence, CONFIDENCE_EDGE, 1 - CONFIDENCE_EDGE)
    return float(-np.mean(np.where(right, np.log(probability), np.log1p(-probability))))


def calibration_error(confidence: Shares, right: NDArray[np.bool_]) -> float:
    """Expected calibration error over ten equal bins."""
    bins = np.minimum(BINS - 1, (confidence * BINS).astype(int))
    gaps = np.bincount(bins, weights=confidence - right, minlength=BINS)
    return float(np.abs(gaps).sum() / max(1, len(right)))
