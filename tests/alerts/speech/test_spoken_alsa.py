"""Heard for real: what is said after a tone on the software sound card, and that a newer tone cuts it off."""

from collections.abc import Callable
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from alpr_edge.alerts.players import CHUNK_SAMPLES, AlsaPlayer
from alpr_edge.alerts.speech.clips import PAUSE_MS, SENTENCE_MS_MAX, SpeechClips, load_clips
from alpr_edge.alerts.tone_recorder import audible_pitches
from alpr_edge.alerts.tones import PATTERNS, RATE_HZ, length_ms
from alpr_edge.domain.alerting import Tone
from alpr_edge.domain.instants import Instant
from tests.alerts.speech.conftest import RENDERED

Signal = NDArray[np.float64]
AT = Instant("boot", 0)
SENTENCE = ("High", "Stolen vehicle", "Similar plate", "Front")
VOLUME = 0.8
PIECES_MIN = 5
"""Pieces that have to be heard: on a busy computer the device runs dry again and again, within pieces as well."""


class Recording(Protocol):
    """Of the fixture ``sound_card``."""

    def wait_for(self, seconds: float) -> None: ...
    def stop(self) -> tuple[Signal, int]: ...


class Card(Protocol):
    """The fixture ``sound_card``."""

    device: str

    def record(self) -> Recording: ...


Span = Callable[[Signal], tuple[int, int]]


def place_of(piece: Signal, signal: Signal) -> tuple[int, float]:
    """Where a piece lies best in a recording, and its correlation there: 1 for the same."""
    size = len(signal) + len(piece)
    products = np.fft.irfft(np.fft.rfft(signal, size) * np.conj(np.fft.rfft(piece, size)), size)
    place = int(products[: len(signal)].argmax())
    there = signal[place : place + len(piece)]
    return place, float(products[place] / (np.linalg.norm(piece) * np.linalg.norm(there) + 1e-9))


def loud_pieces(signal: Signal) -> list[Signal]:
    """Loud pieces of 20 ms, as the device is handed them; a busy computer leaves gaps between them."""
    pieces = [signal[begin : begin + CHUNK_SAMPLES] for begin in range(0, len(signal), CHUNK_SAMPLES * 3)]
    return [piece for piece in pieces if np.abs(piece).max() > 2000]


def test_the_sentence_is_heard_after_the_tone_as_it_was_rendered(
    sound_card: Card, spoken_unit: Path, record_property: Callable[[str, object], None]
) -> None:
    clips = load_clips(spoken_unit, RENDERED, VOLUME)
    expected = clips.join(SENTENCE).astype(np.float64)
    assert 1000 < len(expected) * 1000 / RATE_HZ - PAUSE_MS <= SENTENCE_MS_MAX
    player = AlsaPlayer(sound_card.device, VOLUME, clips=clips)
    recording = sound_card.record()
    player.play(Tone.HIGH, AT, SENTENCE)
    recording.wait_for((length_ms(Tone.HIGH) + PAUSE_MS + SENTENCE_MS_MAX) / 1000 + 2)
    player.close()
    signal, _ = recording.stop()
    found = [place_of(piece, signal) for piece in loud_pieces(expected)]
    places = [place for place, similarity in found if similarity > 0.95]
    record_property("pieces_heard", len(places) / len(found))
    assert len(places) >= PIECES_MIN, "without speech there is none"
    assert audible_pitches(signal[: min(places)], [1600]) == {1600}
    speech = signal[min(places) : max(places)]
    record_property("spoken_ms", len(speech) * 1000 / RATE_HZ)
    power, hz = np.abs(np.fft.rfft(speech)) ** 2, np.fft.rfftfreq(len(speech), 1 / RATE_HZ)
    assert power[(hz > 80) & (hz < 5000)].sum() > 0.9 * power.sum()


def test_a_newer_tone_cuts_off_what_is_said(sound_card: Card, span_of: Span) -> None:
    noise = np.random.default_rng(1).normal(0, 3000, RATE_HZ * 20).astype(np.int16)
    player = AlsaPlayer(sound_card.device, VOLUME, clips=SpeechClips({"Withdrawn": noise}))
    recording = sound_card.record()
    player.play(Tone.HIGH, AT, ("Withdrawn",))
    recording.wait_for(length_ms(Tone.HIGH) / 1000 + 1.5)
    player.play(Tone.POSSIBLE, AT)
    recording.wait_for(length_ms(Tone.POSSIBLE) / 1000 + 1.5)
    signal, _ = recording.stop()
    player.close()
    first, last = span_of(signal)
    assert (last - first) / RATE_HZ < 15, "the sentence alone takes 20 s"
    end = signal[last - RATE_HZ * PATTERNS[Tone.POSSIBLE][-1][1] // 1000 : last]
    assert audible_pitches(end, [720]) == {720}


def test_a_player_that_is_closed_finishes_its_tone_and_not_its_sentence(sound_card: Card, span_of: Span) -> None:
    noise = np.random.default_rng(1).normal(0, 3000, RATE_HZ * 20).astype(np.int16)
    player = AlsaPlayer(sound_card.device, VOLUME, clips=SpeechClips({"Withdrawn": noise}))
    recording = sound_card.record()
    player.play(Tone.READY, AT, ("Withdrawn",))
    player.close()
    recording.wait_for(0.5)
    first, last = span_of(recording.stop()[0])
    assert (last - first) * 1000 / RATE_HZ > 0.9 * length_ms(Tone.READY)
    assert (last - first) / RATE_HZ < 15


def test_what_is_said_of_a_hit_comes_before_the_fault_that_it_cut_short(sound_card: Card, span_of: Span) -> None:
    noise = np.random.default_rng(1).normal(0, 3000, RATE_HZ).astype(np.int16)
    player = AlsaPlayer(sound_card.device, VOLUME, clips=SpeechClips({"Withdrawn": noise}))
    recording = sound_card.record()
    player.play(Tone.TROUBLE, AT)
    recording.wait_for(0.3)
    player.play(Tone.HIGH, AT, ("Withdrawn",))
    recording.wait_for((length_ms(Tone.HIGH) + PAUSE_MS + 1000 + length_ms(Tone.TROUBLE)) / 1000 + 1.5)
    signal, _ = recording.stop()
    player.close()
    _, last = span_of(signal)
    end = signal[last - RATE_HZ * PATTERNS[Tone.TROUBLE][-1][1] // 1000 : last]
    assert audible_pitches(end, [600]) == {600}
    before = signal[
        last - RATE_HZ * (length_ms(Tone.TROUBLE) + 500) // 1000 : last - RATE_HZ * length_ms(Tone.TROUBLE) // 1000
    ]
    assert np.abs(before).max() > 2000, "the sentence"
    assert audible_pitches(before, [600, 900, 1600]) == set()
