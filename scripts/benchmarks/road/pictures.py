"""The road photos with their plates and texts, and the crops with texts, as they lie in ``road/`` of the data."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from alpr_edge.domain.plates import canonical
from alpr_edge.domain.recognition.boxes import Box
from alpr_edge.settings import VisionSettings
from scripts.benchmarks.sets import Opener, TruePlate, box_of, photo, rows

FOLDERS = ("openimages_american", "openimages_latin_america", "openimages_world", "openimages_world_small")
AMERICAN = "us_ca"
"""Region of the frames that look American or Canadian."""
SCALE_PX = 960
"""Longest side of a photo to which plate widths are scaled: that of the American frames as they are."""
CROPS_LONGEST_PX = 1024
"""Longest side of the photos that the crops were cut from."""
MISFIT_MAX = 0.5
"""How far width and shape of a crop's plate may be off a box (in parts of it, summed) for the two to be one plate."""


@dataclass(frozen=True, slots=True)
class Road:
    """What to measure of the road.

    Args:
        data: folder of the real photos.
        vision: models and threads.
        limit: pictures of each set, at most; None: all.
        prefix: the prefix of the names of the figures.
        sheets: folder for the sheets of the worst.
    """

    data: Path
    vision: VisionSettings
    limit: int | None
    prefix: str
    sheets: Path


@dataclass(frozen=True, slots=True, eq=False)
class RoadPhoto:
    """A photo, every plate in it labelled."""

    path: Path
    longest_px: int
    region: str
    """``us_ca``, ``gb``, ``eu``, ..., ``other`` where nobody looked."""
    is_kept: bool
    """Whether training leaves it out."""
    truths: tuple[TruePlate, ...]
    countries: tuple[str, ...]
    """For each truth the country of its text; empty where it has none."""
    ignored_boxes: tuple[Box, ...]
    """What may be a plate and is not labelled."""

    @property
    def opener(self) -> Opener:
        """How to open it."""
        return photo(self.path, self.truths, self.ignored_boxes)

    def scaled_px(self, width_px: float) -> float:
        """A width as it would be if the photo's longest side had :data:`SCALE_PX`."""
        return width_px * SCALE_PX / self.longest_px


@dataclass(frozen=True, slots=True, eq=False)
class RoadCrop:
    """A plate cut out with some margin."""

    path: Path
    truth: TruePlate
    """Text, and the plate's place in the crop."""
    country: str
    is_kept: bool

    @property
    def opener(self) -> Opener:
        """How to open it."""
        return photo(self.path, [self.truth])


def road_photos(data: Path) -> list[RoadPhoto]:
    """All four folders, in order of the names.

    Raises:
        CaptureError: a table cannot be read.
    """
    texts = defaultdict(list)
    for row in rows(data / "road" / "crops" / "crops.csv"):
        texts[row["image"].rpartition("_")[0]].append(row)
    return [photo for name in FOLDERS for photo in _folder(data / "road" / name, texts)]


def road_crops(data: Path) -> list[RoadCrop]:
    """Every crop with its text."""
    folder = data / "road" / "crops"
    return [
        RoadCrop(
            folder / row["image"],
            TruePlate(box_of(row), canonical(row["text"])),
            row["country"],
            row["kept"] == "1",
        )
        for row in rows(folder / "crops.csv")
    ]


def _folder(folder: Path, texts: Mapping[str, Sequence[Mapping[str, str]]]) -> list[RoadPhoto]:
    boxes, ignored_boxes = (_boxes(folder / name) for name in ("boxes.csv", "ignore.csv"))
    photos = []
    for row in rows(folder / "frames.csv"):
        image, longest_px = row["image"], max(int(row["width_px"]), int(row["height_px"]))
        texts_by_box = _texts_by_box(boxes[image], texts.get(Path(image).stem, ()), longest_px)
        truths = tuple(TruePlate(box, *texts_by_box.get(i, ("", ""))[:1]) for i, box in enumerate(boxes[image]))
        countries = tuple(texts_by_box.get(i, ("", ""))[1] for i in range(len(truths)))
        is_kept = row["kept"] == "1"
        photos.append(
            RoadPhoto(
                folder / image, longest_px, row["region"], is_kept, truths, countries, tuple(ignored_boxes[image])
            )
        )
    return photos


def _boxes(path: Path) -> dict[str, list[Box]]:
    boxes: dict[str, list[Box]] = defaultdict(list)
    for row in rows(path):
        boxes[row["image"]].append(box_of(row))
    return boxes


def _texts_by_box(
    boxes: Sequence[Box], crops: Sequence[Mapping[str, str]], longest_px: int
) -> dict[int, tuple[str, str]]:
    """For boxes of a photo that a crop was cut from: canonical text and country.

    A crop bears its plate's number in the labels that the boxes came from. A few boxes were mended or left out since,
    so the number counts only where the sizes agree; else the box that fits best is taken, if one does.
    """
    texts = {}
    for crop in crops:
        misfits = [_misfit(box, crop, CROPS_LONGEST_PX / longest_px) for box in boxes]
        number = int(Path(crop["image"]).stem.rpartition("_")[2])
        if number >= len(boxes) or misfits[number] > MISFIT_MAX:
            number = min(range(len(boxes)), key=misfits.__getitem__, default=-1)
        if number >= 0 and misfits[number] <= MISFIT_MAX:
            texts[number] = canonical(crop["text"]), crop["country"]
    return texts


def _misfit(box: Box, crop: Mapping[str, str], scale: float) -> float:
    """How far width and shape of a box are from those of a crop's plate."""
    plate = box_of(crop)
    wider = box.width_px * scale / float(crop["source_width_px"])
    flatter = box.width_px / max(1.0, box.height_px) * plate.height_px / plate.width_px
    return abs(wider - 1) + abs(flatter - 1)
