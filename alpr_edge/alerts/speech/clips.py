"""The phrases of a unit as sound: wav files in its data folder, a manifest with their digests, and their loading.

A phrase counts only as the manifest has it. One that is missing or was changed is told, and a sentence that needs it is
not said at all: without "Similar plate" it would say more than the unit knows. The tone sounds in any case.
"""

import hashlib
import io
import wave
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Literal

import numpy as np
from pydantic import BaseModel, ConfigDict, Field

from alpr_edge.alerts.tones import RATE_HZ, Samples, at_volume
from alpr_edge.domain.speech.sentences import Phrase, Sentence
from alpr_edge.runtime import no_follow

FOLDER, MANIFEST = "speech", "manifest.json"
MANIFEST_BYTES_MAX = 65_536
PHRASES_MAX = 64
CLIP_MS_MAX = 1200
"""Longest phrase: of 64 phrases 7 MB lie in memory at most."""
CLIP_BYTES_MAX = 1024 + CLIP_MS_MAX * RATE_HZ * 2 // 1000
PAUSE_MS = 150
"""Silence between a tone and its sentence."""
GAP_MS = 40
"""Silence between two phrases."""
SENTENCE_MS_MAX = 2500
"""Longest sentence; a camera that would end later is left out."""
REMEDY = "run: alpr-edge sound render"


class _Entry(BaseModel):
    """A part of the manifest: never changed, and holding nothing that this module does not know."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


class ClipEntry(_Entry):
    """One phrase and its file."""

    phrase: Annotated[str, Field(min_length=1, max_length=64)]
    file: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]{0,63}\.wav$")]
    sha256: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]


class SpeechManifest(_Entry):
    """What was rendered, and how."""

    version: Literal[1] = 1
    voice: Annotated[str, Field(max_length=64)]
    words_a_minute: Annotated[int, Field(gt=0, le=1000)]
    clips: Annotated[tuple[ClipEntry, ...], Field(max_length=PHRASES_MAX)]


@dataclass(frozen=True, slots=True, eq=False)
class SpeechClips:
    """The phrases that a unit can say."""

    samples: Mapping[Phrase, Samples] = field(default_factory=dict)
    """Each phrase at its volume: int16 [samples], mono, at the rate of the tones."""
    missing: tuple[Phrase, ...] = ()
    """What the unit needs and has not, or not as the manifest says."""
    is_rendered: bool = False
    """Whether phrases were ever rendered here: a manifest is there, readable or not."""

    @property
    def trouble(self) -> str:
        """What is wrong, in a line; empty when every phrase is there."""
        if not self.missing:
            return ""
        count = len(self.missing) + len(self.samples)
        return f"{len(self.missing)} of {count} phrases missing, what needs them is not said"

    def join(self, sentence: Sentence) -> Samples:
        """A sentence as sound, a pause before it; empty when a phrase of it is missing.

        The camera comes last, and is left out where the sentence would be longer than :data:`SENTENCE_MS_MAX`.
        """
        if not sentence or not all(phrase in self.samples for phrase in sentence):
            return np.zeros(0, np.int16)
        parts, gap = [_silence(PAUSE_MS), self.samples[sentence[0]]], _silence(GAP_MS)
        length = len(parts[1])
        for phrase in sentence[1:]:
            clip = self.samples[phrase]
            length += len(gap) + len(clip)
            if phrase is sentence[-1] and length > SENTENCE_MS_MAX * RATE_HZ // 1000:
                break
            parts += [gap, clip]
        return np.concatenate(parts)


NO_CLIPS = SpeechClips()
"""Of a unit that says nothing."""


def load_clips(directory: Path, phrases: Sequence[Phrase], volume: float) -> SpeechClips:
    """Load the phrases that a unit needs.

    Args:
        volume: linear, 0 to 1.
    """
    manifest, is_rendered = read_manifest(directory)
    entries = {} if manifest is None else {entry.phrase: entry for entry in manifest.clips}
    samples = {}
    for phrase in phrases:
        clip = None if phrase not in entries else read_clip(directory, entries[phrase])
        if clip is not None:
            samples[phrase] = at_volume(clip, volume)
    missing = tuple(phrase for phrase in phrases if phrase not in samples)
    return SpeechClips(samples, missing, is_rendered)


def read_manifest(directory: Path) -> tuple[SpeechManifest | None, bool]:
    """The manifest of a data folder, None where it is none; and whether there is one at all."""
    try:
        with no_follow.opened_folder(directory / FOLDER) as folder:
            content = no_follow.read_file(folder, MANIFEST, MANIFEST_BYTES_MAX)
        return SpeechManifest.model_validate_json(content), True
    except FileNotFoundError:
        return None, False
    except (OSError, ValueError):
        return None, True


def read_clip(directory: Path, entry: ClipEntry) -> Samples | None:
    """The clip of a manifest's line; None where the file is missing, is another one or is no clip."""
    try:
        with no_follow.opened_folder(directory / FOLDER) as folder:
            content = no_follow.read_file(folder, entry.file, CLIP_BYTES_MAX + 1)
        if hashlib.sha256(content).hexdigest() != entry.sha256 or len(content) > CLIP_BYTES_MAX:
            return None
        with wave.open(io.BytesIO(content)) as file:
            if (file.getframerate(), file.getnchannels(), file.getsampwidth()) != (RATE_HZ, 1, 2):
                return None
            return np.frombuffer(file.readframes(file.getnframes()), "<i2").astype(np.int16)
    except (OSError, EOFError, wave.Error):
        return None


def _silence(length_ms: int) -> Samples:
    return np.zeros(RATE_HZ * length_ms // 1000, np.int16)
