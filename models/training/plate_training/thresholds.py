"""Recall and false boxes of detector and reader together at pairs of thresholds, on pictures kept for validation."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from itertools import pairwise, product
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray
from rich.progress import track

from alpr_edge.domain.instants import Instant
from alpr_edge.domain.recognition.boxes import Box
from alpr_edge.domain.recognition.frames import Frame, Pixels
from alpr_edge.vision.detector import PADDING_GREY, OnnxDetector
from alpr_edge.vision.plate_check import has_text
from alpr_edge.vision.reader import OnnxReader
from alpr_edge.vision.recogniser import crop_of
from plate_training.comparison import SEED
from plate_training.contract import Picture
from plate_training.data import (
    TRAINING_RIDE,
    VALIDATION_FRAMES,
    data_folder,
    negative_paths,
    negatives,
    ride,
)
from plate_training.measure import FoundBoxes, false_boxes, overlaps
from plate_training.samplers import VALIDATION_SEED, VALIDATION_WINDOWS, detector_sampler
from scripts.benchmarks.rendered_scenes import Drawing, scenes

LEAST = 0.25, 0.3, 0.35, 0.4, 0.45, 0.5
"""Tried for ``vision.detection_confidence_min``."""
SURE = 0.5, 0.55, 0.6, 0.65, 0.7, 0.75, 0.8
"""Tried for ``vision.detection_accept_min``."""
WIDTHS_PX = 0.0, 15.0, 20.0, 30.0, 60.0, 1000.0
"""Edges of the bins of plate width, in pixels of the network's input."""
IOU_FOUND = 0.5

Floats = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Threshold:
    """Recall and false boxes at a pair of thresholds; None where no plate is of that width."""

    confidence_min: float
    sure_min: float
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
class DetectionSet:
    """The boxes of pictures, which of them the reader confirms, and the pictures' scale in the network's input."""

    pictures: list[FoundBoxes]
    borne_out: list[NDArray[np.bool_]]
    scales: list[float]

    def filter_boxes(self, confidence_min: float, sure_min: float) -> "DetectionSet":
        """The same set with those boxes alone that a unit takes for plates."""
        masks = [
            (row.scores >= sure_min) | (borne_out & (row.scores >= confidence_min))
            for row, borne_out in zip(self.pictures, self.borne_out, strict=True)
        ]
        pictures = [
            FoundBoxes(row.truth, row.boxes[keep], row.scores[keep])
            for row, keep in zip(self.pictures, masks, strict=True)
        ]
        return DetectionSet(pictures, [row[keep] for row, keep in zip(self.borne_out, masks, strict=True)], self.scales)

    def recall(self, low: float = 0.0, high: float = np.inf) -> float | None:
        """Share of the plates of such a width in the network's input that is found at IoU 0.5."""
        hits = [
            bool((overlaps(true, row.boxes) >= IOU_FOUND).any())
            for row, scale in zip(self.pictures, self.scales, strict=True)
            for true in row.truth
            if low <= (true[2] - true[0]) * scale < high
        ]
        return float(np.mean(hits)) if hits else None

    def by_width(self) -> tuple[float | None, ...]:
        """Recall of each bin."""
        return tuple(self.recall(low, high) for low, high in pairwise(WIDTHS_PX))

    def false(self) -> float:
        """Boxes a picture that are on no plate."""
        return sum(false_boxes(row, 0.0) for row in self.pictures) / max(1, len(self.pictures))


@dataclass(frozen=True, slots=True)
class ModelPair:
    """The detector, without a threshold of its own, and the reader, for which thresholds are chosen."""

    detector: OnnxDetector
    reader: OnnxReader

    def detect(self, pixels: Pixels, truth: Floats) -> tuple[FoundBoxes, NDArray[np.bool_]]:
        """Every box, and whether the reader confirms it."""
        frame = Frame("", 0, Instant("", 0), pixels)
        detections = [item for item in self.detector.detect_pixels(pixels) if item.confidence >= min(LEAST)]
        slots = self.reader.read([crop_of(frame, item.box) for item in detections]) if detections else ()
        boxes = np.array([_edges(item.box) for item in detections], np.float32).reshape(-1, 4)
        scores = np.array([item.confidence for item in detections], np.float32)
        return FoundBoxes(truth, boxes, scores), np.array([has_text(row) for row in slots], bool)


