"""Texts that the reader learns: where O and 0 are told apart, what a teacher is believed, what the road's crops say."""

from pathlib import Path

import numpy as np
import pytest

from alpr_edge.simulation.plates.designs import BUILT_IN_DESIGNS
from plate_training.contract import ALPHABET, EMPTY, SLOTS, ZERO_OR_O, canonical, targets_of
from plate_training.data.labels import OcrReading, taught_text
from plate_training.data.pictures import brazilian, kept_images
from plate_training.data.road import cut, road_crops, road_frames
from plate_training.rendering.country_bands import paint_bands
from plate_training.rendering.plate_source import draw_text_and_design
from tests.scripts.benchmarks.benchmark_data import write_photo, write_rows


def test_a_target_keeps_the_letter_o_apart_from_the_digit() -> None:
    characters = [ALPHABET[i] for i in targets_of("BO0K") if i != EMPTY]
    assert characters == list("BO0K")


def test_where_nobody_told_o_from_0_either_counts() -> None:
    targets = targets_of("BO0K", zero_known=False)
    assert targets[1] == targets[2] == ZERO_OR_O
    assert len(targets) == SLOTS


def test_some_designs_have_small_stacked_letters_which_are_no_part_of_the_text() -> None:
    rng = np.random.default_rng(1)
    drawn_designs = [draw_text_and_design(BUILT_IN_DESIGNS[:1], rng)[1] for _ in range(300)]
    assert {len(design.stacked_letters) for design in drawn_designs} == {0, 2}


def test_a_band_is_dark_or_pale_and_covers_no_character() -> None:
    rng = np.random.default_rng(1)
    shades = []
    for _ in range(60):
        plate = np.full((72, 340, 3), 240, np.uint8)
        plate[:, 40:44] = (1, 2, 3)  # the first character
        paint_bands(plate, (40, 330), rng)
        assert (plate[:, 40:44] == (1, 2, 3)).all()
        shades.append(float(np.median(plate[:, :20])))
    assert min(shades) < 60
    assert max(shades) > 160


@pytest.mark.parametrize(
    ("text", "printed_text"),
    [("0BC1234", "OBC1234"), ("AB01O34", "ABO1O34"), ("ABC12O4", "ABC1204"), ("ABC0D12", "ABC0D12")],
)
def test_brazils_pattern_says_which_characters_are_letters(text: str, printed_text: str) -> None:
    assert brazilian(text) == printed_text
    assert canonical(brazilian(text)) == canonical(text)


def test_every_tenth_crop_is_kept_for_validation_unless_training_sees_its_plate_in_another() -> None:
    texts = {f"{number:02}.jpg": f"ABC{number:02}" for number in range(40)}
    texts["10.jpg"], texts["13.jpg"] = "BCD0123", "BCDO123"
    texts["20.jpg"] = texts["30.jpg"] = "XYZ99"
    assert kept_images(texts) == {"00.jpg", "20.jpg", "30.jpg"}


@pytest.mark.parametrize(
    ("readings", "text"),
    [
        ([("B 310 VLV", 0.97), ("B310VLV", 0.95), ("B31", 0.99)], "B310VLV"),
        ([("B 310 VLV", 0.97), ("B310VLV", 0.6)], None),  # one of two is not sure
        ([("B310VLV", 0.97)], None),  # one band alone
        ([("EX", 0.99), ("EX", 0.99)], None),  # no plate is so short
        ([], None),
    ],
)
def test_a_teacher_is_believed_where_two_bands_agree(readings: list[tuple[str, float]], text: str | None) -> None:
    assert taught_text("eu", [OcrReading(*reading) for reading in readings]) == text


def test_a_crop_keeps_the_surroundings_and_knows_where_the_plate_is() -> None:
    picture = np.zeros((200, 300, 3), np.uint8)
    picture[80:100, 100:160] = 255
    crop = cut(picture, np.array([100, 80, 160, 100], np.float32), "B310VLV")
    assert crop.picture.shape[:2] == (28, 78)
    assert crop.plate.shape[:2] == (20, 60)
    assert crop.plate.min() == 255


def test_road_photos_are_split_by_what_is_kept(tmp_path: Path) -> None:
    sides = [f"{side}_px" for side in ("left", "top", "right", "bottom")]
    for name in ("openimages_american", "openimages_latin_america", "openimages_world", "openimages_world_small"):
        part = tmp_path / "road" / name
        write_rows(part / "frames.csv", [["image", "kept"], ["a.jpg", "0"], ["b.jpg", "1"]])
        write_rows(part / "boxes.csv", [["image", *sides], ["a.jpg", 10, 10, 60, 30], ["b.jpg", 1, 2, 3, 4]])
        write_rows(part / "ignore.csv", [["image", *sides], ["a.jpg", 100, 100, 120, 110]])
        write_photo(part / "a.jpg")
        write_photo(part / "b.jpg")
    training_frames, validation_frames = (road_frames(tmp_path, validation=validation) for validation in (False, True))
    assert [frame.boxes.tolist() for frame in training_frames] == [[[10, 10, 60, 30]]] * 4
    assert [frame.unsure.tolist() for frame in training_frames] == [[[100, 100, 120, 110]]] * 4
    assert [frame.boxes.tolist() for frame in validation_frames] == [[[1, 2, 3, 4]]] * 4


def test_road_crops_are_grouped_by_country_and_know_their_zeros(tmp_path: Path) -> None:
    header = ["image", "text", "country", "kept", "left_px", "top_px", "right_px", "bottom_px"]
    rows = [
        ["a.jpg", "AB10 OXY", "gb", 0, 5, 5, 50, 20],
        ["b.jpg", "OHIO", "us", 0, 5, 5, 50, 20],
        ["c.jpg", "X1", "us", 1, 0, 0, 9, 9],
    ]
    write_rows(tmp_path / "road" / "crops" / "crops.csv", [header, *rows])
    for name in "abc":
        write_photo(tmp_path / "road" / "crops" / f"{name}.jpg")
    crops = road_crops(tmp_path, validation=False, labels=tmp_path)
    assert {group: [crop.text for crop in group_crops] for group, group_crops in crops.items()} == {
        "gb": ["AB10OXY"],
        "us_ca": ["0HI0"],
    }
    assert crops["gb"][0].zero_known
    assert not crops["us_ca"][0].zero_known
