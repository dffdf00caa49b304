"""The plate detector over one or two local ONNX files.

A network that finds distant plates does not find one that fills a third of the frame. So there may be a second, smaller
network for **near** plates, which takes the same frame at a lower resolution; only its wide boxes count.

Contract of our models: input uint8 [1, H, W, C], C = 1 (grey) or 3 (BGR), the frame letterboxed centrally on
grey 114; output float32 [N, 7], rows (batch, x1, y1, x2, y2, class, score) in network pixels, non-maximum
suppression inside. Official open-image-models files (float32 [1, 3, H, W], RGB / 255, same rows) keep theirs.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import cv2
import numpy as np
from numpy.typing import NDArray

from alpr_edge.domain.errors import ModelError
from alpr_edge.domain.recognition.boxes import Box
from alpr_edge.domain.recognition.frames import Detection, Frame, Pixels
from alpr_edge.vision.model_files.manifest import ModelFile
from alpr_edge.vision.picture_size import resize_quickly
from alpr_edge.vision.sessions import Array, Session

if TYPE_CHECKING:
    from open_image_models.detection.core.base import DetectionResult

PADDING_GREY = 114
DUPLICATE_IOU = 0.45
"""Overlap from which on two boxes are one plate: the better stays."""
DUPLICATE_INSIDE = 0.8
"""So are two boxes of which the smaller lies inside the other by this share."""
NEAR_WIDTH_SHARE = 0.25
"""Least width of a near plate in parts of the frame's width: narrower boxes of that network do not count.

Of 0.1 to 0.33, on 364 American road photos with today's weights: of plates of a third of the photo's longest side and
more 49 of 54 are found where one look finds 11, as many smaller ones as before, and 0.12 boxes a photo are no plate
instead of 0.16. A near box replaces those of the other look that it overlaps, which are often on a part of a large
plate; by the better score alone 43 of the 54 are found.
"""
COVERED_WIDTH_SHARE = 0.5
"""Most width of a covered box in parts of the near box's: a true plate inside a false near box is much smaller."""


@dataclass(frozen=True, slots=True)
class Letterbox:
    """How a frame was fitted into the network's input."""

    scale: float
    left_px: int
    top_px: int

    def to_frame(self, row: NDArray[np.float32]) -> Box:
        """A network box (x1, y1, x2, y2) in frame pixels."""
        x1, y1, x2, y2 = (float(value) for value in row)
        return Box(
            (x1 - self.left_px) / self.scale,
            (y1 - self.top_px) / self.scale,
            (x2 - self.left_px) / self.scale,
            (y2 - self.top_px) / self.scale,
        )


class Picture:
    """A picture on its way through the networks, which share its grey form.

    Args:
        pixels: uint8 [H, W, 3], BGR.
    """

    def __init__(self, pixels: Pixels) -> None:
        self.pixels = pixels

    @cached_property
    def grey(self) -> Pixels:
        """uint8 [H, W], made when the first network asks for it."""
        return np.asarray(cv2.cvtColor(self.pixels, cv2.COLOR_BGR2GRAY), np.uint8)


def letterbox(source: Pixels, width_px: int, height_px: int) -> tuple[Pixels, Letterbox]:
    """Fit a picture, uint8 [H, W] or [H, W, 3], into [height, width, channels], aspect kept, centred on grey."""
    height, width = source.shape[:2]
    channels = 1 if source.ndim == 2 else source.shape[2]
    scale = min(width_px / width, height_px / height)
    inner = max(1, round(width * scale)), max(1, round(height * scale))
    small = resize_quickly(source, *inner)
    left, top = (width_px - inner[0]) // 2, (height_px - inner[1]) // 2
    canvas = np.full((height_px, width_px, channels), PADDING_GREY, np.uint8)
    canvas[top : top + inner[1], left : left + inner[0]] = small.reshape(inner[1], inner[0], channels)
    return canvas, Letterbox(scale, left, top)


class Network:
    """One detection network with its input."""

    def __init__(self, model: ModelFile, threads: int) -> None:
        self._session = Session(model, threads)
        shape = self._session.input_shape
        sides = shape[1:] if self._session.takes_uint8 else (*shape[2:], shape[1])
        if len(shape) != 4 or not all(isinstance(side, int) for side in sides) or sides[-1] not in {1, 3}:
            raise ModelError(f"{model.model_id}: input {list(shape)} is not a static image of 1 or 3 channels")
        self.height_px, self.width_px, self.channels = (int(side) for side in sides if isinstance(side, int))

    @property
    def model_id(self) -> str:
        """Identity of the model."""
        return self._session.model_id

    def detect(self, picture: Picture, confidence_min: float) -> list[Detection]:
        """Every box of a picture from that confidence up, in the picture's pixels."""
        tensor, mapping = self.prepare(picture)
        rows = self.infer(tensor)
        rows = rows[np.isfinite(rows).all(axis=1) & (rows[:, 6] >= confidence_min)]
        return [Detection(mapping.to_frame(row[1:5]), float(row[6]), 1 / mapping.scale) for row in rows]

    def prepare(self, picture: Picture) -> tuple[Array, Letterbox]:
        """The network's input tensor, and how to map its boxes back."""
        source = picture.grey if self.channels == 1 else picture.pixels
        canvas, mapping = letterbox(source, self.width_px, self.height_px)
        if self._session.takes_uint8:
            return canvas[np.newaxis], mapping
        planes = canvas[:, :, ::-1].transpose(2, 0, 1)[np.newaxis]
        return np.ascontiguousarray(planes, dtype=np.float32) / np.float32(255), mapping

    def infer(self, tensor: Array) -> Array:
        """Rows float32 [N, 7] of a prepared tensor."""
        rows = self._session.run(tensor)
        if rows.ndim != 2 or rows.shape[1] != 7:
            raise ModelError(f"{self.model_id}: output {list(rows.shape)} is not rows of 7")
        return rows