def thresholds_of(models: ModelPair, scene_count: int) -> list[Threshold]:
    """A row a pair of thresholds.

    Args:
        models: the models.
        scene_count: rendered scenes on photos kept for validation.
    """
    cv2.setNumThreads(1)
    folder = data_folder()
    nothing = np.zeros((0, 4), np.float32)
    photos = _part(models, "photos", [(_bgr(grey), nothing) for grey in negatives(folder, validation=True)])
    frames = ride(folder, TRAINING_RIDE)[-VALIDATION_FRAMES:]
    road = _part(models, "ride", [(_bgr(frame.grey), frame.boxes) for frame in frames])
    windows = _part(models, "windows", _windows(models.detector), VALIDATION_WINDOWS)
    drawing = Drawing(negative_paths(folder, validation=True), seed=SEED)
    drawn_scenes = (opener() for opener in scenes(folder, drawing, scene_count))
    pictures = ((scene.pixels, np.stack([_edges(truth.box) for truth in scene.truths])) for scene in drawn_scenes)
    parts = photos, road, windows, _part(models, "rendered", pictures, scene_count)
    return [
        _row(least, sure, *(part.filter_boxes(least, sure) for part in parts))
        for least, sure in product(LEAST, SURE)
        if least <= sure
    ]


def chosen_of(rows: Sequence[Threshold], false_a_photo: float) -> Threshold | None:
    """Of the pairs with no more false boxes than wanted, the one that finds most; None where all have more.

    Rendered scenes decide: they are read at the frame's own scale, as the unit reads them.
    """
    quiet = [row for row in rows if row.false_a_photo <= false_a_photo]
    return max(quiet, key=lambda row: (row.rendered_recall, row.windows_recall, row.confidence_min), default=None)


def _row(
    least: float, sure: float, photos: DetectionSet, road: DetectionSet, windows: DetectionSet, renderings: DetectionSet
) -> Threshold:
    return Threshold(
        least,
        sure,
        photos.false(),
        road.recall() or 0.0,
        road.false(),
        windows.recall() or 0.0,
        windows.by_width(),
        renderings.recall() or 0.0,
        renderings.by_width(),
    )


def _part(
    models: ModelPair, name: str, pictures: Iterable[tuple[Pixels, Floats]], total: int | None = None
) -> DetectionSet:
    part = DetectionSet([], [], [])
    for pixels, truth in track(pictures, name, total=total, transient=True):
        picture, borne_out = models.detect(pixels, truth)
        part.pictures.append(picture)
        part.borne_out.append(borne_out)
        part.scales.append(models.detector.prepare(pixels)[1].scale)
    return part


def _windows(detector: OnnxDetector) -> Iterator[tuple[Pixels, Floats]]:
    """Windows as training validates on, each in the middle of a frame of the network's own size, so at its scale."""
    high, wide, _ = detector.input_shape
    draw, rng = detector_sampler(validation=True), np.random.default_rng(VALIDATION_SEED)
    for _ in range(VALIDATION_WINDOWS):
        window, boxes, _ = draw(rng)
        top, left = (high - window.shape[0]) // 2, (wide - window.shape[1]) // 2
        canvas = np.full((high, wide), PADDING_GREY, np.uint8)
        canvas[top : top + window.shape[0], left : left + window.shape[1]] = window
        yield _bgr(canvas), boxes[boxes[:, 2] > 0] + np.array([left, top, left, top], np.float32)


def _edges(box: Box) -> Floats:
    return np.array([box.left_px, box.top_px, box.right_px, box.bottom_px], np.float32)


def _bgr(grey: Picture) -> Pixels:
    return cv2.cvtColor(grey, cv2.COLOR_GRAY2BGR).astype(np.uint8, copy=False)
