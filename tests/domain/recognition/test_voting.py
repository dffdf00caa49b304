import itertools
from collections import defaultdict
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from alpr_edge.domain.plates import ALPHABET, canonical
from alpr_edge.domain.recognition.slot_texts import text_of
from alpr_edge.domain.recognition.voting import _texts, vote
from tests.domain.readings import reading_of, slots_of

texts = st.text(ALPHABET[:-1], min_size=1, max_size=9)


@given(texts)
def test_one_clear_reading_is_its_canonical_text(text: str) -> None:
    result = vote([reading_of(text)])
    assert result.plate == canonical(text)
    assert text_of(slots_of(text)) == canonical(text)


@given(texts, st.integers(1, 20))
def test_confidence_is_a_probability_and_alternatives_are_other_texts_in_order(text: str, count: int) -> None:
    result = vote([reading_of(text, certainty=0.6)] * count)
    assert 0 <= result.confidence <= 1
    assert result.plate not in {other.plate for other in result.alternatives}
    confidences = [result.confidence, *(other.confidence for other in result.alternatives)]
    assert confidences == sorted(confidences, reverse=True)
    assert sum(confidences) <= 1 + 1e-6


@given(st.integers(0, 1_000_000))
@settings(max_examples=20)
def test_the_likeliest_texts_are_those_of_all_combinations_of_the_slots(seed: int) -> None:
    """Of three slots with three characters each there are so few that every one of them is looked at."""
    posterior = np.random.default_rng(seed).dirichlet(np.full(len(ALPHABET), 0.1), size=3)
    likely = [np.argsort(-row)[:3].tolist() for row in posterior]
    shares: defaultdict[str, float] = defaultdict(float)
    for picks in itertools.product(*likely):
        text = canonical("".join(ALPHABET[index] for index in picks if ALPHABET[index] != "_"))
        shares[text] += float(np.prod([row[index] for row, index in zip(posterior, picks, strict=True)]))
    texts_found = _texts(posterior, 5)
    likeliest = sorted(shares.values(), reverse=True)[:5]
    assert [share for _, share in texts_found] == pytest.approx(likeliest, abs=1e-9)
    assert all(shares[text] == pytest.approx(share, abs=1e-9) for text, share in texts_found)


def test_the_majority_of_frames_overrules_one_wrong_character() -> None:
    readings = [reading_of("8ABC123"), reading_of("BABC123"), reading_of("8ABC123")]
    result = vote(readings)
    assert result.plate == "8ABC123"
    assert result.alternatives[0].plate == "BABC123"


def test_a_sharp_look_outweighs_two_blurred_ones() -> None:
    blurred_looks = [reading_of("5SOW750", certainty=0.5, sharpness=1)] * 2
    assert vote([*blurred_looks, reading_of("5SOW350", certainty=0.9, sharpness=2000)]).plate == "5S0W350"


def test_looks_without_sharpness_have_no_say() -> None:
    blank = [reading_of("5SOW750", certainty=0.99, sharpness=0)] * 5
    assert vote([*blank, reading_of("5SOW350", certainty=0.5)]).plate == "5S0W350"


def test_a_look_that_was_hardly_detected_has_less_say() -> None:
    hardly = replace(reading_of("5SOW750", certainty=0.9), detection_confidence=0.2)
    assert vote([hardly, hardly, reading_of("5SOW350", certainty=0.9)]).plate == "5S0W350"


def test_more_agreeing_frames_are_surer_but_not_as_if_they_were_independent() -> None:
    one, nine = vote([reading_of("8ABC123", certainty=0.7)]), vote([reading_of("8ABC123", certainty=0.7)] * 9)
    assert one.confidence < nine.confidence < 0.9  # independent ones would be as good as sure


def test_letter_o_and_digit_zero_add_up_to_one_text() -> None:
    slots = slots_of("8ABC123")
    slots[1] = 1e-4
    slots[1, ALPHABET.index("O")] = 0.5
    slots[1, ALPHABET.index("0")] = 0.4964
    reading = reading_of("8ABC123")
    doubtful = type(reading)(
        reading.frame_number, reading.captured_at, reading.box, reading.detection_confidence, slots, reading.sharpness
    )
    whole = vote([reading_of("80BC123")])
    assert vote([doubtful]).plate == "80BC123"
    assert vote([doubtful]).confidence == pytest.approx(whole.confidence, rel=0.1)


def test_alternatives_are_all_spellings_of_the_slots_in_doubt_and_no_more_than_asked_for() -> None:
    slots = np.maximum(slots_of("888C123", certainty=0.999), slots_of("BBBC123", certainty=0.999))
    doubtful = [replace(reading_of("888C123"), slot_probabilities=slots / slots.sum(axis=1, keepdims=True))]
    spellings = {f"{a}{b}{c}C123" for a in "8B" for b in "8B" for c in "8B"}
    result = vote(doubtful, alternatives_max=7)
    assert {result.plate, *(other.plate for other in result.alternatives)} == spellings
    assert 0.9 < result.confidence + sum(other.confidence for other in result.alternatives) <= 1
    assert [len(vote(doubtful, alternatives_max=count).alternatives) for count in (0, 1, 3)] == [0, 1, 3]
    assert len(vote(doubtful).alternatives) == 4


def test_the_third_character_of_a_slot_is_considered_too() -> None:
    result = vote([reading_of("8ABC123"), reading_of("BABC123"), reading_of("3ABC123")])
    texts = {result.plate, *(other.plate for other in result.alternatives)}
    assert texts >= {"8ABC123", "BABC123", "3ABC123"}


def test_of_a_slot_in_doubt_the_likeliest_five_are_shown_to_four_places() -> None:
    slots = slots_of("8ABC123")
    slots[0] = 1e-4
    for place, character in enumerate("8BS5Z2G"):
        slots[0, ALPHABET.index(character)] = 0.2 - place / 50
    votes = vote([replace(reading_of("8ABC123"), slot_probabilities=slots)]).slot_votes[0]
    assert [character for character, _ in votes] == list("8BS5Z")
    assert [share for _, share in votes] == pytest.approx([0.2036, 0.1832, 0.1629, 0.1425, 0.1221], abs=0.001)
    assert all(round(share, 4) == share for _, share in votes)


def test_slot_votes_hold_what_the_reader_considered() -> None:
    votes = vote([reading_of("8ABC123"), reading_of("BABC123")]).slot_votes
    assert {character for character, _ in votes[0]} == {"8", "B"}
    assert [character for character, _ in votes[1]] == ["A"]


@pytest.mark.parametrize(("text", "readable"), [("", False), ("1", False), ("1A", True), ("8ABC123", True)])
def test_what_has_too_few_characters_is_unreadable_and_never_certain(text: str, *, readable: bool) -> None:
    result = vote([reading_of(text, certainty=0.9999)])
    assert result.plate == text
    assert result.readable == readable
    assert result.certain == readable


def test_a_read_is_certain_from_its_threshold_on() -> None:
    assert vote([reading_of("8ABC123", certainty=0.995)]).certain
    assert not vote([reading_of("8ABC123", certainty=0.98)]).certain


def test_no_slot_vetoes_with_a_zero() -> None:
    slots = slots_of("8ABC123", certainty=1.0)
    reading = reading_of("8ABC123")
    certain = type(reading)(reading.frame_number, reading.captured_at, reading.box, 0.9, slots, reading.sharpness)
    result = vote([certain, *[reading_of("3ABC123", certainty=0.99)] * 4])
    assert result.plate == "3ABC123"
    assert np.isfinite(result.confidence)
