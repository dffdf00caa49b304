"""A small set of pictures for the benchmark's tests, and how the benchmark is run on it."""

import contextlib
import csv
import io
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np
import pytest

from alpr_edge.domain.recognition.boxes import Box
from scripts.benchmarks.__main__ import main

ROOT = Path(__file__).parents[3]
PLATE = Box(200, 200, 300, 240)
PLATE_ROW = [0, 100, 112, 150, 132, 0, 0.9]
"""Where the test detector finds a plate in a frame of 1280x720, and the row of its output that says so."""
OTHER = Box(600, 376, 680, 416)
OTHER_ROW = [0, 300, 200, 340, 220, 0, 0.6]
"""The same of what is no plate."""
TEXT = "8ABC124"
SIDES = [f"{side}_px" for side in ("left", "top", "right", "bottom")]
RIDES = ("dayride_type1_001", "dayride_type1_002", "nightride_type3_001")


def write_data(folder: Path) -> Path:
    """A photo for each set; the benchmark's, the rides' and the road's have a plate at :data:`PLATE`."""
    truth = ["a.jpg", PLATE.left_px, PLATE.top_px, PLATE.width_px, PLATE.height_px, "8ABC123"]
    header = ["image", "left_px", "top_px", "width_px", "height_px", "plate"]
    for name in ("us", "eu", "br"):
        write_rows(folder / "benchmark" / name / "truth.csv", [header, truth])
        write_photo(folder / "benchmark" / name / "a.jpg")
    frames = [[f"{name}.jpg", name, 1, *sides(PLATE)] for name in RIDES]
    write_rows(folder / "dashcam" / "boxes.csv", [["image", "ride", "second", *SIDES], *frames])
    write_plates(folder, [[f"{RIDES[0]}.jpg", *sides(PLATE), RIDES[0], 1, 1, TEXT, "clear"]])
    for name in RIDES:
        write_photo(folder / "dashcam" / f"{name}.jpg")
    write_photo(folder / "negatives" / "n.jpg")
    write_road(folder / "road")
    return folder


def write_plates(folder: Path, plate_rows: Sequence[Sequence[object]]) -> None:
    """The plates of the ride with texts."""
    header = ["image", *SIDES, "ride", "second", "vehicle", "text", "legibility"]
    write_rows(folder / "dashcam" / "plates.csv", [header, *plate_rows])


def write_road(folder: Path) -> None:
    """Two American photos: a kept one with a near and a far plate and an ignored place, another; and a British one."""
    near, far = Box(100, 450, 560, 650), Box(900, 100, 930, 110)
    american = {"a.jpg": [PLATE, near, far], "b.jpg": [PLATE]}
    write_photos(folder / "openimages_american", "us_ca", american, {"a.jpg": [OTHER.expand(0.5)]})
    write_photos(folder / "openimages_world", "gb", {"w.jpg": []})
    for name in ("openimages_latin_america", "openimages_world_small"):
        write_photos(folder / name, "other", {})
    header = ["image", "text", "country", "source", *SIDES, "source_width_px", "kept", "second_reader_agrees"]
    crops = [("a_0.jpg", TEXT, "us", 1), ("w_0.jpg", "ZZ99ZZZ", "gb", 0)]
    rows = [[name, text, country, "t", 15, 8, 115, 48, 80, is_kept, 1] for name, text, country, is_kept in crops]
    write_rows(folder / "crops" / "crops.csv", [header, *rows])
    for name, *_ in crops:
        write_photo(folder / "crops" / name, (130, 56))


def write_photos(
    folder: Path, region: str, plates: dict[str, list[Box]], ignored_boxes: dict[str, list[Box]] | None = None
) -> None:
    """A folder of road photos; the first is kept."""
    header = ["image", "width_px", "height_px", "region", "kept", "openimages_id"]
    frames = [[image, 1280, 720, region, int(i == 0), image] for i, image in enumerate(plates)]
    write_rows(folder / "frames.csv", [header, *frames])
    write_rows(folder / "boxes.csv", [["image", *SIDES], *_boxes(plates)])
    write_rows(
        folder / "ignore.csv", [["image", *SIDES, "score"], *([*row, 0.5] for row in _boxes(ignored_boxes or {}))]
    )
    for image in plates:
        write_photo(folder / image)


def _boxes(of: dict[str, list[Box]]) -> list[list[object]]:
    return [[image, *sides(box)] for image, boxes in of.items() for box in boxes]


def sides(box: Box) -> list[float]:
    """Left, top, right and bottom."""
    return [box.left_px, box.top_px, box.right_px, box.bottom_px]


def write_rows(path: Path, rows: Sequence[Sequence[object]]) -> None:
    """A CSV file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows(rows)


def write_photo(path: Path, size: tuple[int, int] = (1280, 720), level: int = 90) -> None:
    """A grey picture."""
    path.parent.mkdir(parents=True, exist_ok=True)
    cv2.imwrite(str(path), np.full((size[1], size[0], 3), level, np.uint8))


def bench(where: Path, *arguments: str, which: str = "accuracy") -> subprocess.CompletedProcess[str]:
    """Run ``scripts/bench`` in a folder, as if there were no real photos beside it."""
    environment = {name: value for name, value in os.environ.items() if name != "ALPR_EDGE_DATA"}
    return subprocess.run(
        [sys.executable, "-m", "scripts.benchmarks", which, *arguments],
        cwd=where,
        env=environment | {"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )


def refusal(where: Path, *arguments: str, which: str = "accuracy") -> tuple[object, list[str]]:
    """Run it within this process, which takes seconds less to begin; returns its exit code and the lines on stderr."""
    errors = io.StringIO()
    with pytest.MonkeyPatch.context() as surroundings, contextlib.redirect_stderr(errors):
        surroundings.chdir(where)
        surroundings.delenv("ALPR_EDGE_DATA", raising=False)
        surroundings.setattr(sys, "argv", ["scripts/bench", which, *arguments])
        with pytest.raises(SystemExit) as end:
            main()
    return end.value.code, errors.getvalue().splitlines()
