"""What sounds when the unit cannot start: the tone of trouble, by a program that needs nothing of the product."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from alpr_edge.alerts.tones import PATTERNS
from alpr_edge.domain.alerting import Tone

pytestmark = pytest.mark.review(7)

HORN = Path(__file__).parents[2] / "scripts" / "horn.py"
DEVICES = """
pcm.!default {{ type file slave.pcm null file "{folder}/default.raw" format raw }}
pcm.car {{ type file slave.pcm null file "{folder}/car.raw" format raw }}
"""
Find = Callable[[np.ndarray], list[tuple[float, float, float]]]


@pytest.fixture
def folder(tmp_path: Path, require_tool: Callable[[str], str]) -> Path:
    """A home whose sound devices write what they play into files."""
    require_tool("aplay")
    (tmp_path / ".asoundrc").write_text(DEVICES.format(folder=tmp_path))
    return tmp_path


def horn_samples(folder: Path, settings: str | None, device: str = "default") -> np.ndarray:
    """The samples that a device was given; none when it was not opened."""
    path = folder / "alpr-edge.toml"
    if settings is not None:
        path.write_text(settings, encoding="utf-8")
    environment = {"PATH": "/usr/bin:/bin", "HOME": str(folder)}
    subprocess.run([sys.executable, "-I", str(HORN), str(path)], env=environment, check=True, timeout=60)
    sound = folder / f"{device}.raw"
    return np.frombuffer(sound.read_bytes() if sound.exists() else b"", "<i2").astype(np.float64)


@pytest.mark.parametrize("settings", [None, "[alerts", '[alerts]\nvolume = "loud"', "alerts = 3"])
def test_it_sounds_whatever_is_wrong_with_the_settings(folder: Path, settings: str | None) -> None:
    assert np.abs(horn_samples(folder, settings)).max() > 10_000


def test_it_takes_the_unit_s_device_and_volume(folder: Path) -> None:
    loud = np.abs(horn_samples(folder, '[alerts]\ndevice = "car"\nvolume = 1.0', "car")).max()
    soft = np.abs(horn_samples(folder, '[alerts]\ndevice = "car"\nvolume = 0.1', "car")).max()
    assert loud == pytest.approx(10 * soft, rel=0.02)
    assert not (folder / "default.raw").exists()


@pytest.mark.parametrize("player", ["none", "wav"])
def test_a_unit_that_is_set_to_be_silent_stays_so(folder: Path, player: str) -> None:
    assert len(horn_samples(folder, f'[alerts]\nplayer = "{player}"')) == 0


def test_it_is_the_tone_of_trouble(folder: Path, find_pulses: Find) -> None:
    signal = np.repeat(horn_samples(folder, None), 2)  # to the rate that the helper takes
    pattern = PATTERNS[Tone.TROUBLE]
    assert len(signal) / 44.1 == pytest.approx(sum(ms for _, ms in pattern), abs=60)
    lengths = [ms for _, ms, _ in find_pulses(signal)]
    assert sum(lengths) == pytest.approx(sum(ms for hz, ms in pattern if hz), abs=40)
