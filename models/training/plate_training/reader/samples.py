"""Training samples of the reader: crops as a detector cuts them out of a camera's frame."""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from alpr_edge.simulation.plates.designs import PlateDesign
from alpr_edge.simulation.plates.fonts import Face
from alpr_edge.vision.picture_size import resize_crop
from plate_training.contract import READER_SIZE, SLOTS, Picture, plain, targets_of
from plate_training.data.mistakes import Mistake
from plate_training.data.pictures import PlateCrop
from plate_training.rendering.decoys import lettering
from plate_training.rendering.degrade import Rng, blur, light, noise, to_grey
from plate_training.rendering.geometry import bounds, turned_corners
from plate_training.rendering.plate_source import MountedPicture, mount, render_random_plate

REAL = {"us": 0.07, "br": 0.07, "eu": 0.12, "us_ca": 0.05, "gb": 0.04, "other": 0.05, "taught": 0.03}
"""Shares of real crops among the samples."""
NO_PLATE, LETTERED, MISTAKEN = 0.09, 0.35, 0.6
"""Share of pictures without a plate; how many of those show lettering; how many others a detector took for one."""
WIDE_PX = 30.0, 80.0, 400.0
"""Widths of a plate as the camera sees it: least, usual, most."""
NEAR_SHARE = 0.4
"""Share of boxes that lie close to the plate; the sides of the others are off by more, each by itself."""
ASKEW, ASKEW_SHARE = 2.0, 0.25
"""By how much more some plates are turned than the others, and their share: seen from beside the car, or uphill."""
ASKEW_ROLL = 0.07
"""Standard deviation of their angle in the picture, in radians, before that: a leaning camera or motorcycle."""
RENDER_HEIGHT_PX = 72


@dataclass(frozen=True, slots=True)
class ReaderSamples:
    """Draws samples (crop uint8 [64, 192, 1], slot indices int64 [9])."""

    designs: tuple[PlateDesign, ...]
    faces: tuple[Face, ...]
    crops: dict[str, list[PlateCrop]]
    empty: list[Picture]
    mistakes: list[Mistake]

    def __call__(self, rng: Rng) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
        """One sample."""
        targets, patch, real = self._plate(rng)
        return photograph_plate(patch, rng, real=real)[..., np.newaxis], targets

    def _plate(self, rng: Rng) -> tuple[NDArray[np.int64], MountedPicture, bool]:
        kind = rng.random()
        for region, crops in self.crops.items():
            if 0 <= kind < REAL.get(region, 0.0):
                crop = crops[int(rng.integers(len(crops)))]
                return targets_of(crop.text, zero_known=crop.zero_known), on_car(crop, rng), True
            kind -= REAL.get(region, 0.0)
        if 0 <= kind < NO_PLATE:
            return targets_of(""), mount(self._no_plate(rng), None, rng), True
        text = ""
        while not 1 <= len(text) <= SLOTS:
            printed_text, pixels, outline = render_random_plate(self.designs, self.faces, rng, RENDER_HEIGHT_PX)
            text = plain(printed_text)
        return targets_of(text), mount(pixels, outline, rng), False

    def _no_plate(self, rng: Rng) -> Picture:
        if rng.random() < LETTERED:
            return lettering(rng, self.faces)
        if rng.random() > MISTAKEN or not self.mistakes:
            return _piece(self.empty[int(rng.integers(len(self.empty)))], rng)
        mistake = self.mistakes[int(rng.integers(len(self.mistakes)))]
        left, top, right, bottom = (max(0, round(edge)) for edge in mistake.box)
        part = self.empty[mistake.photo][top : max(bottom, top + 4), left : max(right, left + 8)]
        return cv2.cvtColor(part, cv2.COLOR_GRAY2BGR).astype(np.uint8, copy=False)


def on_car(crop: PlateCrop, rng: Rng) -> MountedPicture:
    """A real plate on what it was photographed on, or on a drawn piece of car where it was cut out without."""
    if crop.box is None:
        return mount(crop.picture, None, rng)
    left, top, right, bottom = crop.box
    return MountedPicture(
        crop.picture, np.array([[left, top], [right, top], [right, bottom], [left, bottom]], np.float32)
    )


def _piece(grey: Picture, rng: Rng) -> Picture:
    """Some part of a photo, as a false detection would cut it."""
    wide = int(rng.integers(30, min(200, grey.shape[1])))
    tall = min(grey.shape[0], max(12, round(wide / float(rng.uniform(1.7, 4.5)))))
    left, top = int(rng.integers(grey.shape[1] - wide + 1)), int(rng.integers(grey.shape[0] - tall + 1))
    return cv2.cvtColor(grey[top : top + tall, left : left + wide], cv2.COLOR_GRAY2BGR).astype(np.uint8, copy=False)


def photograph_plate(patch: MountedPicture, rng: Rng, *, real: bool) -> Picture:
    """The plate turned, seen by a camera of few pixels, cut out by an inexact box, resized for the network."""
    corners = patch.corners
    width, height = corners[2] - corners[0]
    wide = float(np.exp(rng.triangular(*np.log(WIDE_PX))))
    tall = wide * float(height / width)
    turn = 0.6 if real else 1.0
    if rng.random() < ASKEW_SHARE:
        quad = turned_corners(wide, tall, rng, strength=turn * ASKEW, roll=ASKEW_ROLL)
    else:
        quad = turned_corners(wide, tall, rng, strength=turn)
    box = _inexact(bounds(quad), rng)
    size = max(8, round(float(box[2] - box[0]))), max(5, round(float(box[3] - box[1])))
    stretch = np.array(size, np.float32) / (box[2:] - box[:2])
    shrink = min(float(height) / tall, 8.0)
    grey = to_grey(patch.picture, rng)
    if shrink > 1.3:
        grey = cv2.GaussianBlur(grey, (0, 0), 0.4 * shrink).astype(np.uint8, copy=False)
    project = cv2.getPerspectiveTransform(corners, ((quad - box[:2]) * stretch).astype(np.float32))
    small = cv2.warpPerspective(grey, project, size, flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    small = light(small.astype(np.uint8, copy=False), rng)
    small = noise(blur(small, rng, max(1.0, tall / 16)), rng)
    return resize_crop(small, *READER_SIZE)


def _inexact(box: NDArray[np.float32], rng: Rng) -> NDArray[np.float32]:
    """The box as a detector gives it, or whoever labels: each side off by some per cent, more often outwards."""
    size = np.tile(box[2:] - box[:2], 2)
    outward = np.array([-1, -1, 1, 1], np.float32)
    off = rng.normal(0.01, 0.035, 4) if rng.random() < NEAR_SHARE else rng.uniform(-0.085, 0.18, 4)
    return (box + outward * np.clip(off, -0.085, 0.2).astype(np.float32) * size).astype(np.float32)
