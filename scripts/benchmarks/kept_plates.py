"""Scenes for choosing constants: plates that neither training nor the benchmark has.

Real crops that training keeps for validation (every tenth) and rendered plates of seeds of their own, each put on one
of the photos without a plate that training keeps for validation. What is tuned is tuned here; the benchmark only
measures.
"""

import csv
from functools import partial
from pathlib import Path

import cv2
import numpy as np

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
from scripts.benchmarks.rendered_scenes import turn_corners
from scripts.benchmarks.sets import FRAME_PX, NEGATIVES, Opener, Scene, TruePlate

SEED = 4621
EVERY = 10
"""As ``models/training`` keeps real crops: every tenth by name."""
PHOTOS = 100
"""Photos without a plate before those that the benchmark takes."""
CHARACTERS = range(2, 10)
WIDTH_PX = 260
RENDERED = 200


def kept_openers(data: Path) -> list[Opener]:
    """Every kept real crop, then :data:`RENDERED` rendered plates."""
    photos = kept_photos(data)
    real = [partial(_real, photos[i % len(photos)], *crop, i) for i, crop in enumerate(kept_crops(data))]
    facts = data / "plates" / "plates-us.json"
    designs = BUILT_IN_DESIGNS + (designs_from_facts(facts) if facts.is_file() else ())
    return [*real, *(partial(_render, photos[i % len(photos)], designs, i) for i in range(RENDERED))]


def kept_photos(data: Path) -> list[Path]:
    """The photos without a plate that training keeps for validation."""
    return sorted((data / "negatives").glob("*.jpg"))[-NEGATIVES - PHOTOS : -NEGATIVES]


def kept_crops(data: Path) -> list[tuple[Path, str]]:
    """Real crops with their canonical texts."""
    crops = []
    for region in ("us", "br"):
        folder = data / "crops" / region
        with (folder / "truth.csv").open(encoding="utf-8", newline="") as file:
            rows = [row for row in csv.DictReader(file) if row.get("rendered", "0") == "0"]
        rows.sort(key=lambda row: row["image"])
        crops += [(folder / row["image"], canonical(row["plate"])) for row in rows[::EVERY]]
    return [(path, plate) for path, plate in crops if len(plate) in CHARACTERS]


def _real(photo: Path, crop: Path, plate: str, index: int) -> Scene:
    rng = np.random.default_rng((SEED, 1, index))
    return mount_plate(photo, load_picture(crop), plate, rng, flat=True)


def _render(photo: Path, designs: tuple[PlateDesign, ...], index: int) -> Scene:
    rng = np.random.default_rng((SEED, 2, index))
    design = designs[int(rng.integers(len(designs)))]
    text = random_serial(design, rng)
    return mount_plate(photo, render_plate(text, design, rng).pixels, canonical(text), rng, flat=False)


def mount_plate(
    photo: Path, plate: Pixels, text: str, rng: np.random.Generator, *, flat: bool, width_px: float = WIDTH_PX
) -> Scene:
    """The plate on the photo; a drawn one turned in space, a real one as its camera saw it."""
    canvas = cv2.resize(load_picture(photo), FRAME_PX, interpolation=cv2.INTER_CUBIC)
    size = round(width_px), max(4, round(width_px * plate.shape[0] / plate.shape[1]))
    middle = rng.uniform(0.25, 0.75, 2) * FRAME_PX
    half = np.array(size) / 2
    corners = np.array([-half, half * (1, -1), half, half * (-1, 1)]) if flat else turn_corners(*size, rng)
    metal = np.array([[0, 0], [size[0], 0], size, [0, size[1]]], np.float32)
    warp = cv2.getPerspectiveTransform(metal, (corners + middle).astype(np.float32))
    small = cv2.resize(plate, size, interpolation=cv2.INTER_AREA)
    cv2.warpPerspective(small, warp, FRAME_PX, dst=canvas, borderMode=cv2.BORDER_TRANSPARENT)
    (left, top), (right, bottom) = (corners + middle).min(axis=0), (corners + middle).max(axis=0)
    box = Box(float(left), float(top), float(right), float(bottom))
    return Scene(f"kept/{photo.name}", canvas.astype(np.uint8, copy=False), (TruePlate(box, text),))