class OnnxDetector:
    """Finds plates; also a detector for ``fast_alpr.ALPR(detector=...)``.

    Args:
        near: checked file of the network for near plates; None: there is none.
    """

    def __init__(self, model: ModelFile, confidence_min: float, threads: int, near: ModelFile | None = None) -> None:
        self._network = Network(model, threads)
        self.near = None if near is None else Network(near, threads)
        """The network for near plates."""
        self._confidence_min = confidence_min

    @property
    def model_id(self) -> str:
        """Identity of the model."""
        return self._network.model_id

    @property
    def model_ids(self) -> tuple[str, ...]:
        """Identities of all its models."""
        return tuple(network.model_id for network in self.networks)

    @property
    def networks(self) -> tuple[Network, ...]:
        """The networks that look at each frame, that for near plates last."""
        return (self._network,) if self.near is None else (self._network, self.near)

    @property
    def input_shape(self) -> tuple[int, int, int]:
        """Height, width and channels of a frame as the first network takes it."""
        return self._network.height_px, self._network.width_px, self._network.channels

    def detect(self, frame: Frame) -> list[Detection]:
        """What may be plates in the frame, best first, for a check: boxes that a near one covers included."""
        return self._join_networks(frame.pixels)

    def detect_pixels(self, pixels: Pixels) -> list[Detection]:
        """Plates in a picture uint8 [H, W, 3] BGR, one box a plate, best first."""
        return without_covered(self._join_networks(pixels))

    def _join_networks(self, pixels: Pixels) -> list[Detection]:
        picture = Picture(pixels)
        boxes = without_duplicates(self._network.detect(picture, self._confidence_min))
        if self.near is None:
            return boxes
        near = self.near.detect(picture, self._confidence_min)
        return join_looks(boxes, near, NEAR_WIDTH_SHARE * pixels.shape[1])

    def prepare(self, pixels: Pixels) -> tuple[Array, Letterbox]:
        """The first network's input tensor, and how to map its boxes back."""
        return self._network.prepare(Picture(pixels))

    def infer(self, tensor: Array) -> Array:
        """Rows float32 [N, 7] of a tensor prepared for the first network."""
        return self._network.infer(tensor)

    def predict(self, frame: Pixels) -> list[DetectionResult]:
        """The interface that fast-alpr calls."""
        from open_image_models.detection.core.base import (  # noqa: PLC0415 - a unit itself does not use it
            BoundingBox,
            DetectionResult,
        )

        height_px, width_px = frame.shape[:2]
        return [
            DetectionResult("License Plate", item.confidence, BoundingBox(*item.box.within(width_px, height_px)))
            for item in self.detect_pixels(frame)
        ]


def join_looks(boxes: list[Detection], near: list[Detection], width_px_min: float) -> list[Detection]:
    """The boxes of two looks at a frame, best first: one a plate, but for those that are covered.

    A near box may be false, and a plate inside it true: only the check of both tells.

    Args:
        width_px_min: the least width of a near plate: a part of one may have the better score, and is not wide.
    """
    wide = without_duplicates([item for item in near if item.box.width_px >= width_px_min])
    rest = [
        item for item in boxes if all(covers(other, item) or not _same_plate(item.box, other.box) for other in wide)
    ]
    return sorted([*wide, *rest], key=lambda item: -item.confidence)


def covers(near: Detection, other: Detection) -> bool:
    """Whether a box has another inside that scores more and is less than half as wide.

    Of a true plate that is a part, and inside what is no plate it may be one.
    """
    return (
        other.confidence > near.confidence
        and other.box.width_px < COVERED_WIDTH_SHARE * near.box.width_px
        and _same_plate(near.box, other.box)
    )


def without_covered(detections: Sequence[Detection]) -> list[Detection]:
    """One box a plate, for who checks none: the boxes that no other covers."""
    return [item for item in detections if not any(covers(other, item) for other in detections)]


def without_duplicates(boxes: list[Detection]) -> list[Detection]:
    """One box a plate, best first: the network's own suppression lets a box inside another through."""
    best: list[Detection] = []
    for detection in sorted(boxes, key=lambda item: -item.confidence):
        if not any(_same_plate(detection.box, other.box) for other in best):
            best.append(detection)
    return best


def _same_plate(one: Box, other: Box) -> bool:
    smaller = max(1e-6, min(one.area_px2, other.area_px2))
    return one.iou(other) >= DUPLICATE_IOU or one.overlap_px2(other) / smaller >= DUPLICATE_INSIDE
