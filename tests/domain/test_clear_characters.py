"""Clear characters of a plate whose others are hidden: which they are, and which partial plates they fit."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alpr_edge.domain.patterns import CLEAR_COUNT_MIN, PatternSet, fits_partial
from alpr_edge.domain.reads import SlotVotes, clear_characters

CHARACTERS = "0123456789ABCDEFGHIJKLMNPQRSTUVWXYZ"


def votes_of(text: str, *shares: float) -> SlotVotes:
    """The vote for a text, each character with its probability (1 where none is given)."""
    given_shares = (*shares, *[1.0] * len(text))
    pairs = zip(text, given_shares, strict=False)
    return (*(((character, share),) for character, share in pairs), (("_", 1.0),))


@pytest.mark.parametrize(
    ("text", "shares", "clear"),
    [
        ("7AB", (0.99, 0.97, 0.96), "7AB"),
        ("7ABXX", (0.99, 0.97, 0.96, 0.4, 0.3), "7AB"),
        ("7XAXB", (0.99, 0.5, 0.97, 0.94, 0.96), "7AB"),
        ("OAB", (0.99, 0.97, 0.96), "0AB"),
        ("7ABC", (0.99, 0.97, 0.9, 0.9), None),
        ("7A", (), None),
        ("7ABC123", (), None),
        ("7ABC123", (0.99, 0.99, 0.5), "7AC123"),
        ("", (), None),
    ],
)
def test_three_clear_characters_are_something_and_two_are_nothing(
    text: str, shares: tuple[float, ...], clear: str | None
) -> None:
    assert clear_characters(votes_of(text, *shares)) == clear


def test_the_letter_o_and_the_digit_0_are_one_clear_character() -> None:
    assert clear_characters(((("0", 0.5), ("O", 0.5)), *votes_of("AB"))) == "0AB"


@pytest.mark.parametrize(
    ("clear", "partial", "fits"),
    [
        ("7AB", "7AB*", True),
        ("7AB", "7AB????", True),
        ("7AB", "7ABC12?", True),
        ("7A3", "7ABC123*", True),
        ("7A3", "7A???23", True),
        ("123", "*123", True),
        ("A123", "7A??123", True),
        ("7A123", "7A*", False),
        ("7AB", "7A*", False),
        ("BA7", "7AB*", False),
        ("97AB", "7AB*", False),
        ("7ABC", "7ABD*", True),
        ("7B13", "7ABC123", False),
        ("7ABC", "7ABD", False),
        ("7ABD", "7AB?", True),
        ("7ABCD", "7AB?", False),
        ("789", "7*8*9", True),
        ("ABCABC", "*ABC", True),
    ],
)
def test_clear_characters_fit_a_partial_plate_by_three_known_ones_in_order(
    clear: str, partial: str, *, fits: bool
) -> None:
    assert fits_partial(clear, partial) is fits


@st.composite
def covered_plates(draw: st.DrawFn) -> tuple[str, str, str, int]:
    """A plate, the characters beside what hides some, a partial plate that it fits, and its known clear characters."""
    plate = draw(st.text(CHARACTERS, min_size=5, max_size=8))
    first = draw(st.integers(0, len(plate)))
    last = draw(st.integers(first, len(plate)))
    known = draw(st.integers(3, len(plate)))
    start = draw(st.integers(0, len(plate) - known))
    shown = [index for index in range(start, start + known) if not first <= index < last]
    ending = "*" if start + known < len(plate) else ""
    partial = "*" * (start > 0) + plate[start : start + known] + ending
    return plate, plate[:first] + plate[last:], partial, len(shown)


@given(covered_plates())
def test_a_partial_plate_is_found_whenever_three_of_its_known_characters_are_clear(
    case: tuple[str, str, str, int],
) -> None:
    plate, clear, partial, known_clear = case
    assert PatternSet([partial]).matches(plate) == [partial]
    if known_clear >= CLEAR_COUNT_MIN:
        assert fits_partial(clear, partial)


@given(st.text(CHARACTERS, min_size=3, max_size=8), st.text(CHARACTERS + "?*", min_size=3, max_size=9))
def test_what_fits_has_three_known_characters_of_the_partial_plate_in_order(clear: str, partial: str) -> None:
    if fits_partial(clear, partial):
        known = [character for character in partial if character not in "?*"]
        row = [0] * (len(known) + 1)
        for character in clear:
            before = list(row)
            for place, other in enumerate(known, start=1):
                row[place] = max(before[place], row[place - 1], before[place - 1] + (character == other))
        assert row[-1] >= CLEAR_COUNT_MIN
