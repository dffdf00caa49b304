"""Likelihoods and places of characters by hand-made slots, and areas of the picture by exact corners."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from alpr_edge.domain.plates import ALPHABET, EMPTY
from alpr_edge.domain.recognition.ignore_areas import Corner, is_simple
from alpr_edge.domain.recognition.missed_characters import (
    MISSED,
    MISSED_OTHER,
    SHARE_MIN,
    align,
    likelihood_of,
    places_of,
)
from alpr_edge.domain.recognition.voting import ALTERNATIVE_MIN, SLOT_VOTE_MIN, vote
from tests.domain.readings import reading_of

THIRDS = [(x / 3, y / 3) for x in range(4) for y in range(4)]


def slots_with(*slots: dict[str, float]) -> NDArray[np.float64]:
    """Slots of which each shows these characters with these probabilities, and nothing else."""
    return np.array([[slot.get(character, 0.0) for character in ALPHABET] for slot in slots])


SURE = slots_with({"A": 0.9}, {"B": 0.8}, {"C": 0.5, "G": 0.25}, {EMPTY: 0.5}, {EMPTY: 0.5})


def test_a_likelihood_is_the_product_of_its_characters_and_of_nothing_behind_them() -> None:
    assert likelihood_of(SURE, "ABC", "ABC") == pytest.approx(0.9 * 0.8 * 0.5 * 0.5 * 0.5)
    assert likelihood_of(SURE, "ABC", "ABG") == pytest.approx(0.9 * 0.8 * 0.25 * 0.5 * 0.5)
    assert likelihood_of(SURE, "ABC", "ABX") == pytest.approx(0.9 * 0.8 * SHARE_MIN * 0.5 * 0.5)
    assert likelihood_of(SURE, "ABC", "AB") == pytest.approx(0.9 * 0.8 * SHARE_MIN * 0.5 * 0.5)


def test_the_letter_o_and_the_digit_0_are_one_character() -> None:
    slots = slots_with({"O": 0.3, "0": 0.4}, {"A": 1.0})
    assert likelihood_of(slots, "0A", "0A") == pytest.approx(0.7)


def test_a_character_that_is_missed_costs_what_readers_miss_of_it() -> None:
    shown = 0.9 * 0.8 * 0.5
    assert likelihood_of(SURE, "ABC", "ABIC") == pytest.approx(shown * MISSED["I"] * 0.5)
    assert likelihood_of(SURE, "ABC", "AXBC") == pytest.approx(shown * MISSED_OTHER * 0.5)
    assert likelihood_of(SURE, "ABC", "XABCY") == pytest.approx(shown * MISSED_OTHER**2)
    assert likelihood_of(SURE, "ABC", "ABCDEF") == 0.0  # more than there are slots


def test_more_than_two_characters_are_not_missed() -> None:
    slots = slots_with({"A": 1.0}, *[{EMPTY: 1.0}] * 4)
    assert likelihood_of(slots, "A", "AXY") == pytest.approx(MISSED_OTHER**2)
    assert likelihood_of(slots, "A", "AXYZ") == pytest.approx(SHARE_MIN**3)


def test_slots_that_are_likeliest_empty_are_put_behind() -> None:
    slots = slots_with({EMPTY: 0.9}, {"A": 0.9}, {EMPTY: 0.8}, {"B": 0.7})
    assert likelihood_of(slots, "AB", "AB") == pytest.approx(0.9 * 0.7 * 0.9 * 0.8)


@pytest.mark.parametrize(
    ("own", "text", "places"),
    [
        ("ABC", "ABC", (0, 1, 2)),
        ("ABC", "XABC", (None, 0, 1, 2)),
        ("ABC", "ABXC", (0, 1, None, 2)),
        ("ABC", "ABCXY", (0, 1, 2, None, None)),
        ("ABC", "AXBYC", (0, None, 1, None, 2)),
    ],
)
def test_each_character_stands_where_it_fits_best(own: str, text: str, places: tuple[int | None, ...]) -> None:
    assert places_of(SURE, own, text) == places


def test_a_look_is_moved_under_the_heaviest_text_that_has_its_characters() -> None:
    part = slots_with(*[{c: 1.0} for c in "ABCE"], {EMPTY: 1.0}, {EMPTY: 1.0})
    whole = slots_with(*[{c: 1.0} for c in "ABCDE"], {EMPTY: 1.0})
    other = slots_with(*[{c: 1.0} for c in "ABCEF"], {EMPTY: 1.0})
    looks, texts = np.stack([part, whole, other]), ["ABCE", "ABCDE", "ABCEF"]
    moved = align(looks, texts, [3.0, 2.0, 1.0])[0]
    assert [ALPHABET[row.argmax()] for row in moved[[0, 1, 2, 4]]] == list("ABCE")
    assert moved[3, ALPHABET.index("D")] == MISSED_OTHER
    assert moved[3, ALPHABET.index("I")] == MISSED["I"]
    assert moved[3, ALPHABET.index(EMPTY)] == 1.0
    behind = align(looks, texts, [3.0, 1.0, 2.0])[0]
    assert [ALPHABET[row.argmax()] for row in behind[:4]] == list("ABCE")
    assert behind[4, ALPHABET.index("F")] == MISSED_OTHER
    assert (align(looks, texts, [1.0, 1.0, 1.0])[1:] == looks[1:]).all()


def test_the_weights_of_a_text_that_is_seen_often_add_up() -> None:
    part = slots_with(*[{c: 1.0} for c in "ABCE"], {EMPTY: 1.0}, {EMPTY: 1.0})
    whole = slots_with(*[{c: 1.0} for c in "ABCDE"], {EMPTY: 1.0})
    other = slots_with(*[{c: 1.0} for c in "ABCEF"], {EMPTY: 1.0})
    looks = np.stack([part, part, whole, whole, whole, other])
    texts = ["ABCE", "ABCE", "ABCDE", "ABCDE", "ABCDE", "ABCEF"]
    moved = align(looks, texts, [2.0, 2.0, 0.6, 0.6, 0.6, 1.5])[0]
    assert moved[3, ALPHABET.index("D")] == MISSED_OTHER


def test_a_text_of_which_the_heaviest_is_no_part_moves_nothing() -> None:
    part = slots_with(*[{c: 1.0} for c in "ABCE"], {EMPTY: 1.0})
    whole = slots_with(*[{c: 1.0} for c in "ABCDE"])
    other = slots_with(*[{c: 1.0} for c in "WXYZ"], {EMPTY: 1.0})
    looks = np.stack([other, part, whole])
    assert (align(looks, ["WXYZ", "ABCE", "ABCDE"], [5.0, 1.0, 1.0]) == looks).all()


def test_other_texts_and_characters_are_kept_from_their_least_share_on() -> None:
    result = vote([reading_of("8ABC123", certainty=0.9)], alternatives_max=3)
    assert len(result.alternatives) == 3
    assert all(other.confidence >= ALTERNATIVE_MIN for other in result.alternatives)
    assert [other.confidence for other in result.alternatives] == sorted(
        (other.confidence for other in result.alternatives), reverse=True
    )
    assert [slot[0][0] for slot in result.slot_votes] == [*"8ABC123", EMPTY, EMPTY]
    for slot in result.slot_votes:
        shares = [share for _, share in slot]
        assert shares == sorted(shares, reverse=True)
        assert all(share >= SLOT_VOTE_MIN for share in shares)
        assert len(slot) <= 5
    unsure = vote([reading_of("8ABC123", certainty=0.15)])
    assert [len(slot) for slot in unsure.slot_votes] == [5] * 9
    assert vote([reading_of("8ABC123", certainty=0.9999)]).alternatives == ()


@pytest.mark.parametrize(
    ("area", "simple"),
    [
        (((0.2, 0.1), (0.7, 0.1), (0.5, 0.6)), True),
        (((0.2, 0.1), (0.7, 0.1), (0.4, 0.1)), False),  # it turns back on itself
        (((0.1, 0.2), (0.1, 0.7), (0.1, 0.4)), False),
        (((0.2, 0.3), (0.4, 0.6), (0.3, 0.45), (0.9, 0.1)), False),
        (((0.2, 0.3), (0.4, 0.6), (0.6, 0.9), (0.9, 0.1)), True),  # a straight corner
        (((0.0, 0.0), (0.4, 0.0), (0.4, 0.4), (0.2, 0.4), (0.2, 0.0), (0.0, 0.4)), False),  # a corner on an edge
        (((0.0, 0.0), (0.4, 0.0), (0.4, 0.4), (0.2, 0.1), (0.0, 0.4)), True),
        (((0.0, 0.0), (0.4, 0.4), (0.4, 0.0), (0.0, 0.4)), False),
        (((0.1, 0.1), (0.5, 0.1), (0.5, 0.5), (0.1, 0.1)), False),  # a corner twice
        (((0.1, 0.1), (0.5, 0.1), (0.3, 0.3), (0.5, 0.5), (0.1, 0.5), (0.3, 0.3)), False),
        ((), False),
    ],
)
def test_an_area_has_corners_in_order_around_it(area: tuple[Corner, ...], *, simple: bool) -> None:
    assert is_simple(area) is simple
    assert is_simple(area[::-1]) is simple
    assert is_simple((*area[1:], *area[:1])) is simple
    assert is_simple(tuple((y, x) for x, y in area)) is simple
    assert is_simple(tuple((1 - x, y) for x, y in area)) is simple


@given(st.lists(st.sampled_from(THIRDS), min_size=3, max_size=4, unique=True))
def test_whether_an_area_is_simple_is_the_same_however_it_is_turned(corners: list[Corner]) -> None:
    area = tuple(corners)
    simple = is_simple(area)
    for number in range(1, len(area)):
        assert is_simple(area[number:] + area[:number]) is simple
    assert is_simple(area[::-1]) is simple
    assert is_simple(tuple((0.7 + 0.3 * x - 0.2 * y, 0.1 + 0.2 * x + 0.3 * y) for x, y in area)) is simple
    if len(area) == 3:
        (a, b), (c, d), (e, f) = area
        assert simple is (abs((c - a) * (f - b) - (d - b) * (e - a)) > 1e-9)
