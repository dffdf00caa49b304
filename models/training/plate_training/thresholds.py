"""A detector's recall and false boxes at each threshold, on pictures kept for validation."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from itertools import pairwise
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray
from rich.progress import track

from alpr_edge.domain.boxes import Box
from alpr_edge.domain.frames import Pixels
from alpr_edge.vision.detector import PADDING_GREY, OnnxDetector
from plate_training.comparing import SEED
from plate_training.contract import Picture
from plate_training.data import (
    TRAINING_RIDE,
    VALIDATION_FRAMES,
    data_folder,
    negative_paths,
    negatives,
    ride,
)
from plate_training.measure import Found, false_boxes, overlaps
from plate_training.samplers import VALIDATION_SEED, VALIDATION_WINDOWS, detector_sampler
from scripts.benchmarks.rendered import Drawing, scenes

CONFIDENCES = tuple(np.round(np.arange(0.2, 0.81, 0.05), 2).tolist())
WIDTHS_PX = 0.0, 15.0, 20.0, 30.0, 60.0, 1000.0
"""Edges of the bins of plate width, in pixels of the network's input."""
IOU_FOUND = 0.5

Floats = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Threshold:
    """What a threshold comes to; None where no plate is of that width."""

    confidence_min: float
    false_a_photo: float
    ride_recall: float
    ride_false: float
    windows_recall: float
    windows_by_width: tuple[float | None, ...]
    rendered_recall: float
    rendered_by_width: tuple[float | None, ...]

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Part:
    """What was found in pictures, and their scale in the network's input."""

    found: list[Found]
    scales: list[float]

    def recall(self, confidence_min: float, low: float = 0.0, high: float = np.inf) -> float | None:
        """Share found at IoU 0.5 of the plates of such a width in the network's input."""
        met = [
            bool((overlaps(true, row.boxes[row.scores >= confidence_min]) >= IOU_FOUND).any())
            for row, scale in zip(self.found, self.scales, strict=True)
            for true in row.truth
            if low <= (true[2] - true[0]) * scale < high
        ]
        return float(np.mean(met)) if met else None

    def by_width(self, confidence_min: float) -> tuple[float | None, ...]:
        """Recall of each bin."""
        return tuple(self.recall(confidence_min, low, high) for low, high in pairwise(WIDTHS_PX))

    def false(self, confidence_min: float) -> float:
        """Boxes a picture that are on no plate."""
        return sum(false_boxes(row, confidence_min) for row in self.found) / max(1, len(self.found))


def thresholds_of(detector: OnnxDetector, scene_count: int) -> list[Threshold]:
    """A row a threshold.

    Args:
        detector: with no threshold of its own.
        scene_count: rendered scenes on photos kept for validation.
    """
    cv2.setNumThreads(1)
    folder = data_folder()
    nothing = np.zeros((0, 4), np.float32)
    photos = _part(detector, "photos", [(_bgr(grey), nothing) for grey in negatives(folder, validation=True)])
    frames = ride(folder, TRAINING_RIDE)[-VALIDATION_FRAMES:]
    road = _part(detector, "ride", [(_bgr(frame.grey), frame.boxes) for frame in frames])
    windows = _part(detector, "windows", _windows(detector), VALIDATION_WINDOWS)
    drawing = Drawing(negative_paths(folder, validation=True), seed=SEED)
    drawn = (opener() for opener in scenes(folder, drawing, scene_count))
    pictures = ((scene.pixels, np.stack([_edges(truth.box) for truth in scene.truths])) for scene in drawn)
    rendered = _part(detector, "rendered", pictures, scene_count)
    return [
        Threshold(
            least,
            photos.false(least),
            road.recall(least) or 0.0,
            road.false(least),
            windows.recall(least) or 0.0,
            windows.by_width(least),
            rendered.recall(least) or 0.0,
            rendered.by_width(least),
        )
        for least in CONFIDENCES
    ]


def chosen_of(rows: Sequence[Threshold], false_a_photo: float) -> Threshold | None:
    """The least threshold with no more false boxes than wanted; None where all have more."""
    return next((row for row in rows if row.false_a_photo <= false_a_photo), None)


def _part(
    detector: OnnxDetector, name: str, pictures: Iterable[tuple[Pixels, Floats]], total: int | None = None
) -> Part:
    part = Part([], [])
    for pixels, truth in track(pictures, name, total=total, transient=True):
        found = detector.detect_pixels(pixels)
        boxes = np.array([_edges(item.box) for item in found], np.float32).reshape(-1, 4)
        part.found.append(Found(truth, boxes, np.array([item.confidence for item in found], np.float32)))
        part.scales.append(detector.prepare(pixels)[1].scale)
    return part


def _windows(detector: OnnxDetector) -> Iterator[tuple[Pixels, Floats]]:
    """Windows as training validates on, each in the middle of a frame of the network's own size, so at its scale."""
    high, wide, _ = detector.input_shape
    draw, rng = detector_sampler(validation=True), np.random.default_rng(VALIDATION_SEED)
    for _ in range(VALIDATION_WINDOWS):
        window, boxes = draw(rng)
        top, left = (high - window.shape[0]) // 2, (wide - window.shape[1]) // 2
        canvas = np.full((high, wide), PADDING_GREY, np.uint8)
        canvas[top : top + window.shape[0], left : left + window.shape[1]] = window
        yield _bgr(canvas), boxes[boxes[:, 2] > 0] + np.array([left, top, left, top], np.float32)


def _edges(box: Box) -> Floats:
    return np.array([box.left_px, box.top_px, box.right_px, box.bottom_px], np.float32)


def _bgr(grey: Picture) -> Pixels:
    return cv2.cvtColor(grey, cv2.COLOR_GRAY2BGR).astype(np.uint8, copy=False)
