"""Checks whether tones really sound: records with ``arecord`` while they play, and looks for their pitches."""

import subprocess
import tempfile
from collections.abc import Iterable
from types import TracebackType
from typing import Self

import numpy as np
from numpy.typing import NDArray

from alpr_edge.alerts.tones import PATTERNS, RATE_HZ
from alpr_edge.domain.alerting import Tone
from alpr_edge.domain.errors import SoundError

WINDOW_MS = 60
"""Shorter than every pulse, long enough to tell pitches 20 Hz apart."""
STEP_MS = 20
BESIDE = 0.06
"""How far beside a pitch, as a share of it, the level is taken that it has to stand out from."""
STANDS_OUT = 8.0
"""A pitch is heard where its power is so many times that beside it at the same moment: 9 dB ..."""
ABOVE_NOISE = 20.0
"""... and so many times what is beside it most of the time: noise alone gets there once in a million windows."""
FLOOR = 2.0
"""Amplitude, of 32767, below which there is nothing but rounding."""
START_S_MAX = 3.0
RECORD_S_MAX = 30

Signal = NDArray[np.float64]


class ToneRecorder:
    """Records from a capture device between entering and leaving.

    Raises:
        SoundError: there is none that records (on entering).
    """

    def __init__(self, device: str) -> None:
        self._device = device
        self._process: subprocess.Popen[bytes] | None = None
        # A pipe holds less than a second, and a recorder that waits for room loses sound.
        self._recording = tempfile.TemporaryFile()  # noqa: SIM115 - closed on leaving
        self.signal: Signal = np.zeros(0)
        """What was heard, after leaving: float64 [samples], 16-bit levels, mono, at the rate of the tones."""

    def __enter__(self) -> Self:
        command = ["arecord", "-q", "-D", self._device, "-t", "raw", "-f", "S16_LE", "-c", "1", "-r", str(RATE_HZ)]
        try:
            self._process = subprocess.Popen(  # noqa: S603 - fixed program, arguments without a shell
                [*command, "-d", str(RECORD_S_MAX)], stdout=self._recording, stderr=subprocess.PIPE, process_group=0
            )
        except OSError as error:
            self._recording.close()
            raise SoundError(f"arecord cannot be started ({error.strerror}); install alsa-utils") from None
        try:
            # A device that cannot record ends it at once.
            self._process.wait(START_S_MAX / 6)
        except subprocess.TimeoutExpired:
            return self
        error_lines = self._process.communicate()[1].decode(errors="replace").strip().splitlines()
        self._recording.close()
        raise SoundError(f"{self._device!r} does not record: {error_lines[-1] if error_lines else 'arecord ended'}")

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._process is not None
        self._process.terminate()
        try:
            self._process.communicate(timeout=START_S_MAX)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.communicate()
        self._recording.seek(0)
        samples = self._recording.read()
        self._recording.close()
        self.signal = np.frombuffer(samples[: len(samples) // 2 * 2], "<i2").astype(np.float64)


def pitches_of(tones: Iterable[Tone]) -> list[float]:
    """Every pitch of some tones, once each."""
    return sorted({hz for tone in tones for hz, _ in PATTERNS[tone] if hz})


def audible_pitches(signal: Signal, pitches_hz: Iterable[float]) -> set[float]:
    """Which pitches stand out somewhere in a recording.

    Args:
        signal: float64 [samples] at the rate of the tones.
    """
    return {hz for hz in pitches_hz if _stands_out(signal, hz)}


def _stands_out(signal: Signal, hz: float) -> bool:
    here = goertzel(signal, hz)
    beside = np.maximum(goertzel(signal, hz * (1 - BESIDE)), goertzel(signal, hz * (1 + BESIDE)))
    if not here.size:
        return False
    least = max(FLOOR**2, ABOVE_NOISE * float(np.median(beside)))
    return bool(np.any((here > STANDS_OUT * beside) & (here > least)))


def goertzel(signal: Signal, hz: float) -> Signal:
    """Squared amplitude of one frequency in each window of a signal, Hann-weighted.

    As Goertzel's filter gives it, for all windows at once: one column of a Fourier transform.
    """
    size, step = RATE_HZ * WINDOW_MS // 1000, RATE_HZ * STEP_MS // 1000
    if len(signal) < size:
        return np.zeros(0)
    windows = np.lib.stride_tricks.sliding_window_view(signal, size)[::step]
    weights = np.hanning(size) * np.exp(-2j * np.pi * hz / RATE_HZ * np.arange(size))
    amplitude = np.abs(windows @ weights) * 2 / np.hanning(size).sum()
    return np.asarray(amplitude**2, np.float64)
