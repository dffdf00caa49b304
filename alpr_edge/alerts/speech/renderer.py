"""Renders the phrases of a unit into its data folder: once, when it is set up, and again when a camera was renamed.

What is there already, by the same voice, stays. The manifest comes last, so that a render that broke off leaves the one
before, whose changed files are told as missing.
"""

import hashlib
import io
import re
import wave
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from alpr_edge.alerts.speech.clips import (
    CLIP_MS_MAX,
    FOLDER,
    MANIFEST,
    ClipEntry,
    SpeechManifest,
    read_clip,
    read_manifest,
)
from alpr_edge.alerts.speech.espeak import WORDS_A_MINUTE, synthesise_phrase
from alpr_edge.alerts.speech.waveform import clip_of
from alpr_edge.alerts.tones import RATE_HZ, Samples
from alpr_edge.domain.errors import SoundError
from alpr_edge.domain.speech.sentences import Phrase
from alpr_edge.runtime.durable_files import PRIVATE_DIRECTORY, give_to_owner_of, replace_file
from alpr_edge.runtime.io_errors import io_errors


@dataclass(frozen=True, slots=True)
class SpeechRendering:
    """The result of rendering."""

    folder: Path
    voice: str
    phrase_count: int
    """Phrases that are there now."""
    new_count: int
    """Those of them that were made now."""


def render_speech(
    directory: Path, phrases: Sequence[Phrase], voice: str, tell: Callable[[int], None] = lambda _: None
) -> SpeechRendering:
    """Make the clips that are missing, and remove those that are not needed any more.

    Raises:
        SoundError: there is no data folder, no espeak-ng or no such voice, or the files cannot be written.
    """
    if not directory.is_dir():
        raise SoundError(f"{directory}: no data folder there; is this the unit, and --settings its file?")
    folder, entries, new_count = directory / FOLDER, list[ClipEntry](), 0
    kept = _usable_entries(directory, voice)
    with io_errors(f"{folder}: cannot be written", SoundError):
        if not folder.is_dir():
            folder.mkdir(PRIVATE_DIRECTORY)
            give_to_owner_of(directory, folder)
        for number, phrase in enumerate(phrases, 1):
            if phrase not in kept:
                kept[phrase] = _render_phrase(folder, phrase, voice)
                new_count += 1
            entries.append(kept[phrase])
            tell(number)
        manifest = SpeechManifest(voice=voice, words_a_minute=WORDS_A_MINUTE, clips=tuple(entries))
        replace_file(folder / MANIFEST, manifest.model_dump_json(indent=1).encode())
        _remove_others(folder, {entry.file for entry in entries})
    return SpeechRendering(folder, voice, len(entries), new_count)


def _usable_entries(directory: Path, voice: str) -> dict[Phrase, ClipEntry]:
    """The lines of the manifest that hold for this voice and whose files are whole."""
    manifest, _ = read_manifest(directory)
    if manifest is None or (manifest.voice, manifest.words_a_minute) != (voice, WORDS_A_MINUTE):
        return {}
    return {entry.phrase: entry for entry in manifest.clips if read_clip(directory, entry) is not None}


def _render_phrase(folder: Path, phrase: Phrase, voice: str) -> ClipEntry:
    clip = clip_of(*synthesise_phrase(phrase, voice))
    length_ms = len(clip) * 1000 // RATE_HZ
    if not 0 < length_ms <= CLIP_MS_MAX:
        raise SoundError(f"{phrase!r}, voice {voice}: takes {length_ms} ms, at most {CLIP_MS_MAX}; take another voice")
    content = _wav_file(clip)
    name = "-".join(re.findall("[a-z0-9]+", phrase.lower())) + ".wav"
    replace_file(folder / name, content)
    return ClipEntry(phrase=phrase, file=name, sha256=hashlib.sha256(content).hexdigest())


def _wav_file(clip: Samples) -> bytes:
    file = io.BytesIO()
    with wave.open(file, "wb") as wav:
        wav.setnchannels(1)
        wav.setsampwidth(2)
        wav.setframerate(RATE_HZ)
        wav.writeframes(clip.astype("<i2").tobytes())
    return file.getvalue()


def _remove_others(folder: Path, names: set[str]) -> None:
    for path in folder.glob("*.wav"):
        if path.name not in names:
            path.unlink()
