import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from alpr_edge.domain.plates import ALPHABET
from alpr_edge.domain.recognition.voting import (
    FREE_SHARE,
    LOG_ODDS_BOUNDS,
    SERIAL_FORMATS,
    Shares,
    apply_format_prior,
    vote,
)
from tests.domain.readings import SLOTS, reading_of, slots_of

PAIRS = tuple(LOG_ODDS_BOUNDS)


def slots_in_doubt(text: str, place: int, pair: str, letter_share: float) -> Shares:
    """Clear slots of a text, but for one place in which a letter and a digit share all."""
    slots = slots_of(text.replace("?", "A"), certainty=0.99).astype(np.float64)
    slots[place] = 1e-6
    slots[place, [ALPHABET.index(character) for character in pair]] = letter_share, 1 - letter_share
    return slots


def likeliest(slots: Shares, place: int) -> str:
    return ALPHABET[int(slots[place].argmax())]


@pytest.mark.parametrize(
    ("text", "place", "pair", "expected"),
    [
        ("7A?C123", 2, "O0", "O"),  # California: 1AAA111
        ("7ABC?23", 4, "O0", "0"),
        ("7A?C123", 2, "I1", "I"),
        ("ABC?234", 3, "I1", "1"),  # AAA1111
        ("AB?2CDE", 2, "O0", "0"),  # Britain: AA11AAA
        ("AB12C?E", 5, "I1", "I"),
        ("ABC123?", 6, "Q0", "0"),
    ],
)
def test_the_other_places_tell_letter_from_digit(text: str, place: int, pair: str, expected: str) -> None:
    against = 0.4 if expected == pair[0] else 0.6
    assert likeliest(apply_format_prior(slots_in_doubt(text, place, pair, against)), place) == expected


@pytest.mark.parametrize(
    ("text", "place", "pair", "letter_share"),
    [("7A?C123", 2, "O0", 0.25), ("7ABC?23", 4, "O0", 0.75), ("7A?C123", 2, "I1", 0.04), ("7ABC?23", 4, "I1", 0.96)],
)
def test_a_clear_character_is_never_overridden(text: str, place: int, pair: str, letter_share: float) -> None:
    slots = slots_in_doubt(text, place, pair, letter_share)
    assert likeliest(apply_format_prior(slots), place) == likeliest(slots, place)


def test_a_text_of_no_format_stays_as_it_is() -> None:
    slots = slots_in_doubt("G?TR4IN", 1, "O0", 0.6)
    shifted = apply_format_prior(slots_in_doubt("7A?C123", 2, "O0", 0.6))
    assert apply_format_prior(slots)[1] == pytest.approx(slots[1], abs=0.03)
    assert shifted[2, ALPHABET.index("O")] > 0.75  # what a format says


def test_of_another_length_than_any_plate_nothing_is_said() -> None:
    slots = slots_in_doubt("?", 0, "O0", 0.6)
    assert apply_format_prior(slots) == pytest.approx(slots)


def test_characters_that_look_like_no_other_stay_as_they_are() -> None:
    slots = slots_of("8ABC234", certainty=0.6).astype(np.float64)
    assert np.array_equal(apply_format_prior(slots), slots)


@given(st.integers(0, 2**32 - 1))
def test_only_shares_within_a_pair_move_and_no_further_than_the_bound(seed: int) -> None:
    slots = np.random.default_rng(seed).dirichlet(np.full(len(ALPHABET), 0.02), SLOTS) + 1e-9
    shifted = apply_format_prior(slots)
    letters, digits = ([ALPHABET.index(pair[side]) for pair in PAIRS] for side in (0, 1))
    others = [index for index in range(len(ALPHABET)) if index not in (*letters, *digits)]
    assert np.array_equal(shifted[:, others], slots[:, others])
    for together in ("O0Q", "I1"):  # the digit 0 is of two pairs
        alike = [ALPHABET.index(character) for character in together]
        assert shifted[:, alike].sum(axis=1) == pytest.approx(slots[:, alike].sum(axis=1))
    letter, digit = (ALPHABET.index(character) for character in "I1")
    moved = np.log(shifted[:, letter] / shifted[:, digit]) - np.log(slots[:, letter] / slots[:, digit])
    assert np.abs(moved).max() <= LOG_ODDS_BOUNDS["I1"][1] + 1e-6
    assert (shifted[:, ALPHABET.index("Q")] <= slots[:, ALPHABET.index("Q")] + 1e-12).all()


def test_the_vote_reads_o_and_i_by_it() -> None:
    half = [reading_of("7AOC123", certainty=0.99), reading_of("7A0C123", certainty=0.99)]
    assert vote(half).text == "7AOC123"
    assert vote([reading_of("7AIC123", certainty=0.99), reading_of("7A1C123", certainty=0.99)]).plate == "7AIC123"
    assert vote([reading_of("7ABCI23", certainty=0.99), reading_of("7ABC123", certainty=0.99)]).plate == "7ABC123"


def test_every_format_fits_the_reader() -> None:
    formats = [serial for row in SERIAL_FORMATS.values() for serial in row.split()]
    assert formats
    assert all(2 < len(serial) <= SLOTS and set(serial) <= set("A1X") for serial in formats)
    assert all(len(set(row.split())) == len(row.split()) for row in SERIAL_FORMATS.values())
    assert 0 < FREE_SHARE < 1
