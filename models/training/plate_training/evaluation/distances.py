"""What a detector finds, and what is then read, by the width of the plate in the camera's frame; and what it costs.

A larger input shows distant plates larger; so do tiles of the frame at full resolution, one a frame in turn beside the
whole at a low one. Rendered plates on photos kept for validation; the same scenes for everyone.
"""

import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from rich.progress import track

from alpr_edge.domain.recognition.frames import Detection, Frame, Pixels
from alpr_edge.vision.detector import Letterbox, OnnxDetector, without_duplicates
from alpr_edge.vision.reader import OnnxReader
from alpr_edge.vision.sessions import Array
from plate_training.data.pictures import data_folder, negative_paths
from plate_training.evaluation.comparison import open_detector, open_model
from scripts.benchmarks.looks import Looker, PlateLook
from scripts.benchmarks.rendered_scenes import Drawing, scenes

SEED = 31
FRAMES_PX = (1280, 720), (1920, 1080)
WIDTHS_PX = 24.0, 160.0
EDGES_PX = 24.0, 30.0, 40.0, 50.0, 60.0, 80.0, 160.0
"""Edges of the bins of plate width, in pixels of the frame."""
OVERLAP_PX = 64
"""Least overlap of two tiles: a plate on an edge is whole in one of them."""
TIMED, UNTIMED = 40, 5


class TilingDetector(OnnxDetector):
    """A detector on the whole frame and on each tile of its own size: what one sweep over the tiles finds.

    Args:
        whole: looks at the whole frame, in every frame.
        tile: looks at one tile a frame.
    """

    def __init__(self, whole: OnnxDetector, tile: OnnxDetector) -> None:
        self._whole, self._tile = whole, tile

    def detect(self, frame: Frame) -> list[Detection]:
        """Plates of the whole frame and of every tile."""
        detections = self._whole.detect_pixels(frame.pixels)
        high, wide, _ = self._tile.input_shape
        for left, top in tiles_of((frame.width_px, frame.height_px), (wide, high)):
            part = np.ascontiguousarray(frame.pixels[top : top + high, left : left + wide])
            detections += [
                Detection(item.box.shift(left, top), item.confidence) for item in self._tile.detect_pixels(part)
            ]
        return without_duplicates(detections)

    def prepare(self, pixels: Pixels) -> tuple[Array, Letterbox]:
        """The input tensor of the detector for whole frames."""
        return self._whole.prepare(pixels)


@dataclass(frozen=True, slots=True)
class DistanceRow:
    """One setting on frames of one size.

    Args:
        setting: the name of the setting.
        frame_px: width and height of the frames.
        frames: the number of frames that a sweep of tiles takes; 1 for whole frames.
        found: share of plates found at IoU 0.5, by bin of width, the last for all.
        exact: share read exactly end to end, likewise.
        false_boxes: the false boxes a frame or, for tiles, a sweep.
    """

    setting: str
    frame_px: tuple[int, int]
    frames: int
    found: tuple[float, ...]
    exact: tuple[float, ...]
    false_boxes: float

    def as_dict(self) -> dict[str, Any]:
        """The row for JSON."""
        return asdict(self)


def tiles_of(frame_px: tuple[int, int], tile_px: tuple[int, int]) -> list[tuple[int, int]]:
    """Left and top edges of tiles that cover a frame."""
    columns, rows = (_starts(length, part) for length, part in zip(frame_px, tile_px, strict=True))
    return [(left, top) for top in rows for left in columns]


def _starts(length: int, part: int) -> list[int]:
    count = 1 if length <= part else -(-(length - OVERLAP_PX) // (part - OVERLAP_PX))
    return [int(start) for start in np.linspace(0, max(0, length - part), count)]


def distance_rows(
    names: Sequence[str], tile: str | None, scene_count: int, confidence_min: float
) -> Iterator[DistanceRow]:
    """Each detector on whole frames; with a tile detector, the first also with a sweep of tiles."""
    cv2.setNumThreads(1)
    data, reader = data_folder(), OnnxReader(open_model("reader", "default"), 1)
    settings = {name: open_detector(name, confidence_min, 1) for name in names}
    tiles_px = (0, 0)
    if tile is not None:
        tiler = open_detector(tile, confidence_min, 1)
        tiles_px = tiler.input_shape[1], tiler.input_shape[0]
        settings[f"{names[0]} + tiles of {tile}"] = TilingDetector(settings[names[0]], tiler)
    for frame_px in FRAMES_PX:
        drawing = Drawing(negative_paths(data, validation=True), frame_px, WIDTHS_PX, SEED)
        lookers = {name: Looker(detector, reader) for name, detector in settings.items()}
        looks: dict[str, list[PlateLook]] = {name: [] for name in settings}
        false = dict.fromkeys(settings, 0)
        for opener in track(scenes(data, drawing, scene_count), "x".join(map(str, frame_px)), transient=True):
            scene = opener()
            for name, looker in lookers.items():
                part = looker.look_at(scene, opener)
                looks[name] += part.of_truths
                false[name] += part.false
        for name in settings:
            frames = len(tiles_of(frame_px, tiles_px)) if "tiles" in name else 1
            recall, exact = _by_width(looks[name], exact=False), _by_width(looks[name], exact=True)
            yield DistanceRow(name, frame_px, frames, recall, exact, false[name] / scene_count)


def _by_width(looks: Sequence[PlateLook], *, exact: bool) -> tuple[float, ...]:
    """Shares by bin, then of all."""
    rights = [(look.truth.box.width_px, look.exact if exact else look.is_found) for look in looks]
    bins = [[right for width, right in rights if low <= width < high] for low, high in pairwise(EDGES_PX)]
    return tuple(float(np.mean(row)) if row else float("nan") for row in [*bins, [right for _, right in rights]])


def milliseconds(names: Sequence[str], threads: int) -> dict[str, float]:
    """Median from a frame of 1280x720 to boxes, letterbox included; the detectors take turns."""
    cv2.setNumThreads(1)
    detectors = {name: open_detector(name, 0.45, threads) for name in names}
    pixels = next(_timing_frames(data_folder()))
    times: dict[str, list[float]] = {name: [] for name in names}
    for _ in range(UNTIMED + TIMED):
        for name, detector in detectors.items():
            began = time.perf_counter()
            detector.detect_pixels(pixels)
            times[name].append((time.perf_counter() - began) * 1000)
    return {name: float(np.median(row[UNTIMED:])) for name, row in times.items()}


def _timing_frames(data: Path) -> Iterator[Pixels]:
    for opener in scenes(data, Drawing(negative_paths(data, validation=True), seed=SEED), 1):
        yield opener().pixels
