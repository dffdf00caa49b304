"""Renders faults of a camera over real frames: what covers the lens, blurs it, or where it looks instead."""

from collections.abc import Callable
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from alpr_edge.domain.diagnostics.camera_view import ViewFault
from alpr_edge.domain.recognition.frames import Pixels

Floats = NDArray[np.float32]
_NOISE = np.random.default_rng(0).normal(0, 1, (1600, 2200)).astype(np.float32)
REDUCED = 4
"""Blurs of many pixels are made in a picture so many times smaller."""


@dataclass(frozen=True, slots=True)
class Planted:
    """One fault: everything about it but the picture's noise and the road is fixed by its seed."""

    kind: str
    seed: int

    def render(self, pixels: Pixels, number: int) -> Pixels:
        """The frame ``number`` of a ride, uint8 [H, W, 3], as the faulty camera shows it."""
        noise = np.random.default_rng((self.seed, number))
        return _KINDS[self.kind][0](pixels, np.random.default_rng(self.seed), noise)

    @property
    def told_as(self) -> ViewFault:
        """The fault that is to be told."""
        return _KINDS[self.kind][1]


def _black(pixels: Pixels, draw: np.random.Generator, noise: np.random.Generator) -> Pixels:
    return _noisy(np.full_like(pixels, int(draw.integers(0, 12))), noise, 2)


def _glove(pixels: Pixels, draw: np.random.Generator, noise: np.random.Generator) -> Pixels:
    """A hand in a glove before the lens: one colour, lighter to one side, by the light of the road."""
    colour = draw.uniform(10, 70) * draw.uniform(0.7, 1.3, 3)
    slope = np.linspace(draw.uniform(0.5, 1), draw.uniform(1, 1.6), pixels.shape[1])[None, :, None]
    light = 0.8 + 0.4 * float(pixels.mean()) / 128
    return _noisy(np.ones((pixels.shape[0], 1, 1)) * slope * colour * light, noise, 2)


