import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from alpr_edge.domain.plates import ALPHABET, canonical
from alpr_edge.domain.recognition.missed_characters import MISSED, MISSED_OTHER, align, likelihood_of, places_of
from alpr_edge.domain.recognition.slot_texts import text_of
from alpr_edge.domain.recognition.voting import JointReading, vote
from tests.domain.readings import reading_of, slots_of

texts = st.text(ALPHABET[:-1], min_size=5, max_size=9)


def slots64_of(text: str, certainty: float = 0.99) -> np.ndarray[tuple[int, ...], np.dtype[np.float64]]:
    return slots_of(text, certainty).astype(np.float64)


@given(texts, st.data())
def test_a_reading_is_set_under_the_text_of_which_it_misses_characters(text: str, data: st.DataObject) -> None:
    missing = data.draw(st.sets(st.integers(0, len(text) - 1), max_size=2))
    part = "".join(character for place, character in enumerate(text) if place not in missing)
    places = places_of(slots64_of(part), canonical(part), canonical(text))
    shown = [place for place in places if place is not None]
    assert len(places) == len(text)
    assert shown == list(range(len(part)))
    # which of two equal neighbours is missing nobody can tell
    assert [canonical(text)[i] for i, place in enumerate(places) if place is not None] == list(canonical(part))


@given(texts, st.integers(1, 5))
def test_looks_with_as_many_characters_stay_as_they_are(text: str, count: int) -> None:
    looks = np.stack([slots64_of(text)] * count)
    assert (align(looks, [canonical(text)] * count, [1.0] * count) == looks).all()


@pytest.mark.parametrize(
    ("looks", "plate"),
    [
        (["F82EVA"] * 4 + ["IF82EVA"] * 2, "IF82EVA"),
        (["F82EVA"] * 4 + ["IF82EVA"] * 2 + ["F82EVAA"], "IF82EVA"),
        (["8ABC123"] * 3 + ["8BC123"] * 2, "8ABC123"),
        (["8BC123"] * 8 + ["8ABC123"], "8BC123"),
        (["B305CIL", "B305CL", "B05CL"], "B305CIL"),
    ],
)
def test_looks_of_other_lengths_vote_character_by_character(looks: list[str], plate: str) -> None:
    result = vote([reading_of(text, certainty=0.97) for text in looks])
    assert result.plate == plate


def test_the_likelihood_of_a_text_counts_what_is_missed() -> None:
    slots = slots64_of("F82EVA", 0.999)
    own = likelihood_of(slots, "F82EVA", "F82EVA")
    assert likelihood_of(slots, "F82EVA", "IF82EVA") == pytest.approx(own * MISSED["I"], rel=0.02)
    assert likelihood_of(slots, "F82EVA", "F82EVAB") == pytest.approx(own * MISSED_OTHER, rel=0.02)
    assert likelihood_of(slots, "F82EVA", "F82EVB") < 1e-3
    assert likelihood_of(slots, "F82EVA", "1234567890") == 0


@given(texts, texts)
def test_a_likelihood_is_a_probability_and_greatest_for_what_is_shown(text: str, other: str) -> None:
    readings = [reading_of(text, certainty=0.9)]
    joint = JointReading.of(readings)
    assert joint.text == text_of(readings[0].slot_probabilities)
    assert 0 <= joint.likelihood(canonical(other)) <= joint.likelihood(joint.text) <= 1
