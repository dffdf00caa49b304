from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from alpr_edge.domain.plates import ALPHABET, canonical
from alpr_edge.domain.reads import text_as_read
from alpr_edge.domain.recognition.frames import Probabilities
from alpr_edge.domain.recognition.slot_texts import text_confidence_of
from alpr_edge.domain.recognition.voting import Opinion, vote
from tests.domain.readings import reading_of, slots_of


@given(st.text(ALPHABET[:-1], min_size=1, max_size=9))
def test_one_clear_look_keeps_the_letter_and_the_digit_apart(text: str) -> None:
    result = vote([reading_of(text)])
    assert (result.text, result.plate) == (text, canonical(text))


@pytest.mark.parametrize(
    ("looks", "text"),
    [(["8OBC120", "8OBC120", "80BC12O"], "8OBC120"), (["8OBC120", "80BC12O", "80BC12O"], "80BC12O")],
)
def test_the_frames_of_a_pass_decide_each_place(looks: list[str], text: str) -> None:
    result = vote([reading_of(look) for look in looks])
    assert (result.text, result.plate) == (text, "80BC120")


def test_a_sharp_look_at_the_letter_outweighs_two_blurred_ones_at_the_digit() -> None:
    blurred_looks = [reading_of("80BC123", certainty=0.6, sharpness=1)] * 2
    assert vote([*blurred_looks, reading_of("8OBC123", certainty=0.9, sharpness=2000)]).text == "8OBC123"


def test_a_text_that_does_not_fit_the_slots_stays_canonical() -> None:
    result = vote([reading_of("8OBC123", certainty=0.7)], opinion=Opinion("80BC1234", {"80BC1234": 1.0}))
    assert text_as_read("80BC1234", result.slot_votes) == "80BC1234"
    assert text_as_read("80BC123", ()) == "80BC123"


def test_a_place_undecided_between_letter_and_digit_is_no_doubt_about_the_text() -> None:
    undecided: Probabilities = (slots_of("8OBC123", 0.99) + slots_of("80BC123", 0.99)) / np.float32(2)
    assert text_confidence_of(undecided) == pytest.approx(text_confidence_of(slots_of("80BC123", 0.99)), rel=0.01)
    assert np.isclose(undecided[1].sum(), 1)
    result = vote([replace(reading_of("8OBC123"), slot_probabilities=undecided)])
    assert result.confidence > 0.85
