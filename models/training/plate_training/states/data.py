"""Plates whose issuing state is known, and plates of no American state, from the real pictures and rendered ones."""

import csv
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from alpr_edge.simulation.plates.designs import designs_from_facts
from alpr_edge.simulation.plates.renderer import random_serial, render_plate
from plate_training.contract import Picture
from plate_training.rendering.degrade import Rng

# fmt: off
STATES = (
    "AK", "AL", "AR", "AZ", "CA", "CO", "CT", "DC", "DE", "FL", "GA", "HI", "IA", "ID", "IL", "IN", "KS",
    "KY", "LA", "MA", "MD", "ME", "MI", "MN", "MO", "MS", "MT", "NC", "ND", "NE", "NH", "NJ", "NM", "NV",
    "NY", "OH", "OK", "OR", "PA", "RI", "SC", "SD", "TN", "TX", "UT", "VA", "VT", "WA", "WI", "WV", "WY",
)
# fmt: on
"""Postal letters of the fifty states and the District of Columbia, in the order of the network's outputs."""
NONE = len(STATES)
"""Output of a plate that is of none of them: Canada's, Europe's, the federal government's."""
ROAD_STATES = Path(__file__).resolve().parents[2] / "road_states.csv"
"""States of the road crops' plates, read by eye; empty for one of no state. What could not be told is left out."""
ROAD_MARGIN = 0.03
"""What is added around a plate's box, in parts of its sides."""
RENDERED_HIGH = 120
SEED = 7
"""Seed of the groups in which plates are learned or judged."""
EU_EVERY, BR_EVERY = 4, 12
"""Of the many crops from Europe and Brazil every fourth and twelfth are enough."""


@dataclass(frozen=True, slots=True, eq=False)
class StatePlate:
    """A plate, and the state that issued it.

    Args:
        picture: the plate, uint8 [H, W, 3] BGR.
        state: its place in :data:`STATES`, or :data:`NONE`.
        text: the text, by which pictures of one plate are known; empty where it does not matter.
        is_kept: whether it is for judging alone, never to be learned.
    """

    picture: Picture
    state: int
    text: str = ""
    is_kept: bool = False


def collectors_plates(data: Path) -> list[StatePlate]:
    """The collectors' plates, off the car, each with its state."""
    folder = data / "crops" / "us"
    rows = _rows(folder / "truth.csv")
    return [StatePlate(_picture(folder / row["image"]), STATES.index(row["state"]), row["plate"]) for row in rows]


def road_plates(data: Path) -> list[StatePlate]:
    """American and Canadian plates of the road photos whose state could be told by eye."""
    states = {row["image"]: row["state"] for row in _rows(ROAD_STATES)}
    return [
        StatePlate(picture, STATES.index(state) if state else NONE, row["text"], row["kept"] == "1")
        for row, picture in _road_crops(data, {"us", "ca"})
        if (state := states.get(row["image"])) is not None
    ]


def foreign_plates(data: Path) -> list[StatePlate]:
    """Plates from elsewhere: of the road photos, and collectors' from Europe and Brazil."""
    crops = _road_crops(data, {"eu", "gb", "au", "br", "co", "xx"})
    road = [StatePlate(picture, NONE, row["text"], row["kept"] == "1") for row, picture in crops]
    folders = (data / "crops" / "eu", EU_EVERY), (data / "crops" / "br", BR_EVERY)
    others = [_picture(path) for folder, every in folders for path in sorted(folder.glob("*.jpg"))[::every]]
    return [*road, *(StatePlate(picture, NONE) for picture in others)]


def rendered_plates(data: Path, count: int, rng: Rng) -> list[StatePlate]:
    """Rendered plates of every design that the fact file has, each state as often as the next."""
    designs = designs_from_facts(data / "plates" / "plates-us.json")
    by_state = {state: [design for design in designs if design.region == state] for state in STATES}
    plates = []
    for number in range(count):
        state = number % len(STATES)
        choice = by_state[STATES[state]]
        design = choice[int(rng.integers(len(choice)))]
        plate = render_plate(random_serial(design, rng), design, rng, RENDERED_HIGH)
        plates.append(StatePlate(plate.pixels, state))
    return plates


def groups_of(plates: Sequence[StatePlate], folds: int) -> NDArray[np.int64]:
    """To which of so many groups each plate belongs; pictures of one plate belong to the same."""
    texts = sorted({plate.text for plate in plates})
    groups = dict(zip(texts, np.random.default_rng(SEED).permutation(len(texts)) % folds, strict=True))
    return np.array([groups[plate.text] for plate in plates], np.int64)


def _road_crops(data: Path, countries: set[str]) -> list[tuple[dict[str, str], Picture]]:
    folder = data / "road" / "crops"
    paths = {path.name: path for path in folder.rglob("*.jpg")}
    rows = [row for row in _rows(folder / "crops.csv") if row["country"] in countries]
    return [(row, _plate_of(_picture(paths[row["image"]]), row)) for row in rows]


def _plate_of(picture: Picture, row: dict[str, str]) -> Picture:
    left, top, right, bottom = (int(row[f"{side}_px"]) for side in ("left", "top", "right", "bottom"))
    across, down = round(ROAD_MARGIN * (right - left)), round(ROAD_MARGIN * (bottom - top))
    return picture[max(0, top - down) : bottom + down + 1, max(0, left - across) : right + across + 1]


def _picture(path: Path) -> Picture:
    picture = cv2.imread(str(path))
    if picture is None:
        raise SystemExit(f"{path}: no picture that can be read")
    return np.asarray(picture, np.uint8)


def _rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))
