"""Clips for tests: each phrase is a level of its own, so that what was said is read from the samples."""

import hashlib
import io
import wave
from collections.abc import Sequence
from itertools import groupby
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from alpr_edge.alerts.speech.clips import FOLDER, MANIFEST, ClipEntry, SpeechClips, SpeechManifest
from alpr_edge.alerts.tones import RATE_HZ
from alpr_edge.domain.speech.sentences import Phrase

CLIP_SAMPLES = 1000


def level_of(phrases: Sequence[Phrase], phrase: Phrase) -> int:
    return 100 * (phrases.index(phrase) + 1)


def clips_in_memory(phrases: Sequence[Phrase], clip_samples: int = CLIP_SAMPLES) -> SpeechClips:
    """Every phrase as a constant level."""
    return SpeechClips({phrase: np.full(clip_samples, level_of(phrases, phrase), np.int16) for phrase in phrases})


def phrases_in(signal: NDArray[np.float64] | NDArray[np.int16], phrases: Sequence[Phrase]) -> list[Phrase]:
    """The whole phrases in a signal, in order."""
    names = {level_of(phrases, phrase): phrase for phrase in phrases}
    runs = [(value, len(list(run))) for value, run in groupby(signal.astype(int).tolist())]
    return [names[value] for value, length in runs if value in names and length == CLIP_SAMPLES]


def write_clip_files(directory: Path, phrases: Sequence[Phrase]) -> Path:
    """A folder of rendered phrases as a unit has it; returns the folder."""
    folder = directory / FOLDER
    folder.mkdir(parents=True)
    entries = []
    for number, phrase in enumerate(phrases):
        content = wav_bytes(np.full(CLIP_SAMPLES, level_of(phrases, phrase), np.int16))
        (folder / f"{number}.wav").write_bytes(content)
        digest = hashlib.sha256(content).hexdigest()
        entries.append(ClipEntry(phrase=phrase, file=f"{number}.wav", sha256=digest))
    manifest = SpeechManifest(voice="en-us", words_a_minute=200, clips=tuple(entries))
    (folder / MANIFEST).write_text(manifest.model_dump_json(), encoding="utf-8")
    return folder


def wav_bytes(samples: NDArray[np.int16], rate_hz: int = RATE_HZ) -> bytes:
    file = io.BytesIO()
    with wave.open(file, "wb") as wav:
        wav.setparams((1, 2, rate_hz, 0, "NONE", ""))
        wav.writeframes(samples.tobytes())
    return file.getvalue()
