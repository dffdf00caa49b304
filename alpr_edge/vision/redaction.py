"""Covers the plates of other vehicles in a stored scene: a copy of it tells of one vehicle alone (policy 462.7).

Every box that the detectors find is covered, doubtful ones too: a sign that is covered costs nothing, a plate that is
not is somebody's. Each scene is looked at as a whole and in overlapping parts that are enlarged, which finds plates too
small for the reads of a drive. A box becomes one colour, the mean of what it covered: nothing of it can be worked out
from the copy, as it can from a blur.

A read's box is in the pixels of the camera's frame, and the scene may have been made smaller. Its scale is found by the
read's own crop, which is laid over the scene at each scale where its box, with the margin that a crop has, would be.
Where it fits nowhere, or too little is left of the plate to tell, that plate is covered as well. So it may be with a
read without a hit: when its pass ends, its crop may be replaced by a sharper one of another frame, its scene is not.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from alpr_edge.domain.errors import PictureError
from alpr_edge.domain.recognition.boxes import Box
from alpr_edge.domain.recognition.frames import Pixels
from alpr_edge.domain.recognition.vehicle_pass import CROP_MARGIN
from alpr_edge.vision.detector import Network, Picture
from alpr_edge.vision.jpeg_pictures import decode_stored, jpeg

SCORE_MIN = 0.1
"""Least score of a box that is covered; a read is begun from 0.3 up (``vision.detection_confidence_min``)."""
MARGIN = 0.15
"""Share of a box's size that is covered around it on every side."""
QUALITY = 90
"""JPEG quality of the copy."""
PARTS = 2
"""Parts to a side in which a scene is looked at besides the whole."""
PART_OVERLAP = 0.2
"""Share of a part's side that it shares with the next."""
OWN_OVERLAP_MIN = 0.3
"""Share of a box that lies in the read's own from which on it is the same plate."""
OWN_WIDTH_RATIO_MAX = 2.0
"""A box that is wider than the read's own by more than this is something else."""
SCALE_MIN = 0.05
SCALES = np.geomspace(SCALE_MIN, 1.0, 900)
"""Scales that are tried: neighbours differ by a third of a per cent, 2 px at the edge of a scene of 640."""
FIT_MIN = 0.8
"""Least correlation of crop and scene with which the place of the read's plate is known.

In dashcam frames as small as scenes of plain reads, 122 crops of the same frame fit with 0.92 or more. Of 111 crops
of another frame, a second or two away, 90 fit their place with 0.8 or more, and wrong places with 0.75 at most.
"""
FIT_SURE = 0.95
"""Correlation from which on no other scale is tried, and this one is remembered."""
FIT_WIDTH_MIN_PX, FIT_HEIGHT_MIN_PX = 16, 5
"""Least size of a crop in the scene: one that is smaller fits in many places by chance."""


@dataclass(frozen=True, slots=True)
class RedactedScene:
    """A copy of a scene without the plates of other vehicles."""

    jpeg: bytes
    covered: int
    """Boxes that were covered."""
    keeps_own: bool
    """Whether the plate of the read was found, and stays to be seen; otherwise it may be covered like the others."""


