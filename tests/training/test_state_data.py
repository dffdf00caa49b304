import csv
from pathlib import Path

import cv2
import numpy as np
import pytest

from plate_training.states.data import (
    NONE,
    ROAD_STATES,
    STATES,
    collectors_plates,
    foreign_plates,
    groups_of,
    road_plates,
)
from plate_training.states.pictures import HEIGHT_PX, WIDTH_PX, plain, vary

CROPS = (
    "image,text,country,left_px,top_px,right_px,bottom_px,kept",
    "{first},GRTMPG,us,10,20,110,70,1",
    "nobody.jpg,8ABC123,us,10,20,110,70,0",
    "abroad.jpg,AB12CDE,gb,10,20,110,70,0",
)


def write_picture(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    cv2.imwrite(str(path), np.full((90, 120, 3), 120, np.uint8))


@pytest.fixture
def labels() -> list[tuple[str, str]]:
    with ROAD_STATES.open(encoding="utf-8", newline="") as lines:
        return [(row["image"], row["state"]) for row in csv.DictReader(lines)]


@pytest.fixture
def folder(tmp_path: Path, labels: list[tuple[str, str]]) -> Path:
    """Some pictures of each set, as they lie in the data."""
    first, _ = labels[0]
    for name in (first, "nobody.jpg", "abroad.jpg"):
        write_picture(tmp_path / "road" / "crops" / "pictures" / name)
    rows = "\n".join(CROPS).format(first=first)
    (tmp_path / "road" / "crops" / "crops.csv").write_text(f"{rows}\n", encoding="utf-8")
    for number in range(3):
        write_picture(tmp_path / "crops" / "us" / f"ca{number}.jpg")
        write_picture(tmp_path / "crops" / "eu" / f"{number}.jpg")
    truth = "image,state,plate\nca0.jpg,CA,8ABC123\nca1.jpg,CA,8ABC124\nca2.jpg,NV,8ABC123\n"
    (tmp_path / "crops" / "us" / "truth.csv").write_text(truth, encoding="utf-8")
    return tmp_path


def test_states_that_were_read_by_eye_are_states_and_of_one_picture_each(labels: list[tuple[str, str]]) -> None:
    assert len(STATES) == NONE == 51
    assert {state for _, state in labels} <= {*STATES, ""}
    assert len({image for image, _ in labels}) == len(labels) == 148


def test_plates_come_with_their_states_and_what_nobody_could_tell_is_left_out(
    folder: Path, labels: list[tuple[str, str]]
) -> None:
    (road,) = road_plates(folder)
    assert STATES[road.state] == labels[0][1]
    assert road.picture.shape == (55, 107, 3), "the box, with a margin"
    assert [STATES[plate.state] for plate in collectors_plates(folder)] == ["CA", "CA", "NV"]
    assert [plate.state for plate in foreign_plates(folder)] == [NONE, NONE]


def test_what_is_kept_for_judging_is_said_of_each_plate(folder: Path) -> None:
    assert [plate.is_kept for plate in road_plates(folder)] == [True]
    assert [plate.is_kept for plate in foreign_plates(folder)] == [False, False]


def test_one_plate_in_two_pictures_is_never_both_learned_and_judged(folder: Path) -> None:
    plates = collectors_plates(folder)
    for folds in (2, 3):
        groups = groups_of(plates, folds)
        assert groups[0] == groups[2], "the same text"
        assert set(groups.tolist()) <= set(range(folds))


def test_a_picture_that_cannot_be_read_is_named(folder: Path) -> None:
    (folder / "crops" / "us" / "ca1.jpg").write_bytes(b"no picture")
    with pytest.raises(SystemExit, match=r"ca1\.jpg: no picture"):
        collectors_plates(folder)


def test_looks_at_a_plate_differ_and_are_the_same_again_by_their_seed() -> None:
    plate = np.random.default_rng(1).integers(0, 256, (60, 120, 3)).astype(np.uint8)
    looks = [vary(plate, np.random.default_rng(seed)) for seed in (1, 1, 2)]
    assert all(look.shape == plain(plate).shape == (HEIGHT_PX, WIDTH_PX, 3) for look in looks)
    assert np.array_equal(looks[0], looks[1])
    assert not np.array_equal(looks[0], looks[2])
