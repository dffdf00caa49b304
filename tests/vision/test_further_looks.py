"""Further looks at a plate in doubt: how it is seen anew, and which text counts."""

import numpy as np
import pytest
from numpy.typing import NDArray

from alpr_edge.domain.recognition.frames import Pixels
from alpr_edge.domain.recognition.slot_texts import text_of
from alpr_edge.vision.reader import VIEWS, WEIGHTS, agreed_slots, views_of
from tests.domain.readings import slots_of

WIDTH, HEIGHT = 121, 61


def confident(text: str, confidence: float) -> NDArray[np.float32]:
    """A look that reads a text with that confidence, most of what is left on no other text."""
    return slots_of(text, confidence ** (1 / 9))


def look_texts(*texts: str, confidence: float = 0.4) -> list[NDArray[np.float32]]:
    return [confident(text, confidence) for text in texts]


def picture_with(rows: slice, columns: slice) -> Pixels:
    picture = np.zeros((HEIGHT, WIDTH, 3), np.uint8)
    picture[rows, columns] = 255
    return picture


def mean_place(picture: Pixels, axis: int) -> float:
    """Where the light of a picture lies along an axis."""
    weights = picture[..., 0].sum(axis=1 - axis).astype(float)
    return float((weights * np.arange(len(weights))).sum() / weights.sum())


def test_each_view_is_of_the_crop_s_size_and_unlike_the_others() -> None:
    crop = np.random.default_rng(1).integers(0, 256, (HEIGHT, WIDTH, 3)).astype(np.uint8)
    views = views_of(crop)
    assert [view.shape for view in views] == [crop.shape] * len(VIEWS)
    assert len({view.tobytes() for view in [crop, *views]}) == len(VIEWS) + 1


@pytest.mark.parametrize("index", [index for index, view in enumerate(VIEWS) if view.turn_deg])
def test_a_turn_against_the_clock_lifts_the_right_end_of_a_line(index: int) -> None:
    view = views_of(picture_with(slice(30, 31), slice(5, 116)))[index]
    rise = mean_place(view[:, :40], 0) - mean_place(view[:, 80:], 0)
    length = 80  # between the middles of both ends
    assert rise == pytest.approx(length * np.tan(np.radians(VIEWS[index].turn_deg)), abs=0.6)


@pytest.mark.parametrize("index", [index for index, view in enumerate(VIEWS) if view.slant])
def test_a_slant_moves_the_foot_of_a_stroke_and_leaves_it_where_it_is_in_the_middle(index: int) -> None:
    view = views_of(picture_with(slice(5, 56), slice(60, 61)))[index]
    head, foot = mean_place(view[5:15], 1), mean_place(view[46:56], 1)
    assert foot - head == pytest.approx(41 * VIEWS[index].slant, abs=0.4)
    assert (foot + head) / 2 == pytest.approx(60, abs=0.3)


def test_from_further_away_the_edges_come_in_and_what_is_beyond_repeats_them() -> None:
    (index,) = (index for index, view in enumerate(VIEWS) if view.scale != (1.0, 1.0))
    view = views_of(picture_with(slice(None), slice(0, 20)))[index]
    lit = (view[30, :, 0] > 127).sum()
    assert lit == pytest.approx(60 - (60 - 20) * VIEWS[index].scale[0], abs=1)
    assert view[:, 0].min() == 255


def test_what_most_looks_read_outweighs_one_that_is_as_sure() -> None:
    looks = look_texts("7ABC123", "8ABC123", *["9ABC123"] * 5)
    assert text_of(agreed_slots(looks)) == "9ABC123"


def test_the_sharpened_look_counts_four_times() -> None:
    three_others = look_texts("7ABC123", "8ABC123", "7ABC123", "7ABC123", *"ABC")
    assert text_of(agreed_slots(three_others)) == "8ABC123"
    five_others = look_texts("7ABC123", "8ABC123", *["7ABC123"] * 4, "A")
    assert text_of(agreed_slots(five_others)) == "7ABC123"


def test_several_in_doubt_do_not_outweigh_one_that_is_sure() -> None:
    looks = [*look_texts("7ABC123", "8ABC123", *["7ABC123"] * 4, confidence=0.3), confident("9ABC123", 0.95)]
    assert text_of(agreed_slots(looks)) == "9ABC123"


def test_the_looks_that_agree_are_averaged_and_the_others_say_nothing() -> None:
    one, other, wrong = confident("7ABC123", 0.6), confident("7ABC123", 0.3), confident("1XY", 0.1)
    looks = [one, other, *[wrong] * (len(WEIGHTS) - 2)]
    assert np.allclose(agreed_slots(looks), (one + other) / 2)


def test_the_letter_o_and_the_digit_agree() -> None:
    looks = look_texts("7ABC120", "8ABC123", *["7ABC12O"] * 4, "A")
    assert text_of(agreed_slots(looks)) == "7ABC120"
