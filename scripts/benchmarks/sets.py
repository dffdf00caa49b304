"""The sets that are measured: real photos, dashcam rides, photos without a plate, and photos scaled to distant plates.

A set is a list of openers: its length is known before a picture is loaded, and a scene can be opened again later.
"""

import csv
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TypeVar

import cv2
import numpy as np
from numpy.typing import NDArray

from alpr_edge.capture.pictures import load_picture
from alpr_edge.domain.errors import CaptureError
from alpr_edge.domain.instants import Instant
from alpr_edge.domain.plates import canonical
from alpr_edge.domain.recognition.boxes import Box
from alpr_edge.domain.recognition.frames import Frame, Pixels
from alpr_edge.vision.detector import PADDING_GREY

PHOTOS = ("us", "eu", "br")
RIDES = ("dayride_type1_001", "dayride_type1_002", "nightride_type3_001")
"""The first was trained on."""
NEGATIVES = 300
"""The last of the photos without a plate, which training leaves out."""
FRAME_PX = 1280, 720
"""Width and height of a camera's frame."""
SMALL_PX = 40
"""Plate width of the distant set."""
UNLABELLED = {
    "us/car22.jpg": (Box(0, 328, 45, 358),),
    "us/car9-2.jpg": (Box(454, 348, 487, 364),),
    "us/wts-lg-000053.jpg": (Box(660, 117, 705, 131),),
    "us/wts-lg-000148.jpg": (Box(798, 0, 872, 39),),
}
"""Plates of other cars in the photos, found by eye where something was found or read that their truth does not name."""

Item = TypeVar("Item")


@dataclass(frozen=True, slots=True, eq=False)
class TruePlate:
    """A labelled plate of a scene."""

    box: Box
    plate: str = ""
    """Canonical text; empty where none is known."""
    characters_px: NDArray[np.float64] | None = None
    """float64 [4, 2], the corners of the serial, where they are known."""


@dataclass(frozen=True, slots=True, eq=False)
class Scene:
    """A picture and its plates."""

    name: str
    pixels: Pixels
    truths: tuple[TruePlate, ...]
    ignored_boxes: tuple[Box, ...] = ()
    """Places where a box is neither right nor wrong: perhaps plates, not labelled."""

    @property
    def frame(self) -> Frame:
        """The picture as a camera's frame."""
        return Frame("photo", 0, Instant("photo", 0), self.pixels)


Opener = Callable[[], Scene]


def photos(data: Path, name: str) -> list[Opener]:
    """Whole photos of cars, with texts; plates of other cars in them are ignored (:data:`UNLABELLED`)."""
    truths_by_image: dict[str, list[TruePlate]] = {}
    for row in rows(data / "benchmark" / name / "truth.csv"):
        left, top = float(row["left_px"]), float(row["top_px"])
        box = Box(left, top, left + float(row["width_px"]), top + float(row["height_px"]))
        truths_by_image.setdefault(row["image"], []).append(TruePlate(box, canonical(row["plate"])))
    folder = data / "benchmark" / name
    return [
        photo(folder / image, truths, UNLABELLED.get(f"{name}/{image}", ()))
        for image, truths in truths_by_image.items()
    ]


def photo(path: Path, truths: Iterable[TruePlate] = (), ignored_boxes: Iterable[Box] = ()) -> Opener:
    """One picture."""
    return partial(_open_scene, path, tuple(truths), tuple(ignored_boxes))


def ride(data: Path, name: str) -> list[Opener]:
    """Frames of a dashcam ride, without texts."""
    return list(ride_by_image(data, name).values())


def ride_by_image(data: Path, name: str) -> dict[str, Opener]:
    """The same by the names of their pictures, as they are listed: in no order of time."""
    truths_by_image: dict[str, list[TruePlate]] = {}
    for row in rows(data / "dashcam" / "boxes.csv"):
        if row["ride"] == name:
            truths_by_image.setdefault(row["image"], []).append(TruePlate(box_of(row)))
    return {image: photo(data / "dashcam" / image, truths) for image, truths in truths_by_image.items()}


def negatives(data: Path) -> list[Opener]:
    """Photos without a readable plate."""
    return [photo(path) for path in negative_paths(data)]


def negative_paths(data: Path) -> list[Path]:
    """The photos without a plate that training leaves out."""
    return sorted((data / "negatives").glob("*.jpg"))[-NEGATIVES:]


def small(data: Path) -> list[Opener]:
    """Every photo scaled so that its plate is :data:`SMALL_PX` wide, in a frame of 1280x720; one truth a scene."""
    return [partial(_small, opener) for name in PHOTOS for opener in photos(data, name)]


def scaled_into_frame(pixels: Pixels, truth: TruePlate) -> Scene:
    """The picture scaled to a plate :data:`SMALL_PX` wide, centred on grey; what is larger is cut around the plate."""
    scale = SMALL_PX / truth.box.width_px
    size = max(1, round(pixels.shape[1] * scale)), max(1, round(pixels.shape[0] * scale))
    picture = cv2.resize(pixels, size, interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR)
    middle = [centre * scale for centre in truth.box.centre_px]
    canvas = np.full((FRAME_PX[1], FRAME_PX[0], 3), PADDING_GREY, np.uint8)
    (left, source_x, wide), (top, source_y, high) = (
        _place(size[axis], FRAME_PX[axis], middle[axis]) for axis in (0, 1)
    )
    canvas[top : top + high, left : left + wide] = picture[source_y : source_y + high, source_x : source_x + wide]
    box = Box(
        *(side * scale for side in (truth.box.left_px, truth.box.top_px, truth.box.right_px, truth.box.bottom_px))
    )
    return Scene("small", canvas, (TruePlate(box.shift(left - source_x, top - source_y), truth.plate),))


def _place(length: int, room: int, middle: float) -> tuple[int, int, int]:
    """Along one axis: where the picture starts in the frame, where in itself, and how much of it is shown."""
    if length <= room:
        return (room - length) // 2, 0, length
    return 0, min(max(0, round(middle - room / 2)), length - room), room


def _small(opener: Opener) -> Scene:
    scene = opener()
    scene_in_frame = scaled_into_frame(scene.pixels, scene.truths[0])
    return Scene(scene.name, scene_in_frame.pixels, scene_in_frame.truths)


def _open_scene(path: Path, truths: tuple[TruePlate, ...], ignored_boxes: tuple[Box, ...]) -> Scene:
    return Scene(f"{path.parent.name}/{path.name}", load_picture(path), truths, ignored_boxes)


def spread(items: Sequence[Item], limit: int | None) -> Sequence[Item]:
    """At most so many of them, drawn evenly from the whole; None: all."""
    if limit is None or limit >= len(items):
        return items
    return [items[round(i * len(items) / limit)] for i in range(limit)]


def box_of(row: Mapping[str, str]) -> Box:
    """The box of a row with its four sides."""
    return Box(*(float(row[f"{side}_px"]) for side in ("left", "top", "right", "bottom")))


def rows(path: Path) -> list[dict[str, str]]:
    """The rows of a CSV file with a header.

    Raises:
        CaptureError: it cannot be read.
    """
    try:
        with path.open(encoding="utf-8", newline="") as file:
            return list(csv.DictReader(file))
    except OSError as error:
        raise CaptureError(f"{path}: cannot be read: {error.strerror}; check --data, or leave the set out") from None
