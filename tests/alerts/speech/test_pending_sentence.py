"""Which sentence is said after tones that come close together, and that none outlives its alert."""

import numpy as np
import pytest

from alpr_edge.alerts.speech.clips import PAUSE_MS
from alpr_edge.alerts.speech.pending_sentence import PendingSentence
from alpr_edge.alerts.tones import RATE_HZ, Samples
from alpr_edge.domain.alerting import Tone

PAUSE = RATE_HZ * PAUSE_MS // 1000


def speech(value: int) -> Samples:
    return np.full(PAUSE + 100, value, np.int16)


NOTHING: Samples = np.zeros(0, np.int16)


def pending(*tones: tuple[Tone, Samples]) -> int:
    """The value of what is said after some tones; 0 for nothing."""
    sentence = PendingSentence()
    for tone, samples in tones:
        sentence.follow(tone, samples)
    left = sentence.peek()
    return int(left[0]) if len(left) else 0


def test_the_sentence_of_the_most_urgent_tone_is_said_and_of_equals_the_newest() -> None:
    assert pending((Tone.HIGH, speech(1)), (Tone.POSSIBLE, speech(2))) == 1
    assert pending((Tone.HIGH, speech(1)), (Tone.URGENT, speech(2))) == 2
    assert pending((Tone.HIGH, speech(1)), (Tone.HIGH, speech(2))) == 2


def test_a_tone_of_a_fault_says_nothing_and_lets_a_hit_be_said_that_was_not_begun() -> None:
    assert pending((Tone.POSSIBLE, speech(1)), (Tone.TROUBLE, NOTHING)) == 1
    assert pending((Tone.ROUTINE, speech(1)), (Tone.HIGH, NOTHING)) == 0


def test_behind_a_withdrawal_the_withdrawn_alert_is_not_said() -> None:
    assert pending((Tone.URGENT, speech(1)), (Tone.WITHDRAWN, speech(2))) == 2
    assert pending((Tone.URGENT, speech(1)), (Tone.WITHDRAWN, NOTHING)) == 0
    assert pending((Tone.WITHDRAWN, speech(1)), (Tone.HIGH, speech(2))) == 2
    assert pending((Tone.WITHDRAWN, speech(1)), (Tone.STALE, NOTHING)) == 0


@pytest.mark.parametrize("tone", Tone)
def test_what_has_begun_is_cut_off_by_any_tone(tone: Tone) -> None:
    sentence = PendingSentence()
    sentence.follow(Tone.URGENT, speech(1))
    assert len(sentence.take(PAUSE + 10)) == PAUSE + 10
    sentence.follow(tone, NOTHING)
    assert not len(sentence.take(1000))


def test_a_tone_in_the_pause_lets_the_whole_sentence_be_said_afterwards() -> None:
    sentence = PendingSentence()
    sentence.follow(Tone.URGENT, speech(1))
    sentence.take(PAUSE)
    sentence.follow(Tone.STALE, NOTHING)
    assert len(sentence.peek()) == PAUSE + 100


def test_a_sentence_is_said_once() -> None:
    sentence = PendingSentence()
    sentence.follow(Tone.HIGH, speech(1))
    assert len(sentence.take(10**6)) == PAUSE + 100
    assert not len(sentence.take(10))
    sentence.follow(Tone.POSSIBLE, speech(2))
    assert int(sentence.peek()[0]) == 2
