"""A wav file holds a sentence behind its tone, and the rest of one that another tone cuts off is silence."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from alpr_edge.alerts.speech.clips import PAUSE_MS, SpeechClips
from alpr_edge.alerts.tones import RATE_HZ, length_ms, synthesise
from alpr_edge.alerts.wav import WavPlayer
from alpr_edge.domain.alerting import Tone
from alpr_edge.domain.instants import Instant
from tests.alerts.speech.clip_files import clips_in_memory, phrases_in

Signal = NDArray[np.float64]
Load = Callable[[Path], Signal]
PHRASES = ("High", "Stolen vehicle", "Withdrawn")


def player_in(folder: Path, start: Instant, clips: SpeechClips | None = None) -> WavPlayer:
    return WavPlayer(folder / "a.wav", 1.0, start, clips or clips_in_memory(PHRASES))


def samples_of(ms: float) -> int:
    return round(ms * RATE_HZ / 1000)


def test_a_sentence_follows_its_tone_behind_a_pause(tmp_path: Path, start: Instant, load_wav: Load) -> None:
    player = player_in(tmp_path, start)
    player.play(Tone.HIGH, start.shift(1000), ("High", "Stolen vehicle"))
    player.close()
    signal = load_wav(tmp_path / "a.wav")
    tone_end = RATE_HZ + len(synthesise(Tone.HIGH))
    assert np.array_equal(signal[RATE_HZ:tone_end], synthesise(Tone.HIGH))
    assert not signal[tone_end : tone_end + samples_of(PAUSE_MS) - 1].any()
    assert phrases_in(signal[tone_end:], PHRASES) == ["High", "Stolen vehicle"]


def test_a_newer_tone_begins_where_it_belongs_and_cuts_the_sentence_off(
    tmp_path: Path, start: Instant, load_wav: Load
) -> None:
    player = player_in(tmp_path, start, clips_in_memory(PHRASES, RATE_HZ * 4))
    player.play(Tone.HIGH, start, ("Withdrawn",))
    second_ns = player.play(Tone.POSSIBLE, start.shift(2000))
    player.close()
    assert second_ns == start.shift(2000).boottime_ns
    signal = load_wav(tmp_path / "a.wav")
    assert signal[2 * RATE_HZ - 1] != 0
    assert np.array_equal(signal[2 * RATE_HZ :][: len(synthesise(Tone.POSSIBLE))], synthesise(Tone.POSSIBLE))
    assert not signal[2 * RATE_HZ + len(synthesise(Tone.POSSIBLE)) :].any()


def test_of_two_tones_at_once_the_more_urgent_one_is_said_after_both(
    tmp_path: Path, start: Instant, load_wav: Load
) -> None:
    player = player_in(tmp_path, start)
    player.play(Tone.HIGH, start, ("High",))
    player.play(Tone.POSSIBLE, start.shift(10), ("Stolen vehicle",))
    player.close()
    signal = load_wav(tmp_path / "a.wav")
    both = samples_of(length_ms(Tone.HIGH) + 100 + length_ms(Tone.POSSIBLE))
    assert phrases_in(signal[both:], PHRASES) == ["High"]
    assert phrases_in(signal[:both], PHRASES) == []


def test_a_phrase_that_is_not_there_leaves_the_tone_alone(tmp_path: Path, start: Instant, load_wav: Load) -> None:
    player = player_in(tmp_path, start)
    player.play(Tone.HIGH, start, ("High", "Bonnet"))
    player.close()
    assert np.array_equal(load_wav(tmp_path / "a.wav"), synthesise(Tone.HIGH))
