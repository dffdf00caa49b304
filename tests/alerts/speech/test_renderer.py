"""Phrases by the real espeak-ng: how long, how loud, in which band; made once, and again only where it is needed."""

import shutil
import stat
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from alpr_edge.alerts.speech.clips import CLIP_MS_MAX, FOLDER, MANIFEST, load_clips
from alpr_edge.alerts.speech.renderer import render_speech
from alpr_edge.alerts.speech.waveform import LEVEL, PEAK, clip_of
from alpr_edge.alerts.tones import RATE_HZ
from alpr_edge.domain.errors import SoundError
from tests.alerts.speech.conftest import RENDERED


def band_share(samples: np.ndarray, low_hz: float, high_hz: float) -> float:
    """Share of a signal's energy between two frequencies."""
    power = np.abs(np.fft.rfft(samples.astype(np.float64))) ** 2
    hz = np.fft.rfftfreq(len(samples), 1 / RATE_HZ)
    return float(power[(hz >= low_hz) & (hz <= high_hz)].sum() / power.sum())


@pytest.mark.parametrize("phrase", RENDERED)
def test_a_phrase_is_heard_as_loud_as_the_others_within_its_time_and_the_band_of_voices(
    spoken_unit: Path, phrase: str, record_property: Callable[[str, object], None]
) -> None:
    samples = load_clips(spoken_unit, RENDERED, 1.0).samples[phrase]
    length_ms = len(samples) * 1000 / RATE_HZ
    rms = float(np.sqrt(np.mean((samples / 32767) ** 2)))
    record_property("length_ms", length_ms)
    record_property("rms", rms)
    assert 150 < length_ms <= CLIP_MS_MAX
    assert 0.6 * LEVEL < rms <= LEVEL
    assert np.abs(samples).max() <= PEAK * 32767
    assert band_share(samples, 80, 5000) > 0.9


def test_what_is_rendered_again_is_only_what_is_missing_or_was_changed(spoken_unit: Path, tmp_path: Path) -> None:
    shutil.copytree(spoken_unit / FOLDER, tmp_path / FOLDER)
    assert render_speech(tmp_path, RENDERED, "en-us").new_count == 0
    (tmp_path / FOLDER / "high.wav").write_bytes(b"changed")
    (tmp_path / FOLDER / "front.wav").unlink()
    renamed = (*RENDERED[1:], "Bonnet")
    rendering = render_speech(tmp_path, renamed, "en-us")
    assert (rendering.new_count, rendering.phrase_count) == (2, len(renamed))
    assert load_clips(tmp_path, renamed, 1.0).trouble == ""
    assert not (tmp_path / FOLDER / "front.wav").exists()


def test_files_are_the_owners_alone(spoken_unit: Path) -> None:
    folder = spoken_unit / FOLDER
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert {stat.S_IMODE(path.stat().st_mode) for path in folder.iterdir()} == {0o600}
    assert {path.name for path in folder.iterdir()} == {MANIFEST, *(f"{slug(phrase)}.wav" for phrase in RENDERED)}


def slug(phrase: str) -> str:
    return phrase.lower().replace(" ", "-")


def test_another_voice_makes_all_phrases_anew_and_one_that_is_none_leaves_them(
    spoken_unit: Path, tmp_path: Path
) -> None:
    shutil.copytree(spoken_unit / FOLDER, tmp_path / FOLDER)
    with pytest.raises(SoundError, match="espeak-ng, voice nobody"):
        render_speech(tmp_path, RENDERED, "nobody")
    for voice in ("-w/etc/passwd", "a b", ""):
        with pytest.raises(SoundError, match="no name of a voice"):
            render_speech(tmp_path, RENDERED, voice)
    assert load_clips(tmp_path, RENDERED, 1.0).trouble == ""
    assert render_speech(tmp_path, RENDERED[:1], "en-gb").new_count == 1


def test_without_espeak_or_a_data_folder_it_says_what_to_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(SoundError, match="install espeak-ng"):
        render_speech(tmp_path, RENDERED, "en-us")
    assert load_clips(tmp_path, RENDERED, 1.0).is_rendered is False
    with pytest.raises(SoundError, match="no data folder"):
        render_speech(tmp_path / "none", RENDERED, "en-us")


def test_a_clip_keeps_its_pitch_at_another_rate_and_loses_the_silence_around_it() -> None:
    seconds = np.arange(22_050) / 22_050
    signal = np.where((seconds > 0.25) & (seconds < 0.75), 0.02 * np.sin(2 * np.pi * 440 * seconds), 0)
    clip = clip_of(signal + 0.0, 22_050)
    assert len(clip) == pytest.approx(RATE_HZ / 2, abs=200)
    spectrum = np.abs(np.fft.rfft(clip * np.hanning(len(clip))))
    assert np.argmax(spectrum) * RATE_HZ / len(clip) == pytest.approx(440, abs=3)
    assert clip[0] == 0
    assert not len(clip_of(np.zeros(100), 22_050))
