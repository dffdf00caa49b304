from collections.abc import Callable
from itertools import combinations

import numpy as np
import pytest
from numpy.typing import NDArray

from alpr_edge.alerts.tones import PATTERNS, at_volume, length_ms, synthesise
from alpr_edge.domain.alerting import Tone

Signal = NDArray[np.float64]
Pulses = list[tuple[float, float, float]]
Find = Callable[[Signal], Pulses]


def sound(tone: Tone) -> Signal:
    return synthesise(tone).astype(np.float64)


@pytest.mark.parametrize("tone", Tone)
def test_pitch_and_length_are_as_written(
    tone: Tone, find_pulses: Find, span_of: Callable[[Signal], tuple[int, int]]
) -> None:
    pattern = [(hz, ms) for hz, ms in PATTERNS[tone] if hz]
    pulses = find_pulses(sound(tone))
    assert len(pulses) == len(pattern)
    for (_, measured_ms, measured_hz), (hz, ms) in zip(pulses, pattern, strict=True):
        assert measured_hz == pytest.approx(hz, rel=0.02)
        assert measured_ms == pytest.approx(ms, abs=10)
    first, last = span_of(sound(tone))
    assert (last - first) / 44.1 == pytest.approx(length_ms(tone), rel=0.05)


@pytest.mark.parametrize("tone", Tone)
def test_every_note_carries_over_road_noise(tone: Tone, find_pulses: Find) -> None:
    assert all(500 <= hz <= 3000 for _, _, hz in find_pulses(sound(tone)))
    assert np.abs(sound(tone)).max() > 0.7 * 32767


@pytest.mark.parametrize("tone", Tone)
def test_no_edge_clicks(tone: Tone) -> None:
    samples = sound(tone)
    highest_hz = max(hz for hz, _ in PATTERNS[tone])
    steepest = 0.95 * 32767 * 2 * np.pi * highest_hz / 44_100 * (1 + 2 * 0.35 + 3 * 0.15) / 1.5
    assert np.abs(np.diff(samples)).max() <= steepest + 2
    assert samples[0] == 0
    assert abs(samples[-1]) < 40


@pytest.mark.parametrize(("one", "other"), list(combinations(Tone, 2)))
def test_any_two_tones_differ_in_rhythm_or_by_a_quarter_in_pitch(one: Tone, other: Tone, find_pulses: Find) -> None:
    a, b = find_pulses(sound(one)), find_pulses(sound(other))
    if len(a) != len(b):
        return
    apart_in_pitch = any(max(x[2], y[2]) / min(x[2], y[2]) > 5 / 4 for x, y in zip(a, b, strict=True))
    apart_in_rhythm = any(abs(x[0] - y[0]) > 150 or abs(x[1] - y[1]) > 150 for x, y in zip(a, b, strict=True))
    assert apart_in_pitch or apart_in_rhythm


def test_a_possible_hit_is_as_slow_and_low_as_an_urgent_one_is_fast_and_high(find_pulses: Find) -> None:
    urgent, possible = find_pulses(sound(Tone.URGENT)), find_pulses(sound(Tone.POSSIBLE))
    assert min(hz for _, _, hz in urgent) > 2 * max(hz for _, _, hz in possible)
    assert min(ms for _, ms, _ in possible) > 3 * max(ms for _, ms, _ in urgent)


def test_volume_is_linear_and_never_clips() -> None:
    full = synthesise(Tone.HIGH)
    assert np.array_equal(at_volume(full, 1), full)
    assert np.abs(at_volume(full, 0.25)).max() == pytest.approx(np.abs(full).max() / 4, abs=1)
    assert not at_volume(full, 0).any()
    assert not full.flags.writeable
