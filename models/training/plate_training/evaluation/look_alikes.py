"""What the prior from serial formats does to O against 0 and I against 1, plate by plate.

Each labelled plate is looked at four times: its true box as it is, and three times in an inexact box as a poor camera
sees it. A look is read without the prior and with it; both readings are the same but for look-alikes.
"""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from alpr_edge.capture.pictures import load_picture
from alpr_edge.domain.plates import ALPHABET, EMPTY, canonical
from alpr_edge.domain.recognition.boxes import Box
from alpr_edge.domain.recognition.frames import Pixels
from alpr_edge.domain.recognition.voting import PROBABILITY_FLOOR, apply_format_prior
from alpr_edge.vision.reader import OnnxReader
from plate_training.contract import SLOTS
from plate_training.data.pictures import brazilian, rows_of
from scripts.benchmarks.paired_comparison import Paired
from scripts.benchmarks.sets import box_of

SEED = 7
WIDTHS_PX = 64, 48, 36
"""Widths that a poor look has at most."""
JITTER = 0.05, 0.08
"""How far a side of a poor look's box is off: parts of the width, of the height."""
BRAZILIAN_EVERY = 5
"""Of the many Brazilian crops every fifth is looked at."""
RIDE = "ride"
"""The set that chooses nothing."""


@dataclass(frozen=True, slots=True)
class LabelledCrop:
    """A plate with the text on it, the letter O and the digit 0 apart."""

    group: str
    text: str
    path: Path
    box: Box | None
    """Its place in the picture; None: the whole."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """Of one look, whether it is read right without the prior and with it."""

    group: str
    clear: bool
    """The true box as it is, not a poor look."""
    raw: tuple[bool, bool]
    canonical: tuple[bool, bool]


def labelled_crops(data: Path) -> Iterator[LabelledCrop]:
    """Every labelled plate: road, benchmark, the ride, and the crops with the texts that came with them.

    Of the Brazilian ones about one in ten is wrong, which is so without the prior and with it.
    """
    for row in rows_of(data / "road" / "crops" / "crops.csv"):
        group = {"us": "road us_ca", "ca": "road us_ca", "eu": "road eu_gb", "gb": "road eu_gb"}
        path = data / "road" / "crops" / row["image"]
        yield LabelledCrop(group.get(row["country"], "road others"), row["text"], path, box_of(row))
    for name in ("us", "eu", "br"):
        for row in rows_of(data / "benchmark" / name / "truth.csv"):
            left, top = float(row["left_px"]), float(row["top_px"])
            box = Box(left, top, left + float(row["width_px"]), top + float(row["height_px"]))
            yield LabelledCrop(f"benchmark {name}", row["plate"], data / "benchmark" / name / row["image"], box)
    for row in rows_of(data / "dashcam" / "plates.csv"):
        if row["legibility"] == "clear":
            yield LabelledCrop(RIDE, row["text"], data / "dashcam" / row["image"], box_of(row))
    for region, every in (("us", 1), ("br", BRAZILIAN_EVERY)):
        rows = [row for row in rows_of(data / "crops" / region / "truth.csv") if row.get("rendered", "0") == "0"]
        for row in rows[::every]:
            text = brazilian(row["plate"]) if region == "br" else row["plate"]
            if 2 <= len(text) <= SLOTS:
                yield LabelledCrop(f"crops {region}", text, data / "crops" / region / row["image"], None)


def outcomes(crop: LabelledCrop, reader: OnnxReader, rng: np.random.Generator) -> Iterator[Outcome]:
    """Look at a plate and read it both ways."""
    pictures = looks(load_picture(crop.path), crop.box, rng)
    for index, slots in enumerate(reader.read_pictures(pictures)):
        texts = text_of(slots), text_of(apply_format_prior(np.maximum(slots, PROBABILITY_FLOOR).astype(np.float64)))
        raw = texts[0] == crop.text, texts[1] == crop.text
        without, with_prior = (canonical(text) == canonical(crop.text) for text in texts)
        yield Outcome(crop.group, index == 0, raw, (without, with_prior))


def text_of(slots: NDArray[np.floating[Any]]) -> str:
    """The likeliest characters, the letter O and the digit 0 apart."""
    return "".join(ALPHABET[index] for index in slots.argmax(axis=1)).replace(EMPTY, "")


def looks(picture: Pixels, box: Box | None, rng: np.random.Generator) -> list[Pixels]:
    """The true box, and poor looks at it."""
    height, width = picture.shape[:2]
    true = box or Box(0, 0, width, height)
    pictures = [_cut(picture, true)]
    for width_px in WIDTHS_PX:
        part = _cut(picture, _inexact(true, rng))
        if part.shape[1] > width_px:
            size = width_px, max(6, round(part.shape[0] * width_px / part.shape[1]))
            part = np.asarray(cv2.resize(part, size, interpolation=cv2.INTER_AREA), np.uint8)
        pictures.append(np.asarray(cv2.GaussianBlur(part, (3, 3), 0.6), np.uint8))
    return pictures


def _inexact(box: Box, rng: np.random.Generator) -> Box:
    off_x = rng.uniform(-JITTER[0], JITTER[0], 2) * box.width_px
    off_y = rng.uniform(-JITTER[1], JITTER[1], 2) * box.height_px
    sides = box.left_px + off_x[0], box.top_px + off_y[0], box.right_px + off_x[1], box.bottom_px + off_y[1]
    return Box(*map(float, sides))


def _cut(picture: Pixels, box: Box) -> Pixels:
    left, top, right, bottom = box.within(picture.shape[1], picture.shape[0])
    return picture[top:bottom, left:right]


def by_group(results: list[Outcome]) -> dict[str, dict[str, Paired]]:
    """Paired counts of each group, raw and canonical, of true boxes and of poor looks."""
    pairs: dict[str, dict[str, list[tuple[bool, bool]]]] = defaultdict(lambda: defaultdict(list))
    for one in results:
        groups = (one.group,) if one.group == RIDE else (one.group, "all but the ride")
        for group in groups:
            look = "true box" if one.clear else "poor look"
            pairs[group][f"{look}, O apart"].append(one.raw)
            pairs[group][f"{look}, canonical"].append(one.canonical)
    return {
        group: {kind: Paired.of([a for a, _ in row], [b for _, b in row]) for kind, row in kinds.items()}
        for group, kinds in pairs.items()
    }
