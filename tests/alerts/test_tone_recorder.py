"""The ear on the software sound card: what is played is heard, silence is not."""

import json
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Protocol

import numpy as np
import pytest
from typer.testing import CliRunner

from alpr_edge.alerts.tone_recorder import ToneRecorder, audible_pitches, pitches_of
from alpr_edge.alerts.tones import RATE_HZ, synthesise
from alpr_edge.cli import app
from alpr_edge.diagnostics.devices import TONES
from alpr_edge.domain.alerting import Tone
from alpr_edge.domain.errors import SoundError


class Card(Protocol):
    """The fixture ``sound_card``."""

    device: str

    def unplug(self) -> None: ...


def sound_check(folder: Path, device: str, *words: str) -> dict[str, str]:
    settings = folder / "alpr-edge.toml"
    text = f'[unit]\ndata_directory = "data"\nruntime_directory = "runtime"\n[alerts]\ndevice = "{device}"\n'
    settings.write_text(text, encoding="utf-8")
    skip = "camera,card,gps,clock,keys,lists,disk,certificates,department,models,versions"
    done = CliRunner().invoke(app, ["unit", "check", "--json", "--skip", skip, "--settings", str(settings), *words])
    check: dict[str, str] = json.loads(done.stdout)["checks"][0]
    return check


def test_pitches_are_found_in_noise_and_none_in_noise_alone() -> None:
    noise = np.random.default_rng(1).normal(0, 400, RATE_HZ * 3)
    pitches = pitches_of(TONES)
    assert audible_pitches(noise, pitches) == set()
    assert audible_pitches(np.zeros(RATE_HZ), pitches) == set()
    assert audible_pitches(np.zeros(10), pitches) == set()
    mixture = noise.copy()
    tone_samples = np.concatenate([synthesise(tone).astype(np.float64) * 0.1 for tone in TONES])
    mixture[RATE_HZ // 2 : RATE_HZ // 2 + len(tone_samples)] += tone_samples
    assert audible_pitches(mixture, pitches) == set(pitches)
    assert audible_pitches(synthesise(Tone.HIGH).astype(np.float64), pitches) == {1600}


def test_what_the_check_plays_is_heard(sound_card: Card, tmp_path: Path) -> None:
    sound = sound_check(tmp_path, sound_card.device)
    assert (sound["verdict"], sound["said"]) == ("green", "5 of 5 pitches heard")


def test_without_a_microphone_it_is_played_and_amber(sound_card: Card, tmp_path: Path) -> None:
    sound = sound_check(tmp_path, sound_card.device, "--microphone", "no-such-device")
    assert sound["verdict"] == "amber"
    assert "played, not heard: 'no-such-device' does not record" in sound["said"]


def test_a_microphone_that_hears_nothing_is_red(
    sound_card: Card, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    subprocess.run(["pactl", "load-module", "module-null-sink", "sink_name=quiet"], check=True, capture_output=True)
    monkeypatch.setenv("PULSE_SOURCE", "quiet.monitor")
    sound = sound_check(tmp_path, sound_card.device)
    assert (sound["verdict"], sound["said"]) == ("red", "0 of 5 pitches heard")


def test_without_a_sound_device_it_is_red(sound_card: Card, tmp_path: Path) -> None:
    sound_card.unplug()
    sound = sound_check(tmp_path, sound_card.device)
    assert sound["verdict"] == "red"
    assert sound_card.device in sound["said"]


def test_a_missing_recorder_says_what_to_install(
    require_tool: Callable[[str], str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(SoundError, match="install alsa-utils"), ToneRecorder("default"):
        pass
