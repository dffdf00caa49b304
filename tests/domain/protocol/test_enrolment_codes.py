"""The typed form of an enrolment code."""

import secrets

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alpr_edge.domain.protocol.enrolment_codes import (
    ALPHABET,
    CHANCE_BITS,
    CHARACTERS,
    MistypedError,
    drawn,
    grouped,
    parsed,
)

codes = st.randoms(use_true_random=False).map(lambda chance: drawn(chance.getrandbits))
CONFUSED = {"0": "0Oo", "1": "1IiLl"}


@given(codes)
def test_a_code_is_four_groups_of_five(code: str) -> None:
    assert [len(group) for group in code.split("-")] == [5, 5, 5, 5]
    assert grouped(parsed(code)) == code


@given(codes, st.data())
def test_any_case_spaces_dashes_and_look_alikes_are_taken(code: str, data: st.DataObject) -> None:
    canonical = parsed(code)
    typed = ""
    for character in canonical:
        typed += data.draw(st.sampled_from(["", " ", "-", "\t", " - "]))
        typed += data.draw(st.sampled_from(CONFUSED.get(character, character.upper() + character.lower())))
    assert parsed(f"{typed}\n") == canonical


@given(codes, st.integers(0, CHARACTERS - 1), st.sampled_from(ALPHABET))
def test_one_wrong_character_is_always_refused(code: str, place: int, other: str) -> None:
    right = parsed(code)
    wrong = right[:place] + other + right[place + 1 :]
    if wrong == right:
        assert parsed(wrong) == right
    else:
        with pytest.raises(MistypedError, match="check character"):
            parsed(wrong)


@given(codes, st.integers(0, CHARACTERS - 3))
def test_two_neighbours_that_changed_places_are_refused(code: str, place: int) -> None:
    right = parsed(code)
    swapped = right[:place] + right[place + 1] + right[place] + right[place + 2 :]
    if swapped != right:
        with pytest.raises(MistypedError, match="check character"):
            parsed(swapped)


@given(st.text())
def test_whatever_is_typed_is_a_code_or_says_why_not(text: str) -> None:
    try:
        told = parsed(text)
    except MistypedError as error:
        told = str(error).partition(" ")[0]
    assert told == "a" or set(told) <= set(ALPHABET)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "this one 0"),
        ("0" * 19, "this one 19"),
        ("U" + "0" * 19, "never U"),
        ("ß" + "0" * 19, "letters and digits only"),
    ],
)
def test_what_is_no_code_says_why(text: str, message: str) -> None:
    with pytest.raises(MistypedError, match=message):
        parsed(text)


def test_codes_carry_enough_chance_and_end_in_no_sign_of_a_shell() -> None:
    # One in 37 codes is drawn again for each of five symbols: log2(37 / 32) = 0.21 bits less.
    assert CHANCE_BITS - 0.21 > 80
    made = {drawn(secrets.randbits) for _ in range(500)}
    assert len(made) == 500
    assert set("".join(made)) <= set(ALPHABET + "-")
