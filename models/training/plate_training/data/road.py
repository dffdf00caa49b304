"""Road photos of Open Images: frames with every plate boxed, and plates with text. A tenth is kept for validation."""

import math
from collections.abc import Iterable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from plate_training.contract import SLOTS, Picture, canonical, plain
from plate_training.data.pictures import LABELS, LabelledFrame, PlateCrop, read_grey, read_picture, rows_of

SETS = "openimages_american", "openimages_latin_america", "openimages_world", "openimages_world_small"
SIDES = "left_px", "top_px", "right_px", "bottom_px"
COUNTRY_GROUPS = {"us": "us_ca", "ca": "us_ca", "gb": "gb", "br": "br"}
"""Groups of countries whose plates are alike; all others are ``other``."""
ZERO_KNOWN = "gb", "br"
"""Countries whose pattern says which characters are letters."""


def road_frames(folder: Path, *, validation: bool) -> list[LabelledFrame]:
    """The frames of all sets, grey, with boxes of plates and of places that may show an unmarked one."""
    frames = []
    for name in SETS:
        part = folder / "road" / name
        boxes, unsure = _boxes_of(part / "boxes.csv"), _boxes_of(part / "ignore.csv")
        for row in rows_of(part / "frames.csv"):
            if (row["kept"] == "1") == validation:
                image = row["image"]
                frames.append(
                    LabelledFrame(read_grey(part / image), _edges(boxes.get(image, ())), _edges(unsure.get(image, ())))
                )
    return frames


def road_crops(folder: Path, *, validation: bool, labels: Path = LABELS) -> dict[str, list[PlateCrop]]:
    """Plates with text by group of countries; for training, those that a teacher read are ``taught``.

    Args:
        folder: the folder of the real data.
        validation: take those kept for validation instead.
        labels: the folder that ``label`` wrote.
    """
    by_group: dict[str, list[PlateCrop]] = {}
    for row in rows_of(folder / "road" / "crops" / "crops.csv"):
        text = plain(row["text"])
        if (row["kept"] == "1") != validation or not 2 <= len(text) <= SLOTS:
            continue
        picture = read_picture(folder / "road" / "crops" / row["image"])
        is_zero_known = row["country"] in ZERO_KNOWN
        left, top, right, bottom = (float(row[side]) for side in SIDES)
        crop = PlateCrop(picture, text if is_zero_known else canonical(text), is_zero_known, (left, top, right, bottom))
        by_group.setdefault(COUNTRY_GROUPS.get(row["country"], "other"), []).append(crop)
    if not validation and (labels / "road.csv").exists():
        by_group["taught"] = [_taught_crop(folder, row) for row in rows_of(labels / "road.csv")]
    return by_group


def _taught_crop(folder: Path, row: dict[str, str]) -> PlateCrop:
    picture = read_picture(folder / "road" / row["image"])
    left, top, right, bottom = (float(row[side]) for side in SIDES)
    return cut(picture, np.array([left, top, right, bottom], np.float32), row["plate"])


def cut(picture: Picture, box: NDArray[np.float32], text: str = "") -> PlateCrop:
    """A plate cut out of a frame with the margins of the road's crops: 15 % each side, 20 % above and below."""
    height, width = picture.shape[:2]
    margin = (box[2:] - box[:2]) * np.array([0.15, 0.2], np.float32)
    left, top = (max(0, math.floor(v)) for v in box[:2] - margin)
    right, bottom = (min(side, math.ceil(v)) for v, side in zip(box[2:] + margin, (width, height), strict=True))
    inner = box - np.tile(np.array([left, top], np.float32), 2)
    return PlateCrop(np.ascontiguousarray(picture[top:bottom, left:right]), text, box=tuple(inner.tolist()))


def _boxes_of(table: Path) -> dict[str, list[list[float]]]:
    boxes_by_image: dict[str, list[list[float]]] = {}
    for row in rows_of(table):
        boxes_by_image.setdefault(row["image"], []).append([float(row[side]) for side in SIDES])
    return boxes_by_image


def _edges(boxes: Iterable[list[float]]) -> NDArray[np.float32]:
    return np.array(list(boxes), np.float32).reshape(-1, 4)