def _tape(pixels: Pixels, draw: np.random.Generator, noise: np.random.Generator) -> Pixels:
    """Tape over a third to half of the lens, from one of three sides or across its middle."""
    height, width = pixels.shape[:2]
    across, down, side = int(draw.uniform(0.3, 0.5) * width), int(draw.uniform(0.3, 0.5) * height), draw.integers(4)
    left = (0, width - across, (width - across) // 2, 0)[side]
    mask = np.zeros((height, width), np.float32)
    if side == 3:
        mask[-down:] = 1
    else:
        mask[:, left : left + across] = 1
    mask = _soft(mask, width / 60)[..., None]
    return _noisy(pixels * (1 - mask) + mask * draw.uniform(5, 120), noise, 1.5)


def _burnt(pixels: Pixels, draw: np.random.Generator, noise: np.random.Generator) -> Pixels:
    return _noisy(np.clip(pixels * draw.uniform(4, 10) + draw.uniform(80, 140), 0, 255), noise, 1)


def _defocus(pixels: Pixels, draw: np.random.Generator, noise: np.random.Generator) -> Pixels:
    """Blur with a sigma of 2.5 to 9 pixels of 1280."""
    return _noisy(cv2.GaussianBlur(pixels, (0, 0), draw.uniform(2.5, 9) * pixels.shape[1] / 1280), noise, 1.2)


def _mud(pixels: Pixels, draw: np.random.Generator, noise: np.random.Generator) -> Pixels:
    """Opaque spots over 30 to 45 % of the picture."""
    mask = _spots(pixels, draw, draw.uniform(0.3, 0.45), (0.06, 0.14))
    return _noisy(pixels * (1 - mask) + mask * draw.uniform(15, 90) * np.array([0.8, 1, 1.2]), noise, 1.2)


def _drops(pixels: Pixels, draw: np.random.Generator, noise: np.random.Generator) -> Pixels:
    """Drops over 40 to 60 % of the picture; each shows the road upside down, and blurred."""
    mask = _spots(pixels, draw, draw.uniform(0.4, 0.6), (0.05, 0.11))
    turned = _soft(np.ascontiguousarray(pixels[::-1, ::-1]), pixels.shape[1] / 50)
    return _noisy(pixels * (1 - mask) + mask * turned, noise, 1.2)


def _sky(pixels: Pixels, draw: np.random.Generator, noise: np.random.Generator) -> Pixels:
    """Clouds that drift by."""
    height, width = pixels.shape[:2]
    light = np.linspace(draw.uniform(150, 200), draw.uniform(180, 235), height)[:, None]
    clouds = cv2.resize(noise.normal(0, 25, (6, 10)).astype(np.float32), (width, height), interpolation=cv2.INTER_CUBIC)
    grey = light * min(1.0, 0.35 + float(pixels.mean()) / 150) + clouds
    return _noisy(np.repeat(grey[..., None], 3, axis=2), noise, 1.2)


def _ground(pixels: Pixels, draw: np.random.Generator, noise: np.random.Generator) -> Pixels:
    """The road right before the car, smeared by its speed."""
    height, width = pixels.shape[:2]
    near = cv2.resize(pixels[height * 3 // 4 :, width // 4 : width * 3 // 4], (width, height))
    smear = int(height * draw.uniform(0.05, 0.15))
    road = cv2.blur(near, (3, smear)).astype(np.float32)
    grain = cv2.blur(40 * _field(pixels, noise), (2, max(5, smear // 4)))[..., None]
    return _noisy(road + grain * min(1.0, float(road.mean()) / 60), noise, 1.2)


def _dashboard(pixels: Pixels, draw: np.random.Generator, noise: np.random.Generator) -> Pixels:
    """Fourteen flat and framed shapes that stand still, by the light of the road."""
    height, width = pixels.shape[:2]
    board = np.full(pixels.shape, draw.uniform(15, 60), np.float32)
    for _ in range(14):
        left, top = int(draw.uniform(0, width)), int(draw.uniform(0.2 * height, height))
        right, bottom = left + int(draw.uniform(30, width / 4)), top + int(draw.uniform(10, height / 4))
        level, is_flat = float(draw.uniform(5, 140)), draw.random() < 0.6
        cv2.rectangle(board, (left, top), (right, bottom), (level, level, level), -1 if is_flat else 3)
    light = 0.6 + 0.5 * float(pixels.mean()) / 100
    return _noisy(cv2.GaussianBlur(board, (0, 0), 1.5) * light, noise, 1.5)


def _spots(pixels: Pixels, draw: np.random.Generator, share: float, radii: tuple[float, float]) -> Floats:
    """A mask of ellipses over so much of the picture, float32 [H, W, 1]."""
    height, width = pixels.shape[:2]
    mask = np.zeros((height, width), np.float32)
    while mask.mean() < share:
        centre = int(draw.uniform(0.1, 0.9) * width), int(draw.uniform(0.15, 0.95) * height)
        axes = int(draw.uniform(*radii) * width), int(draw.uniform(*radii) * width)
        cv2.ellipse(mask, centre, axes, draw.uniform(0, 180), 0, 360, (1.0,), -1)
    return np.asarray(_soft(mask, width / 80)[..., None], np.float32)


def _soft(picture: NDArray[np.generic], sigma_px: float) -> Floats:
    height, width = picture.shape[:2]
    small = cv2.resize(np.asarray(picture, np.float32), (width // REDUCED, height // REDUCED))
    return np.asarray(cv2.resize(cv2.GaussianBlur(small, (0, 0), sigma_px / REDUCED), (width, height)), np.float32)


def _field(pixels: NDArray[np.generic], noise: np.random.Generator) -> Floats:
    """Noise of one level for a picture of at most 800 rows and 1400 columns, float32 [H, W]."""
    top, left = noise.integers(0, 800, 2)
    return _NOISE[top : top + pixels.shape[0], left : left + pixels.shape[1]]


def _noisy(picture: NDArray[np.generic], noise: np.random.Generator, levels: float) -> Pixels:
    full = np.asarray(picture, np.float32)
    return np.clip(full + levels * _field(full, noise)[..., None], 0, 255).astype(np.uint8)


_KINDS: dict[str, tuple[Callable[[Pixels, np.random.Generator, np.random.Generator], Pixels], ViewFault]] = {
    "black": (_black, ViewFault.COVERED),
    "glove": (_glove, ViewFault.COVERED),
    "tape": (_tape, ViewFault.DIRTY),
    "burnt": (_burnt, ViewFault.WASHED_OUT),
    "defocus": (_defocus, ViewFault.OUT_OF_FOCUS),
    "mud": (_mud, ViewFault.DIRTY),
    "drops": (_drops, ViewFault.DIRTY),
    "sky": (_sky, ViewFault.TURNED_AWAY),
    "ground": (_ground, ViewFault.TURNED_AWAY),
    "dashboard": (_dashboard, ViewFault.TURNED_AWAY),
}
KINDS = tuple(_KINDS)
