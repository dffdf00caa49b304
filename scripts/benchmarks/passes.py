"""Vehicles passing a camera, made of still pictures: a plate that drifts, grows and shakes through a second of frames.

A pass is built from any scene: the whole picture is moved and scaled, so what stands around the plate goes with it, and
every frame has its own light, blur, noise and JPEG. Each pass has a seed of its own.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial

import cv2
import numpy as np
from numpy.typing import NDArray

from alpr_edge.domain.instants import Instant
from alpr_edge.domain.recognition.boxes import Box
from alpr_edge.domain.recognition.frames import Frame, Pixels
from alpr_edge.vision.detector import PADDING_GREY
from scripts.benchmarks.sets import FRAME_PX, Opener, Scene, TruePlate

SEED = 4625
FRAMES = 12
FRAME_MS = 66.7
"""Fifteen frames a second: what a small computer keeps up with."""
WIDTHS_PX = 35.0, 110.0
"""Plate width in the first frame, drawn evenly on a log scale."""
ZOOM = 1.0, 2.2
"""How much larger the plate is in the last frame."""
WHOLE_SCALES = 0.94, 1.02
"""Of a whole scene in its first and last frame."""
WHOLE_LIGHT, WHOLE_QUALITY = 0.1, (80, 96)
"""Standard deviation of the logarithm of a whole scene's light, and least and most quality of its JPEG."""
DRIFT_PX = 25.0, 6.0
"""Standard deviation of the plate's way from one frame to the next, across and down."""
SHAKE_PX = 1.5


@dataclass(frozen=True, slots=True, eq=False)
class Pass:
    """One vehicle's passing: the plate of ``truth`` in every frame, and where it is in each."""

    truth: TruePlate
    frames: Iterator[Frame]
    boxes: tuple[Box, ...]
    plates: tuple[tuple[Box, ...], ...]
    """Of each frame: every plate of the scene, and what may be one."""


def passes(openers: Sequence[Opener]) -> list[partial[Pass]]:
    """One pass a scene, its frames made as they are asked for."""
    return [partial(_pass, opener, index) for index, opener in enumerate(openers)]


def whole_passes(openers: Sequence[Opener]) -> list[partial[Pass]]:
    """One pass a scene of all that is in it, in frames of its own size, as sharp as it is."""
    return [partial(_whole_pass, opener, index) for index, opener in enumerate(openers)]


def _pass(opener: Opener, index: int) -> Pass:
    scene, rng = opener(), np.random.default_rng((SEED, index))
    truth = scene.truths[0]
    widths = np.exp(rng.uniform(*np.log(WIDTHS_PX))) * np.linspace(1, rng.uniform(*ZOOM), FRAMES)
    scales = widths / truth.box.width_px
    centre = np.array(truth.box.centre_px)
    offsets = _way(float(widths[-1]), rng) - centre * scales[:, np.newaxis]
    return _build_pass(scene, scales, offsets, _frames(scene.pixels, scales, offsets, rng))


def _whole_pass(opener: Opener, index: int) -> Pass:
    scene, rng = opener(), np.random.default_rng((SEED, 1, index))
    height, width = scene.pixels.shape[:2]
    scales = np.linspace(*WHOLE_SCALES, FRAMES)
    offsets = np.array([width, height]) / 2 * (1 - scales[:, np.newaxis]) + rng.normal(0, SHAKE_PX, (FRAMES, 2))
    return _build_pass(scene, scales, offsets, _whole_frames(scene.pixels, scales, offsets, rng))


def _build_pass(
    scene: Scene, scales: NDArray[np.float64], offsets: NDArray[np.float64], frames: Iterator[Frame]
) -> Pass:
    """The pass of a scene that is shown at these scales and places, one for each frame."""
    places = (*(truth.box for truth in scene.truths), *scene.ignored_boxes)
    views = list(zip(scales, offsets, strict=True))
    plates = tuple(tuple(_shift_box(box, float(scale), offset) for box in places) for scale, offset in views)
    return Pass(scene.truths[0], frames, tuple(row[0] for row in plates), plates)


def _shift_box(box: Box, scale: float, offset: NDArray[np.float64]) -> Box:
    scaled_box = Box(*(side * scale for side in (box.left_px, box.top_px, box.right_px, box.bottom_px)))
    return scaled_box.shift(float(offset[0]), float(offset[1]))


