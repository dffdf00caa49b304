"""The typed form of an enrollment code."""

import secrets

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alpr_edge.domain.protocol.enrolment_codes import (
    ALPHABET,
    CHANCE_BITS,
    CHARACTERS,
    MistypedError,
    draw_code,
    group_code,
    parse_code,
)

codes = st.randoms(use_true_random=False).map(lambda chance: draw_code(chance.getrandbits))
CONFUSED = {"0": "0Oo", "1": "1IiLl"}


@given(codes)
def test_a_code_is_four_groups_of_five(code: str) -> None:
    assert [len(group) for group in code.split("-")] == [5, 5, 5, 5]
    assert group_code(parse_code(code)) == code


@given(codes, st.data())
def test_any_case_spaces_dashes_and_look_alikes_are_taken(code: str, data: st.DataObject) -> None:
    canonical = parse_code(code)
    text = ""
    for character in canonical:
        text += data.draw(st.sampled_from(["", " ", "-", "\t", " - "]))
        text += data.draw(st.sampled_from(CONFUSED.get(character, character.upper() + character.lower())))
    assert parse_code(f"{text}\n") == canonical


@given(codes, st.integers(0, CHARACTERS - 1), st.sampled_from(ALPHABET))
def test_one_wrong_character_is_always_refused(code: str, place: int, other: str) -> None:
    right = parse_code(code)
    wrong = right[:place] + other + right[place + 1 :]
    if wrong == right:
        assert parse_code(wrong) == right
    else:
        with pytest.raises(MistypedError, match="check character"):
            parse_code(wrong)


@given(codes, st.integers(0, CHARACTERS - 3))
def test_two_neighbours_that_changed_places_are_refused(code: str, place: int) -> None:
    right = parse_code(code)
    wrong = right[:place] + right[place + 1] + right[place] + right[place + 2 :]
    if wrong != right:
        with pytest.raises(MistypedError, match="check character"):
            parse_code(wrong)


@given(st.text())
def test_whatever_is_typed_is_a_code_or_says_why_not(text: str) -> None:
    try:
        answer = parse_code(text)
    except MistypedError as error:
        answer = str(error).partition(" ")[0]
    assert answer == "a" or set(answer) <= set(ALPHABET)


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
        parse_code(text)


def test_codes_carry_enough_chance_and_end_in_no_sign_of_a_shell() -> None:
    # One in 37 codes is drawn again for each of five symbols: log2(37 / 32) = 0.21 bits less.
    assert CHANCE_BITS - 0.21 > 80
    new_codes = {draw_code(secrets.randbits) for _ in range(500)}
    assert len(new_codes) == 500
    assert set("".join(new_codes)) <= set(ALPHABET + "-")