class SceneRedactor:
    """Covers plates in scenes; remembers the scale at which plates of a size were found, likely that of the next."""

    def __init__(self, networks: Sequence[Network]) -> None:
        self._networks = tuple(networks)
        self._scales: dict[tuple[int, int], float] = {}

    def redact(self, scene: bytes, crop: bytes, box: Box) -> RedactedScene:
        """A copy of a scene in which all plates but one are covered.

        Args:
            crop: the JPEG of the plate that stays to be seen, with its margin, as it is stored with the read; empty:
                none stays. One of another frame than the scene may fit nowhere.

        Raises:
            PictureError: the scene is no picture.
        """
        pixels = decode_stored(scene)
        own = self._own_box(pixels, crop, box) if crop else None
        found = self._boxes(pixels)
        others = [each for each in found if own is None or not _is_own(each, own)]
        copy = _cover(pixels, others, own)
        return RedactedScene(jpeg(copy, QUALITY), len(others), own is not None)

    def _boxes(self, pixels: Pixels) -> list[Box]:
        """Every box that may be a plate."""
        boxes: list[Box] = []
        for part, left, top in _parts(pixels):
            picture = Picture(part)
            for network in self._networks:
                boxes += [item.box.shift(left, top) for item in network.detect(picture, SCORE_MIN)]
        return [box for box in boxes if box.width_px >= 1 and box.height_px >= 1]

    def _own_box(self, pixels: Pixels, crop: bytes, box: Box) -> Box | None:
        """The read's own box in the pixels of the scene; None where it cannot be told."""
        try:
            plate = _grey(decode_stored(crop))
        except PictureError:
            return None
        height, width = pixels.shape[:2]
        grey, size = _grey(pixels), (width, height)
        likely = [self._scales[size]] if size in self._scales else []
        best_fit, best_scale = -1.0, 0.0
        for scale in (*likely, 1.0, *SCALES):
            fit = _fit(grey, plate, box, float(scale))
            if fit > best_fit:
                best_fit, best_scale = fit, float(scale)
            if fit >= FIT_SURE:
                break
        if best_fit < FIT_MIN:
            return None
        if best_fit >= FIT_SURE:
            self._scales[size] = best_scale
        return _at_scale(box, best_scale)


def _parts(pixels: Pixels) -> Iterator[tuple[Pixels, int, int]]:
    """The whole picture, then its overlapping parts: each with where it begins."""
    yield pixels, 0, 0
    height, width = pixels.shape[:2]
    for top, bottom in _spans(height):
        for left, right in _spans(width):
            yield np.ascontiguousarray(pixels[top:bottom, left:right]), left, top


def _spans(length: int) -> list[tuple[int, int]]:
    """Where the parts of a side begin and end."""
    part = round(length / (PARTS - (PARTS - 1) * PART_OVERLAP))
    steps = [round(number * (length - part) / max(1, PARTS - 1)) for number in range(PARTS)]
    return [(begin, min(length, begin + max(1, part))) for begin in steps]


def _is_own(box: Box, own: Box) -> bool:
    """Whether a box is on the read's own plate."""
    inside = box.overlap_px2(own) / max(1e-6, box.area_px2)
    return inside >= OWN_OVERLAP_MIN and box.width_px <= OWN_WIDTH_RATIO_MAX * own.width_px


def _cover(pixels: Pixels, boxes: Sequence[Box], own: Box | None) -> Pixels:
    """The picture with boxes in one colour each; the read's own plate is as it was."""
    copy = pixels.copy()
    height, width = copy.shape[:2]
    for box in boxes:
        left, top, right, bottom = box.expand(MARGIN).within(width, height)
        copy[top:bottom, left:right] = pixels[top:bottom, left:right].mean(axis=(0, 1)).astype(np.uint8)
    if own is not None:
        left, top, right, bottom = own.within(width, height)
        copy[top:bottom, left:right] = pixels[top:bottom, left:right]
    return copy


def _fit(scene: Pixels, crop: Pixels, box: Box, scale: float) -> float:
    """Correlation of a crop with a scene where it lies at a scale, -1 to 1; -1 where it does not lie in it."""
    plate = _at_scale(box, scale)
    height, width = scene.shape[:2]
    if plate.right_px > width + 1 or plate.bottom_px > height + 1:
        return -1.0
    left, top, right, bottom = plate.expand(CROP_MARGIN).within(width, height)
    if right - left < FIT_WIDTH_MIN_PX or bottom - top < FIT_HEIGHT_MIN_PX:
        return -1.0
    cut = scene[top:bottom, left:right].astype(np.float32)
    small = cv2.resize(crop, (right - left, bottom - top), interpolation=cv2.INTER_AREA).astype(np.float32)
    cut -= cut.mean()
    small -= small.mean()
    length = float(np.sqrt((cut**2).sum() * (small**2).sum()))
    return float((cut * small).sum()) / length if length > 0 else -1.0


def _at_scale(box: Box, scale: float) -> Box:
    return Box(box.left_px * scale, box.top_px * scale, box.right_px * scale, box.bottom_px * scale)


def _grey(pixels: Pixels) -> Pixels:
    return np.asarray(cv2.cvtColor(pixels, cv2.COLOR_BGR2GRAY), np.uint8)