def _way(width_px: float, rng: np.random.Generator) -> NDArray[np.float64]:
    """Centre of the plate in each frame, float64 [FRAMES, 2]: straight ahead with a shake, always in the picture."""
    room = np.array(FRAME_PX, np.float64)
    margin = np.minimum(width_px, room / 2 - 1)
    way = rng.uniform(margin, room - margin) + rng.normal(0, DRIFT_PX) * np.arange(FRAMES)[:, np.newaxis]
    return np.asarray(np.clip(way + rng.normal(0, SHAKE_PX, way.shape), margin, room - margin), np.float64)


def _frames(
    pixels: Pixels, scales: NDArray[np.float64], offsets: NDArray[np.float64], rng: np.random.Generator
) -> Iterator[Frame]:
    nearest = min(1.0, float(scales.max()))
    size = max(1, round(pixels.shape[1] * nearest)), max(1, round(pixels.shape[0] * nearest))
    source = cv2.resize(pixels, size, interpolation=cv2.INTER_AREA)
    for number, (scale, offset) in enumerate(zip(scales / nearest, offsets, strict=True)):
        soft = source if scale > 0.8 else cv2.GaussianBlur(source, (0, 0), 0.4 / scale)
        warp = np.array([[scale, 0, offset[0]], [0, scale, offset[1]]])
        picture = cv2.warpAffine(soft, warp, FRAME_PX, borderValue=(PADDING_GREY,) * 3)
        yield Frame("pass", number, Instant("pass", round(number * FRAME_MS * 1e6)), _photograph(picture, scale, rng))


def _whole_frames(
    pixels: Pixels, scales: NDArray[np.float64], offsets: NDArray[np.float64], rng: np.random.Generator
) -> Iterator[Frame]:
    size = pixels.shape[1], pixels.shape[0]
    for number, (scale, offset) in enumerate(zip(scales, offsets, strict=True)):
        warp = np.array([[scale, 0, offset[0]], [0, scale, offset[1]]])
        picture = cv2.warpAffine(pixels, warp, size, borderValue=(PADDING_GREY,) * 3)
        lit_picture = cv2.convertScaleAbs(picture, alpha=float(np.exp(rng.normal(0, WHOLE_LIGHT))))
        final_picture = _compress(np.asarray(lit_picture, np.uint8), int(rng.integers(*WHOLE_QUALITY)))
        yield Frame("pass", number, Instant("pass", round(number * FRAME_MS * 1e6)), final_picture)


def _photograph(picture: NDArray[np.generic], scale: float, rng: np.random.Generator) -> Pixels:
    """The frame in its own light and blur, with a sensor's noise, after a camera's JPEG."""
    lit_picture = cv2.convertScaleAbs(np.asarray(picture, np.uint8), alpha=float(np.exp(rng.normal(-0.1, 0.2))))
    lit_picture = cv2.GaussianBlur(lit_picture, (0, 0), float(rng.uniform(0.3, 1.0)))
    length_px = float(rng.exponential(2.0)) * scale
    if length_px > 1:
        lit_picture = cv2.filter2D(lit_picture, -1, _streak(length_px, rng))
    cv2.setRNGSeed(int(rng.integers(2**31)))
    grain = cv2.randn(np.zeros(lit_picture.shape, np.int16), np.zeros(3), np.full(3, rng.uniform(1, 8)))
    noisy = cv2.add(lit_picture, grain, dtype=cv2.CV_8U)
    return _compress(np.asarray(noisy, np.uint8), int(rng.integers(50, 93)))


def _compress(pixels: Pixels, quality: int) -> Pixels:
    """The picture after a camera's JPEG."""
    _, jpeg = cv2.imencode(".jpg", pixels, [cv2.IMWRITE_JPEG_QUALITY, quality])
    return np.asarray(cv2.imdecode(jpeg, cv2.IMREAD_COLOR), np.uint8)


def _streak(length_px: float, rng: np.random.Generator) -> NDArray[np.float32]:
    """Kernel of a motion of that length, mostly along the road."""
    reach = max(1, round(length_px))
    kernel = np.zeros((2 * reach + 1, 2 * reach + 1), np.float32)
    angle = rng.normal(0, 0.3)
    half = np.array([np.cos(angle), np.sin(angle)]) * reach / 2
    start, end = ((round(reach + sign * half[0]), round(reach + sign * half[1])) for sign in (-1, 1))
    cv2.line(kernel, start, end, (1.0,))
    return np.asarray(kernel / kernel.sum(), np.float32)
