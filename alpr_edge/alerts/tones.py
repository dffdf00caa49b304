"""Calculates every tone, so that there is no sound file to lose or to license.

Perceived urgency grows with pulse rate, pitch and pitch contour (Edworthy, Loxley and Dennis, "Improving auditory
warning design", Human Factors 33(2), 1991), so the patterns differ in all of them, not in pitch alone: an officer
tells them apart with road noise, with one ear on the radio and through a small loudspeaker.

- ``URGENT``: a fast, high, unbroken warble. Nothing else warbles.
- ``HIGH``: three quick equal pulses.
- ``ROUTINE``: a short rising pair.
- ``POSSIBLE``: two long, low, equal notes far apart, as slow as ``URGENT`` is fast: compare first, never rush.
- ``WITHDRAWN``: three falling steps, the only pattern that falls stepwise: what was said no longer holds.
- ``TROUBLE``: the two-note fall of a horn, twice: reading, storing or sounding failed.
- ``STALE``: a long note and a short one of the same pitch: what the unit relies on is old or missing.
- ``DISK``: a long low note and two short ones of the same pitch: the disk fills up.
- ``DAMAGED``: two short high notes and a long low one: the database was set aside.
- ``READY``: one short note: the unit works.
- ``SHUTTING_DOWN``: one long low note: the ignition is off, and no plate is read any more.

Fundamentals lie between 500 and 3000 Hz: above the bulk of tyre and engine noise, below where hearing loss and
small loudspeakers take their share (ISO 7731 asks a danger signal to have components in 500 to 2500 Hz). Two overtones
make them easier to locate; raised-cosine edges keep them from clicking.
"""

from functools import cache

import numpy as np
from numpy.typing import NDArray

from alpr_edge.domain.alerting import Tone

Samples = NDArray[np.int16]
Pulse = tuple[float, int]
"""(frequency in Hz, length in ms); frequency 0 is silence."""

RATE_HZ = 44_100
PATTERNS: dict[Tone, tuple[Pulse, ...]] = {
    Tone.URGENT: ((2400, 90), (1800, 90)) * 5,
    Tone.HIGH: ((1600, 150), (0, 80), (1600, 150), (0, 80), (1600, 150)),
    Tone.ROUTINE: ((1000, 160), (0, 40), (1320, 240)),
    Tone.POSSIBLE: ((720, 350), (0, 250), (720, 350)),
    Tone.WITHDRAWN: ((1250, 140), (0, 30), (1000, 140), (0, 30), (750, 280)),
    Tone.TROUBLE: ((900, 260), (600, 260), (0, 160), (900, 260), (600, 260)),
    Tone.STALE: ((900, 520), (0, 150), (900, 150)),
    Tone.DISK: ((600, 520), (0, 150), (600, 130), (0, 100), (600, 130)),
    Tone.DAMAGED: ((1500, 140), (0, 90), (1500, 140), (0, 90), (700, 600)),
    Tone.READY: ((1320, 150),),
    Tone.SHUTTING_DOWN: ((560, 700),),
}
_OVERTONES = (1.0, 0.35, 0.15)
"""Amplitudes of the fundamental and what is above it."""
_ATTACK_MS = 8
_DECAY_MS = 16
_PEAK = 0.95 * np.iinfo(np.int16).max


def length_ms(tone: Tone) -> int:
    """How long a tone lasts."""
    return sum(ms for _, ms in PATTERNS[tone])


@cache
def synthesise(tone: Tone) -> Samples:
    """The tone at full volume: int16 [samples], mono, :data:`RATE_HZ`, read-only."""
    samples = np.concatenate([_pulse(*pulse) for pulse in PATTERNS[tone]])
    samples.setflags(write=False)
    return samples


def at_volume(samples: Samples, volume: float) -> Samples:
    """The samples at a linear ``volume`` of 0 to 1."""
    return (samples * volume).astype(np.int16)


def _pulse(frequency_hz: float, length_ms: int) -> Samples:
    seconds = np.arange(_samples(length_ms)) / RATE_HZ
    if frequency_hz == 0:
        return np.zeros(len(seconds), np.int16)
    wave = np.zeros(len(seconds))
    for order, amplitude in enumerate(_OVERTONES, start=1):
        wave += amplitude * np.sin(2 * np.pi * frequency_hz * order * seconds)
    return (wave / sum(_OVERTONES) * _envelope(len(seconds)) * _PEAK).astype(np.int16)


def _envelope(count: int) -> NDArray[np.float64]:
    envelope = np.ones(count)
    rise = (1 - np.cos(np.linspace(0, np.pi, _samples(_ATTACK_MS)))) / 2
    fall = (1 + np.cos(np.linspace(0, np.pi, _samples(_DECAY_MS)))) / 2
    envelope[: len(rise)] = rise
    envelope[count - len(fall) :] = fall
    return envelope


def _samples(milliseconds: float) -> int:
    return round(milliseconds * RATE_HZ / 1000)
