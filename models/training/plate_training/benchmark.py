"""Measuring exported models as their users run them: from whole photos to plate texts."""

import time
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import onnxruntime
from numpy.typing import NDArray

from plate_training.contract import DETECTOR_SIZE, READER_SIZE, Picture, canonical, letterbox, text_of
from plate_training.data import negatives, read_picture, ride, rows_of
from plate_training.measure import Found, figures_of

RIDES_KEPT = ("dayride_type1_002", "nightride_type3_001")
SPEED_RUNS = 60

Floats = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Photo:
    """A benchmark photo with its one true plate."""

    picture: Picture
    box: Floats
    text: str


class Models:
    """The two exported models on one thread; either may be missing.

    Args:
        detector: ONNX file.
        reader: ONNX file.
        score_min: boxes that score less are dropped.
    """

    def __init__(self, detector: Path, reader: Path, score_min: float) -> None:
        self.detector = _session(detector) if detector.exists() else None
        self.reader = _session(reader) if reader.exists() else None
        self.score_min = score_min

    def find(self, grey: Picture) -> tuple[Floats, Floats]:
        """Boxes in the picture's pixels, and scores, best first."""
        if self.detector is None:
            return np.zeros((0, 4), np.float32), np.zeros(0, np.float32)
        canvas, scale, offset = letterbox(grey)
        rows = self.detector.run(None, {"frames": canvas[np.newaxis, ..., np.newaxis]})[0]
        rows = rows[rows[:, 6] >= self.score_min]
        return (rows[:, 1:5] - np.tile(np.array(offset, np.float32), 2)) / np.float32(scale), rows[:, 6]

    def read(self, picture: Picture, box: Floats) -> str:
        """The text in a box of a BGR picture; empty without a reader."""
        if self.reader is None:
            return ""
        left, top = (max(0, int(v)) for v in box[:2])
        right, bottom = (max(edge + 1, int(v + 0.999)) for edge, v in zip((left, top), box[2:], strict=True))
        part = picture[top:bottom, left:right]
        if part.size == 0:
            return ""
        crop = cv2.resize(cv2.cvtColor(part, cv2.COLOR_BGR2GRAY), READER_SIZE)
        slots = self.reader.run(None, {"input": crop[np.newaxis, ..., np.newaxis]})[0][0]
        return text_of(slots.argmax(axis=1))


def benchmark(models: Models, folder: Path) -> dict[str, dict[str, float]]:
    """Figures by set."""
    figures = {region: _photos(models, _load(folder / "benchmark" / region)) for region in ("us", "eu", "br")}
    if models.detector is not None:
        for name in RIDES_KEPT:
            figures[name] = figures_of([Found(frame.boxes, *models.find(frame.grey)) for frame in ride(folder, name)])
        nothing = np.zeros((0, 4), np.float32)
        empty = figures_of([Found(nothing, *models.find(grey)) for grey in negatives(folder, validation=True)])
        figures["negatives"] = {"false_a_picture": empty["false_a_picture"]}
    return figures


def speed(models: Models) -> dict[str, float]:
    """Median milliseconds of one inference on one thread."""
    width, height = DETECTOR_SIZE
    found = {}
    if models.detector is not None:
        found["detector_ms"] = _median_ms(models.detector, "frames", (1, height, width, 1))
    if models.reader is not None:
        found["reader_ms"] = _median_ms(models.reader, "input", (1, READER_SIZE[1], READER_SIZE[0], 1))
    return found


def _session(path: Path) -> onnxruntime.InferenceSession:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    return onnxruntime.InferenceSession(path.read_bytes(), options, providers=["CPUExecutionProvider"])


def _median_ms(session: onnxruntime.InferenceSession, name: str, shape: tuple[int, ...]) -> float:
    tensor = np.random.default_rng(1).integers(0, 256, shape).astype(np.uint8)
    times = []
    for _ in range(SPEED_RUNS):
        start = time.perf_counter()
        session.run(None, {name: tensor})
        times.append(time.perf_counter() - start)
    return float(np.median(times) * 1000)


def _load(folder: Path) -> list[Photo]:
    photos = []
    for row in rows_of(folder / "truth.csv"):
        left, top, width, height = (float(row[key]) for key in ("left_px", "top_px", "width_px", "height_px"))
        box = np.array([left, top, left + width, top + height], np.float32)
        photos.append(Photo(read_picture(folder / row["image"]), box, canonical(row["plate"])))
    return photos


def _photos(models: Models, photos: list[Photo]) -> dict[str, float]:
    found, on_truth, end_to_end = [], [], []
    for photo in photos:
        boxes, scores = models.find(cv2.cvtColor(photo.picture, cv2.COLOR_BGR2GRAY).astype(np.uint8, copy=False))
        found.append(Found(photo.box[np.newaxis], boxes, scores))
        on_truth.append(models.read(photo.picture, photo.box) == photo.text)
        end_to_end.append(any(models.read(photo.picture, box) == photo.text for box in boxes[:3]))
    figures = figures_of(found, models.score_min) if models.detector is not None else {}
    return {**figures, "exact_true_boxes": float(np.mean(on_truth)), "exact_end_to_end": float(np.mean(end_to_end))}
