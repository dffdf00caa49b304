"""Rendered plates on photos without a plate: the one set where the place of the characters is known.

It comes from the renderer that training uses, so its recall flatters; it is here for tightness and for misses by width.
Every scene has a seed of its own: the set is the same on every machine, whatever else is measured.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from alpr_edge.capture.pictures import load_picture
from alpr_edge.domain.plates import canonical
from alpr_edge.domain.recognition.boxes import Box
from alpr_edge.domain.recognition.frames import Pixels
from alpr_edge.simulation.plates.renderer import (
    BUILT_IN_DESIGNS,
    PlateDesign,
    designs_from_facts,
    random_serial,
    render_plate,
)
from scripts.benchmarks.sets import FRAME_PX, Opener, Scene, TruePlate, negative_paths

SEED = 462
WIDTHS_PX = 30.0, 240.0
"""Plate width before it is turned, drawn evenly on a log scale."""
TURNS_RAD = np.array([0.3, 0.15, 0.05])
"""Standard deviations of yaw, pitch and roll; twice that is the most."""

Corners = NDArray[np.float64]
"""float64 [4, 2], clockwise from the top left."""


@dataclass(frozen=True, slots=True)
class Drawing:
    """How scenes are drawn.

    Args:
        paths: photos without a plate, used in turn.
        frame_px: width and height of a frame.
        widths_px: least and most width of a plate.
        seed: the seed of the whole set.
    """

    paths: Sequence[Path]
    frame_px: tuple[int, int] = FRAME_PX
    widths_px: tuple[float, float] = WIDTHS_PX
    seed: int = SEED


def benchmark_scenes(data: Path) -> list[Opener]:
    """The benchmark's set: a scene on each of its photos without a plate."""
    paths = negative_paths(data)
    return scenes(data, Drawing(paths), len(paths))


def scenes(data: Path, drawing: Drawing, count: int) -> list[Opener]:
    """Scenes of two plates, one in each half of the frame."""
    facts = data / "plates" / "plates-us.json"
    designs = BUILT_IN_DESIGNS + (designs_from_facts(facts) if facts.is_file() else ())
    return [partial(_scene, drawing, index, designs) for index in range(count)]


def _scene(drawing: Drawing, index: int, designs: tuple[PlateDesign, ...]) -> Scene:
    rng = np.random.default_rng((drawing.seed, index))
    path, (width, height) = drawing.paths[index % len(drawing.paths)], drawing.frame_px
    canvas = cv2.resize(load_picture(path), drawing.frame_px, interpolation=cv2.INTER_CUBIC).astype(np.float32)
    truths = []
    for side in range(2):
        middle = np.array([width / 2 * (side + rng.uniform(0.28, 0.72)), height * rng.uniform(0.2, 0.85)])
        design = designs[int(rng.integers(len(designs)))]
        truths.append(_paste(canvas, middle, design, float(np.exp(rng.uniform(*np.log(drawing.widths_px)))), rng))
    return Scene(f"rendered/{path.name}", _compress(canvas, rng), tuple(truths))


def _paste(
    canvas: NDArray[np.float32], middle: Corners, design: PlateDesign, width: float, rng: np.random.Generator
) -> TruePlate:
    """Mount one plate on the canvas; its outer corners and those of its serial go the same way."""
    text = random_serial(design, rng)
    plate = render_plate(text, design, rng)
    size = round(width), max(4, round(width * design.height_mm / design.width_mm))
    shrink = np.array(size) / plate.pixels.shape[1::-1]
    corners = turn_corners(float(size[0]), float(size[1]), rng) + middle
    metal = _rectangle(0, 0, *size).astype(np.float32)
    warp = np.asarray(cv2.getPerspectiveTransform(metal, corners.astype(np.float32)), np.float64)
    if rng.random() < 0.5:
        _mount(canvas, corners, rng)
    shrunk = cv2.resize(plate.pixels, size, interpolation=cv2.INTER_AREA).astype(np.uint8, copy=False)
    _blend(canvas, shrunk, warp, rng)
    serial = _rectangle(*plate.serial_box_px) * shrink
    characters = cv2.perspectiveTransform(serial[np.newaxis], warp)[0].astype(np.float64)
    left, top, right, bottom = (float(side) for side in (*corners.min(axis=0), *corners.max(axis=0)))
    return TruePlate(Box(left, top, right, bottom), canonical(text), characters)


def _rectangle(left: float, top: float, right: float, bottom: float) -> Corners:
    return np.array([[left, top], [right, top], [right, bottom], [left, bottom]], np.float64)


def turn_corners(width_px: float, height_px: float, rng: np.random.Generator) -> Corners:
    """Corners of a plate about the origin, turned in space and seen from 6 to 30 widths away."""
    yaw, pitch, roll = np.clip(rng.normal(0, TURNS_RAD), -2 * TURNS_RAD, 2 * TURNS_RAD)
    flat = np.array([[-1, -1], [1, -1], [1, 1], [-1, 1]]) * (width_px / 2, height_px / 2)
    x, y = flat[:, 0] * np.cos(yaw), flat[:, 1] * np.cos(pitch)
    depth = flat[:, 0] * np.sin(yaw) + flat[:, 1] * np.sin(pitch)
    away = width_px * rng.uniform(6, 30)
    projection = np.stack([x, y], axis=1) * (away / (away + depth))[:, np.newaxis]
    spin = np.array([[np.cos(roll), np.sin(roll)], [-np.sin(roll), np.cos(roll)]])
    return np.asarray(projection @ spin, np.float64)


def _mount(canvas: NDArray[np.float32], corners: Corners, rng: np.random.Generator) -> None:
    """A holder or a recess around the plate, darker or brighter than what it is in."""
    middle = corners.mean(axis=0)
    around = middle + (corners - middle) * (1 + rng.uniform(0.04, 0.4, 2))
    tone = float(rng.choice([15, 45, 90, 200]))
    cv2.fillConvexPoly(canvas, np.round(around).astype(np.int32), (tone, tone, tone), cv2.LINE_AA)


def _blend(canvas: NDArray[np.float32], plate: Pixels, warp: Corners, rng: np.random.Generator) -> None:
    """The plate in the light and the blur of the moment."""
    lit_plate = plate.astype(np.float32) * np.float32(np.exp(rng.normal(-0.15, 0.35)))
    blur = float(rng.uniform(0.3, 1.0))
    frame_px = canvas.shape[1], canvas.shape[0]
    metal = cv2.warpPerspective(lit_plate, warp, frame_px, flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    cover = cv2.warpPerspective(np.ones(plate.shape[:2], np.float32), warp, frame_px, flags=cv2.INTER_LINEAR)
    cover = cv2.GaussianBlur(cover, (0, 0), blur)[..., np.newaxis]
    change = (cv2.GaussianBlur(metal, (0, 0), blur) - canvas) * cover
    # On the plate's horizon, far outside it, the warp divides by zero.
    canvas += np.where(cover > 0, change, np.float32(0))


def _compress(canvas: NDArray[np.float32], rng: np.random.Generator) -> Pixels:
    """The frame with a sensor's noise, after a camera's JPEG."""
    noisy = canvas + rng.normal(0, rng.uniform(1, 5), canvas.shape)
    quality = int(rng.integers(60, 96))
    _, jpeg = cv2.imencode(".jpg", np.clip(noisy, 0, 255).astype(np.uint8), [cv2.IMWRITE_JPEG_QUALITY, quality])
    return np.asarray(cv2.imdecode(jpeg, cv2.IMREAD_COLOR), np.uint8)
