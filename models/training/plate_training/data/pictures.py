"""The real pictures that training may see, and how they are split. Benchmark photos are never listed here."""

import csv
import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

import cv2
import numpy as np
from numpy.typing import NDArray

from plate_training.contract import SLOTS, Picture, canonical

Licence = Literal["all", "clean"]
"""Which pictures training may see: all, or only those it renders itself and those under MIT or CC BY."""

REPOSITORY = Path(__file__).resolve().parents[4]
REGIONS = "us", "br", "eu"
LABELS = Path(__file__).resolve().parents[2] / "runs" / "labels"
"""Texts of crops by region, written by ``models/training/label``."""
VALIDATION_EVERY = 10
"""Every tenth real crop is kept for validation, unless another picture shows its plate."""
NEGATIVES_KEPT = 300
"""The last negatives by name are kept for measuring."""
VALIDATION_NEGATIVES = 100
"""The negatives before those are kept for validation."""
TRAINING_RIDE = "dayride_type1_001"
VALIDATION_FRAMES = 40
"""The last frames of the training ride by name are kept for validation."""
FACTS = Path("plates") / "plates-us.json"
"""Facts of the American designs, in the data folder."""


@dataclass(frozen=True, slots=True)
class PlateCrop:
    """A real plate.

    Args:
        picture: uint8 [H, W, 3] BGR.
        text: the text as printed; empty where none came with it.
        zero_known: whether the text tells 0 and O apart.
        box: left, top, right and bottom of the plate in the picture; None: the picture is the plate.
    """

    picture: Picture
    text: str
    zero_known: bool = False
    box: tuple[float, float, float, float] | None = None

    @property
    def canonical(self) -> str:
        """The text with the letter O as digit 0."""
        return canonical(self.text)

    @property
    def plate(self) -> Picture:
        """The part of the picture within the box."""
        if self.box is None:
            return self.picture
        left, top, right, bottom = (round(edge) for edge in self.box)
        return self.picture[top:bottom, left:right]


@dataclass(frozen=True, slots=True)
class LabelledFrame:
    """A road picture, grey, with boxes float32 [N, 4] (left, top, right, bottom).

    Args:
        grey: uint8 [H, W].
        boxes: the boxes of plates.
        unsure: the boxes of places that may show a plate that nobody marked.
    """

    grey: Picture
    boxes: NDArray[np.float32]
    unsure: NDArray[np.float32] = field(default_factory=lambda: np.zeros((0, 4), np.float32))


def data_folder() -> Path:
    """Where the real data lies: ``ALPR_EDGE_DATA``, or ``../shared/data`` beside the checkout."""
    folder = Path(os.environ.get("ALPR_EDGE_DATA", REPOSITORY.parent / "shared" / "data"))
    if not folder.is_dir():
        raise SystemExit(f"{folder}: no such folder; set ALPR_EDGE_DATA to the training data")
    return folder


def rows_of(path: Path) -> list[dict[str, str]]:
    """A CSV file's rows."""
    with path.open(encoding="utf-8", newline="") as source:
        return list(csv.DictReader(source))


def reader_crops(folder: Path, *, validation: bool) -> dict[str, list[PlateCrop]]:
    """Real crops with text, by region: those of :data:`LABELS`, else those that came with the crops."""
    by_region: dict[str, list[PlateCrop]] = {}
    for region in REGIONS:
        source_texts = labelled_rows(folder, region)
        table = LABELS / f"{region}.csv"
        texts = {row["image"]: row["plate"] for row in rows_of(table)} if table.exists() else source_texts
        kept = kept_images({image: texts.get(image, "") for image in source_texts})
        images = [image for image in source_texts if (image in kept) == validation]
        labels = [(image, texts.get(image, "")) for image in images if 2 <= len(texts.get(image, "")) <= SLOTS]
        pictures = ((read_picture(folder / "crops" / region / image), text) for image, text in labels)
        by_region[region] = [
            PlateCrop(picture, brazilian(text), zero_known=True) if region == "br" else PlateCrop(picture, text)
            for picture, text in pictures
        ]
    return {region: crops for region, crops in by_region.items() if crops}


