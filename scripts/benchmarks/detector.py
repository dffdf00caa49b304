"""Figures of the detector: recall, false boxes, misses by width, tightness, milliseconds."""

import time
from collections.abc import Sequence
from itertools import pairwise

import numpy as np

from alpr_edge.domain.recognition.boxes import Box
from alpr_edge.domain.recognition.frames import Frame
from alpr_edge.vision.detector import OnnxDetector
from scripts.benchmarks.figures import figure, milliseconds, share
from scripts.benchmarks.looks import IOU_MIN, Looks, PlateLook
from scripts.benchmarks.sets import FRAME_PX, Opener

LEVELS = 0.3, 0.5, 0.7
WIDTHS_PX = 0.0, 12.0, 15.0, 20.0, 25.0, 35.0, 60.0, 100.0, float("inf")
"""Edges of the bins of plate width, in pixels of the detector's input."""
GROWTH = 0.04
"""What a side of a box is given before the characters must be inside."""
TIMED = 200
"""Frames timed, at most."""
UNTIMED = 10
PEERS = {"us.recall_iou50": {"OpenALPR cascade": 0.991, "YOLOv8s-seg platedet": 0.950}}
"""Measured by others on all 222 US photos, of which half are here."""


def print_found(name: str, looks: Looks, levels: Sequence[float] = LEVELS) -> None:
    """Recall at each IoU, and the boxes too many."""
    for level in levels:
        key = f"{name}.recall_iou{level * 100:.0f}"
        share(f"accuracy.{key}", *looks.share_of(level), PEERS.get(key))
    print_false(name, looks)


def print_false(name: str, looks: Looks) -> None:
    """Boxes a picture that are on no plate, or on one that has a better box."""
    scenes = max(1, looks.scenes)
    figure(f"accuracy.{name}.false_boxes", looks.false / scenes, "boxes/photo", of=looks.scenes)
    figure(f"accuracy.{name}.duplicates", looks.duplicates / scenes, "boxes/photo", of=looks.scenes)


def print_widths(name: str, looks: Looks) -> None:
    """Recall by plate width in the detector's input: where the misses are."""
    for low, high in pairwise(WIDTHS_PX):
        outcomes = [look.is_found for look in looks.of_truths if low <= look.network_width_px < high]
        if outcomes:
            upper = None if np.isinf(high) else high
            share(
                f"accuracy.{name}.recall_by_width",
                sum(outcomes),
                len(outcomes),
                width_from_px=low,
                width_below_px=upper,
            )


def print_tightness(name: str, looks: Looks) -> None:
    """Whether boxes hold every character, and how much larger than the metal they are."""
    matches = [look for look in looks.of_truths if look.iou >= IOU_MIN]
    whole = sum(holds_characters(look) for look in matches)
    share(f"accuracy.{name}.characters_inside", whole, len(matches))
    share(f"accuracy.{name}.characters_inside_of_all", whole, len(looks.of_truths))
    for side in ("width", "height"):
        ratios = [_side(look.reading.box, side) / _side(look.truth.box, side) for look in matches if look.reading]
        if ratios:
            figure(f"accuracy.{name}.box_{side}_ratio", float(np.median(ratios)), "found/true", of=len(ratios))


def holds_characters(look: PlateLook) -> bool:
    """Whether every corner of the serial lies in the box grown by :data:`GROWTH` a side."""
    if look.reading is None or look.truth.characters_px is None:
        return False
    box = look.reading.box.expand(GROWTH)
    return all(
        box.left_px <= x <= box.right_px and box.top_px <= y <= box.bottom_px for x, y in look.truth.characters_px
    )


def print_milliseconds(detector: OnnxDetector, openers: Sequence[Opener], threads: int) -> None:
    """From a frame to boxes, letterbox included; every frame timed has 1280x720 pixels."""
    frames = [scene.frame for scene in (opener() for opener in openers[:TIMED])]
    frames = [frame for frame in frames if (frame.width_px, frame.height_px) == FRAME_PX]
    for frame in frames[:UNTIMED]:
        detector.detect(frame)
    times = [_milliseconds(detector, frame) for frame in frames]
    milliseconds("accuracy.detector.frame_to_boxes", times, threads=threads)


def _milliseconds(detector: OnnxDetector, frame: Frame) -> float:
    began = time.perf_counter()
    detector.detect(frame)
    return (time.perf_counter() - began) * 1000


def _side(box: Box, side: str) -> float:
    return box.width_px if side == "width" else box.height_px
