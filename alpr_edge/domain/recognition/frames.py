"""A camera's frame, the plates detected in it, and what is read from them: Frame -> Detection -> Reading."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from alpr_edge.domain.instants import Instant
from alpr_edge.domain.recognition.boxes import Box
from alpr_edge.domain.recognition.slot_texts import text_confidence_of, text_of

Pixels = NDArray[np.uint8]
Probabilities = NDArray[np.float32]


@dataclass(frozen=True, slots=True, eq=False)
class Frame:
    """One picture of one camera."""

    camera_id: str
    number: int
    """0-based number in the source; gaps are frames that were dropped."""
    captured_at: Instant
    """When the sensor took it."""
    pixels: Pixels
    """uint8 [H, W, 3], BGR, read-only."""

    @property
    def width_px(self) -> int:
        """Width of the picture."""
        return int(self.pixels.shape[1])

    @property
    def height_px(self) -> int:
        """Height of the picture."""
        return int(self.pixels.shape[0])


def pixels_inside(pixels: Pixels, box: Box) -> Pixels:
    """The part of a picture that a box covers; at least one pixel."""
    left, top, right, bottom = box.within(pixels.shape[1], pixels.shape[0])
    return pixels[top:bottom, left:right]


@dataclass(frozen=True, slots=True)
class Detection:
    """A plate found in a frame."""

    box: Box
    confidence: float
    """The detector's score, 0 to 1."""
    input_pixel_px: float = 1.0
    """Width and height, in pixels of the frame, of a pixel of the detector's input: by so much the box may be off."""


@dataclass(frozen=True, slots=True, eq=False)
class Crop:
    """The part of a frame that a detection covers, on its way to the reader."""

    frame_number: int
    box: Box
    pixels: Pixels
    """uint8 [H, W, 3], BGR."""


@dataclass(frozen=True, eq=False)
class Reading:
    """What the reader makes of one plate in one frame."""

    frame_number: int
    captured_at: Instant
    box: Box
    detection_confidence: float
    slot_probabilities: Probabilities
    """float32 [slots, alphabet]; each row sums to 1."""
    sharpness: float
    """Variance of the Laplacian of the crop at reader size: larger is sharper."""
    is_accepted: bool = True
    """False: it is taken for no plate. Such a look shows where a plate that is known
    already has gone; it has no vote and begins no pass."""
    small_crop: Pixels | None = None
    """uint8 [H, W], the crop made small and grey, by which a later one is compared; None: it is unlike any other."""
    is_cut: bool = False
    """Whether the box reaches the frame's edge, so that characters may be missing."""
    is_spared: bool = False
    """Whether the box was found in this frame and the rest taken from an earlier reading of the same plate."""
    look_number: int | None = None
    """Number of its look among those of its track, where readings that look the same have the same one; None: it is
    unlike any other."""

    @cached_property
    def text(self) -> str:
        """Canonical text of the likeliest slots."""
        return text_of(self.slot_probabilities)

    @cached_property
    def text_confidence(self) -> float:
        """Probability of :attr:`text`."""
        return text_confidence_of(self.slot_probabilities)