def kept_images(texts: Mapping[str, str]) -> set[str]:
    """The images that are kept for validation: every tenth, but for those whose plate another picture shows.

    Of every tenth Brazilian crop two thirds show a plate that others show as well: a reader that learnt these knows its
    text.

    Args:
        texts: the text of each image by its name, in the order in which they are counted.
    """
    every_tenth = {image for i, image in enumerate(texts) if i % VALIDATION_EVERY == 0}
    learnt = {canonical(text) for image, text in texts.items() if image not in every_tenth}
    return {image for image in every_tenth if canonical(texts[image]) not in learnt}


def brazilian(text: str) -> str:
    """A Brazilian text with its O and 0 where the pattern has letters and digits (AAA1111, AAA1A11)."""
    letters = text[:3].replace("0", "O")
    return letters + text[3:4].replace("O", "0") + text[4:5] + text[5:].replace("O", "0")


def labelled_rows(folder: Path, region: str) -> dict[str, str]:
    """The real crops of a region by name, each with the canonical text that came with it; empty where none did."""
    table = folder / "crops" / region / "truth.csv"
    if not table.exists():
        return {path.name: "" for path in sorted((folder / "crops" / region).glob("*.jpg"))}
    rows = [row for row in rows_of(table) if row.get("rendered", "0") == "0"]
    return {row["image"]: canonical(row["plate"]) for row in sorted(rows, key=lambda row: row["image"])}


def plate_pictures(folder: Path, *, validation: bool) -> list[Picture]:
    """Crops of every region, for pasting."""
    crops = reader_crops(folder, validation=validation)
    pictures = [crop.picture for region in ("us", "br") for crop in crops[region]]
    paths = sorted((folder / "crops" / "eu").glob("*.jpg"))
    return pictures + [read_picture(p) for i, p in enumerate(paths) if (i % VALIDATION_EVERY == 0) == validation]


def negative_paths(folder: Path, *, validation: bool) -> list[Path]:
    """Photos without a plate."""
    paths = sorted((folder / "negatives").glob("*.jpg"))[:-NEGATIVES_KEPT]
    return paths[-VALIDATION_NEGATIVES:] if validation else paths[:-VALIDATION_NEGATIVES]


def negatives(folder: Path, *, validation: bool) -> list[Picture]:
    """Grey photos without a plate."""
    return [read_grey(path) for path in negative_paths(folder, validation=validation)]


def kept_frames(images: Iterable[str]) -> set[str]:
    """The frames of the training ride that are kept for validation, in whatever order they are listed.

    The detector and the check of its boxes leave out the same ones: what both come to is measured on frames that
    neither learnt.
    """
    return set(sorted(images)[-VALIDATION_FRAMES:])


def ride_frames(folder: Path, *, validation: bool) -> list[LabelledFrame]:
    """The frames of the training ride in order of time, with their boxes."""
    boxes: dict[str, list[list[float]]] = {}
    for row in rows_of(folder / "dashcam" / "boxes.csv"):
        edges = [float(row[key]) for key in ("left_px", "top_px", "right_px", "bottom_px")]
        boxes.setdefault(row["image"], []).append(edges)
    paths = sorted((folder / "dashcam").glob(f"{TRAINING_RIDE}-*.jpg"))
    kept = kept_frames(path.name for path in paths)
    wanted = [path for path in paths if (path.name in kept) == validation]
    return [LabelledFrame(read_grey(p), np.array(boxes.get(p.name, []), np.float32).reshape(-1, 4)) for p in wanted]


def read_picture(path: Path) -> Picture:
    """A picture in BGR."""
    return _require_picture(cv2.imread(str(path), cv2.IMREAD_COLOR), path)


def read_grey(path: Path) -> Picture:
    """A picture in grey."""
    return _require_picture(cv2.imread(str(path), cv2.IMREAD_GRAYSCALE), path)


def _require_picture(picture: object, path: Path) -> Picture:
    if not isinstance(picture, np.ndarray):
        raise SystemExit(f"{path}: not a readable picture")
    return picture.astype(np.uint8, copy=False)
