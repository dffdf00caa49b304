"""Rendered phrases are loaded as their manifest has them, and whatever is not is told and never said."""

from pathlib import Path

import numpy as np
import pytest

from alpr_edge.alerts.speech.clips import (
    CLIP_BYTES_MAX,
    GAP_MS,
    MANIFEST,
    NO_CLIPS,
    PAUSE_MS,
    SENTENCE_MS_MAX,
    SpeechClips,
    load_clips,
)
from alpr_edge.alerts.tones import RATE_HZ
from alpr_edge.domain.speech.sentences import Phrase
from tests.alerts.speech.clip_files import CLIP_SAMPLES, level_of, phrases_in, wav_bytes, write_clip_files

PHRASES = ("Front", "High", "Similar plate", "Stolen vehicle", "Withdrawn")
SENTENCE = ("High", "Stolen vehicle", "Similar plate", "Front")


def test_a_sentence_is_its_phrases_in_order_behind_a_pause(tmp_path: Path) -> None:
    write_clip_files(tmp_path, PHRASES)
    clips = load_clips(tmp_path, PHRASES, 1.0)
    assert (clips.trouble, clips.is_rendered) == ("", True)
    joined = clips.join(SENTENCE)
    pause, gap = RATE_HZ * PAUSE_MS // 1000, RATE_HZ * GAP_MS // 1000
    assert len(joined) == pause + 4 * CLIP_SAMPLES + 3 * gap
    assert not joined[:pause].any()
    assert phrases_in(joined, PHRASES) == list(SENTENCE)


def test_clips_have_the_volume_they_are_loaded_at(tmp_path: Path) -> None:
    write_clip_files(tmp_path, PHRASES)
    clips = load_clips(tmp_path, PHRASES, 0.5)
    assert set(clips.samples["High"].tolist()) == {level_of(PHRASES, "High") // 2}
    assert not load_clips(tmp_path, PHRASES, 0.0).join(SENTENCE).any()


def test_a_unit_whose_phrases_were_never_rendered_says_nothing(tmp_path: Path) -> None:
    clips = load_clips(tmp_path, PHRASES, 1.0)
    assert (clips.missing, clips.is_rendered) == (PHRASES, False)
    assert not len(clips.join(SENTENCE))
    assert not len(NO_CLIPS.join(SENTENCE))
    assert NO_CLIPS.trouble == ""


@pytest.mark.parametrize(
    "content",
    [
        None,
        b"",
        b"RIFF but no wav",
        wav_bytes(np.full(CLIP_SAMPLES, 7, np.int16)),
        b"x" * (CLIP_BYTES_MAX + 1),
    ],
)
def test_a_clip_that_is_missing_or_was_changed_is_told_and_no_sentence_with_it_is_said(
    tmp_path: Path, content: bytes | None
) -> None:
    folder = write_clip_files(tmp_path, PHRASES)
    path = folder / f"{PHRASES.index('Similar plate')}.wav"
    path.unlink() if content is None else path.write_bytes(content)
    clips = load_clips(tmp_path, PHRASES, 1.0)
    assert clips.missing == ("Similar plate",)
    assert clips.trouble.startswith("1 of 5 phrases missing")
    assert not len(clips.join(SENTENCE))
    assert len(clips.join(("High", "Stolen vehicle")))


def test_a_clip_that_is_a_link_is_missing(tmp_path: Path) -> None:
    folder = write_clip_files(tmp_path, PHRASES)
    clip = folder / "0.wav"
    clip.rename(tmp_path / "elsewhere.wav")
    clip.symlink_to(tmp_path / "elsewhere.wav")
    assert load_clips(tmp_path, PHRASES, 1.0).missing == (PHRASES[0],)


def test_a_renamed_camera_is_told(tmp_path: Path) -> None:
    write_clip_files(tmp_path, PHRASES)
    assert load_clips(tmp_path, ("High", "Bonnet"), 1.0).missing == ("Bonnet",)


@pytest.mark.parametrize("text", ["", "[]", '{"version": 2}', '{"version": 1, "voice": "en", "more": 1}', "x" * 70_000])
def test_a_manifest_that_is_none_counts_for_nothing_and_is_told(tmp_path: Path, text: str) -> None:
    folder = write_clip_files(tmp_path, PHRASES)
    (folder / MANIFEST).write_text(text, encoding="utf-8")
    clips = load_clips(tmp_path, PHRASES, 1.0)
    assert (clips.missing, clips.is_rendered) == (PHRASES, True)


def test_a_manifest_reaches_no_file_outside_of_its_folder(tmp_path: Path) -> None:
    folder = write_clip_files(tmp_path, PHRASES)
    text = (folder / MANIFEST).read_text(encoding="utf-8").replace('"0.wav"', '"../0.wav"')
    (folder / MANIFEST).write_text(text, encoding="utf-8")
    (folder / "0.wav").rename(tmp_path / "0.wav")
    assert load_clips(tmp_path, PHRASES, 1.0).missing == PHRASES


def test_the_camera_is_left_out_where_the_sentence_would_be_too_long() -> None:
    def clip(length_ms: int) -> np.ndarray:
        return np.ones(RATE_HZ * length_ms // 1000, np.int16)

    def length_ms(lengths_ms: tuple[int, ...]) -> float:
        names: tuple[Phrase, ...] = ("High", "Stolen vehicle", "Similar plate", "Front")
        joined = SpeechClips(dict(zip(names, map(clip, lengths_ms), strict=True))).join(names)
        return len(joined) * 1000 / RATE_HZ - PAUSE_MS

    assert length_ms((600, 600, 600, 580)) == pytest.approx(SENTENCE_MS_MAX, abs=1)
    assert length_ms((600, 600, 600, 590)) == pytest.approx(1800 + 2 * GAP_MS, abs=1)
