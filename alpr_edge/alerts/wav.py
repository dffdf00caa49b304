"""A player that writes tones and sentences to one wav file, each at its time in the replay."""

import os
import struct
from collections.abc import Callable
from pathlib import Path
from threading import Lock

import numpy as np

from alpr_edge.alerts.speech.clips import NO_CLIPS, SpeechClips
from alpr_edge.alerts.speech.pending_sentence import PendingSentence
from alpr_edge.alerts.tones import RATE_HZ, Samples, at_volume, synthesise
from alpr_edge.domain.alerting import Tone
from alpr_edge.domain.errors import SoundError
from alpr_edge.domain.instants import NS_PER_MS, Instant
from alpr_edge.domain.speech.sentences import Sentence

HEADER_BYTES = 44
SAMPLE_BYTES = 2
GAP_MS = 100
"""Silence between two tones of which the second had to wait."""
_DATA_BYTES_MAX = 2**32 - 1 - HEADER_BYTES
_SAMPLES_PER_MS = RATE_HZ / 1000


class WavPlayer:
    """Writes tones into a wav file (mono, 16 bits, 44.1 kHz), replacing what was there.

    Between any two calls, and should the process die, the file is complete and plays: samples go to disk before the
    header that counts them. Silence is a hole in the file and takes no room. A file ends at 4 GiB, 13 h of drive.

    Args:
        volume: linear, 0 to 1.

    Raises:
        SoundError: the file cannot be written.
    """

    def __init__(self, path: Path, volume: float, start: Instant, clips: SpeechClips = NO_CLIPS) -> None:
        self._path = path
        self._volume = volume
        self._start = start
        self._clips = clips
        self._sentence = PendingSentence()
        self._end_samples = 0
        """Where the last tone ends, and what is said after it begins."""
        self._file_samples = 0
        self._lock = Lock()
        try:
            # When tones sounded tells what was read: for the owner alone.
            descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
            self._file = os.fdopen(descriptor, "wb", buffering=0)
        except OSError as error:
            raise self._error(error) from None
        try:
            self._write_header()
        except SoundError:
            self._file.close()
            raise

    @property
    def up(self) -> bool:
        """Whether tones can be written."""
        return not self._file.closed

    def play(
        self,
        tone: Tone,
        at: Instant,
        sentence: Sentence = (),
        on_lost: Callable[[], None] | None = None,  # noqa: ARG002 - what it takes is in the file at once
    ) -> int:
        """Write the tone at ``at``, or behind the tone that still sounds then, and the sentence behind it.

        Returns:
            Where its first sample lies, as boottime_ns of the drive's clock: a file has no latency of its own.

        Raises:
            SoundError: the file is closed, full or cannot be written.
        """
        samples, speech = at_volume(synthesise(tone), self._volume), self._clips.join(sentence)
        with self._lock:
            first = self._place(at)
            if self._file.closed or (first + len(samples) + len(speech)) * SAMPLE_BYTES > _DATA_BYTES_MAX:
                raise SoundError(f"{self._path}: the file is closed or full; start another one")
            samples_to_write = self._with_speech(tone, samples, speech, first)
            self._write(HEADER_BYTES + first * SAMPLE_BYTES, samples_to_write.astype("<i2").tobytes())
            self._end_samples = first + len(samples)
            self._file_samples = first + len(samples_to_write)
            self._write_header()
        return self._start.boottime_ns + round(first / _SAMPLES_PER_MS * NS_PER_MS)

    def close(self) -> None:
        """Close the file; it is complete already."""
        with self._lock:
            self._file.close()

    def _with_speech(self, tone: Tone, samples: Samples, speech: Samples, first: int) -> Samples:
        """A tone that begins at a sample, and what is said after it; the rest of the sentence before is silenced."""
        self._sentence.take(max(0, first - self._end_samples))
        self._sentence.follow(tone, speech)
        both = np.concatenate([samples, self._sentence.peek()])
        return np.pad(both, (0, max(0, self._file_samples - first - len(both))))

    def _place(self, at: Instant) -> int:
        due_sample = max(0, round(at.ms_since(self._start) * _SAMPLES_PER_MS))
        if self._end_samples == 0 or due_sample >= self._end_samples:
            return due_sample
        return self._end_samples + round(GAP_MS * _SAMPLES_PER_MS)

    def _write_header(self) -> None:
        size = self._file_samples * SAMPLE_BYTES
        layout = struct.pack("<HHIIHH", 1, 1, RATE_HZ, RATE_HZ * SAMPLE_BYTES, SAMPLE_BYTES, SAMPLE_BYTES * 8)
        riff = b"RIFF" + struct.pack("<I", HEADER_BYTES - 8 + size) + b"WAVEfmt " + struct.pack("<I", len(layout))
        self._write(0, riff + layout + b"data" + struct.pack("<I", size))

    def _write(self, offset: int, data: bytes) -> None:
        try:
            self._file.seek(offset)
            # A write to a file is short only when the disk is full, and then the next one says so.
            while data:
                data = data[self._file.write(data) :]
        except OSError as error:
            raise self._error(error) from None

    def _error(self, error: OSError) -> SoundError:
        return SoundError(f"{self._path}: the tones cannot be written: {error.strerror}")
