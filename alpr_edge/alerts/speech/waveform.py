"""What is done to synthesised speech so that it is heard beside tones: no silence around it, their rate, a level."""

import numpy as np
from numpy.typing import NDArray

from alpr_edge.alerts.tones import RATE_HZ, Samples

Signal = NDArray[np.float64]
"""Samples of -1 to 1."""

SILENCE = 0.01
"""Amplitude below which the beginning and the end of a phrase are cut off."""
EDGE_MS = 5
LEVEL = 0.25
"""Root mean square that every phrase is brought to, of 1 at most."""
PEAK = 0.95
"""The loudest sample: that of the tones (:mod:`alpr_edge.alerts.tones`)."""


def clip_of(signal: Signal, rate_hz: int) -> Samples:
    """A phrase as it is kept: int16 [samples], mono, at the rate of the tones; empty where nothing is heard."""
    heard = np.flatnonzero(np.abs(signal) > SILENCE)
    if not heard.size:
        return np.zeros(0, np.int16)
    signal = _at_level(_resample(signal[heard[0] : heard[-1] + 1], rate_hz))
    edge = min(RATE_HZ * EDGE_MS // 1000, len(signal) // 2)
    rise = np.linspace(0.0, 1.0, edge)
    signal[:edge] *= rise
    signal[len(signal) - edge :] *= rise[::-1]
    return np.asarray(signal * np.iinfo(np.int16).max, np.int16)


def _resample(signal: Signal, rate_hz: int) -> Signal:
    """The signal at the rate of the tones, by its spectrum: nothing is heard that was not in it."""
    count = round(len(signal) * RATE_HZ / rate_hz)
    return np.asarray(np.fft.irfft(np.fft.rfft(signal), count) * (count / len(signal)), np.float64)


def _at_level(signal: Signal) -> Signal:
    """The signal at :data:`LEVEL`; what would be louder than :data:`PEAK` is rounded off, not cut."""
    loudness = float(np.sqrt(np.mean(signal**2)))
    return np.asarray(PEAK * np.tanh(signal * (LEVEL / loudness / PEAK)), np.float64)
