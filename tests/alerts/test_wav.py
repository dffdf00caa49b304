import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from alpr_edge.alerts.players import WavPlayer, open_player
from alpr_edge.alerts.tones import synthesise
from alpr_edge.domain.alerting import Tone
from alpr_edge.domain.errors import SoundError
from alpr_edge.domain.instants import Instant
from alpr_edge.settings import AlertSettings

Signal = NDArray[np.float64]
Load = Callable[[Path], Signal]
Find = Callable[[Signal], list[tuple[float, float, float]]]


def test_tones_lie_where_they_belong_in_the_drive(
    tmp_path: Path, start: Instant, load_wav: Load, find_pulses: Find
) -> None:
    player = open_player(AlertSettings(player="wav", wav_path=tmp_path / "a.wav", volume=0.5), start)
    assert player.up
    assert player.play(Tone.READY, start.shift(250)) == pytest.approx(start.boottime_ns + 250e6, abs=2e4)
    player.play(Tone.HIGH, start.shift(2000))
    player.close()
    assert not player.up
    pulses = find_pulses(load_wav(tmp_path / "a.wav"))
    assert [begin for begin, _, _ in pulses] == pytest.approx([250, 2000, 2230, 2460], abs=4)
    assert [hz for _, _, hz in pulses] == pytest.approx([1320, 1600, 1600, 1600], rel=0.02)
    assert np.abs(load_wav(tmp_path / "a.wav")).max() == pytest.approx(np.abs(synthesise(Tone.HIGH)).max() / 2, abs=2)


def test_a_tone_waits_for_the_one_before(tmp_path: Path, start: Instant, load_wav: Load, find_pulses: Find) -> None:
    player = WavPlayer(tmp_path / "a.wav", 1, start)
    player.play(Tone.READY, start.shift(-500))
    assert player.play(Tone.READY, start.shift(10)) == pytest.approx(start.boottime_ns + 250e6, abs=2e4)
    player.close()
    assert [begin for begin, _, _ in find_pulses(load_wav(tmp_path / "a.wav"))] == pytest.approx([0, 250], abs=4)


def test_the_file_plays_at_any_moment(tmp_path: Path, start: Instant, load_wav: Load) -> None:
    player = WavPlayer(tmp_path / "a.wav", 1, start)
    assert len(load_wav(tmp_path / "a.wav")) == 0
    for seconds in (1, 2):
        player.play(Tone.READY, start.shift(seconds * 1000))
        assert len(load_wav(tmp_path / "a.wav")) == round((seconds + 0.15) * 44_100)
    player.close()


def test_the_file_plays_when_the_process_was_killed(tmp_path: Path, load_wav: Load, find_pulses: Find) -> None:
    program = (
        "import os, signal; from pathlib import Path; from alpr_edge.alerts.wav import WavPlayer;"
        "from alpr_edge.domain.alerting import Tone; from alpr_edge.domain.instants import Instant;"
        f"WavPlayer(Path({str(tmp_path / 'a.wav')!r}), 1, Instant('b', 0)).play(Tone.READY, Instant('b', 10**9));"
        "os.kill(os.getpid(), signal.SIGKILL)"
    )
    done = subprocess.run([sys.executable, "-c", program], check=False)
    assert done.returncode == -signal.SIGKILL
    assert [begin for begin, _, _ in find_pulses(load_wav(tmp_path / "a.wav"))] == pytest.approx([1000], abs=4)


def test_a_shift_of_silence_takes_no_room(tmp_path: Path, start: Instant) -> None:
    player = WavPlayer(tmp_path / "a.wav", 1, start)
    player.play(Tone.READY, start.shift(12 * 3_600_000))
    assert (tmp_path / "a.wav").stat().st_size > 3 * 2**30
    assert (tmp_path / "a.wav").stat().st_blocks * 512 < 2**20
    with pytest.raises(SoundError, match="full"):
        player.play(Tone.READY, start.shift(14 * 3_600_000))
    player.close()


def test_what_cannot_be_written_is_a_sound_error(tmp_path: Path, start: Instant) -> None:
    with pytest.raises(SoundError, match="No such file or directory"):
        WavPlayer(tmp_path / "none" / "a.wav", 1, start)
    with pytest.raises(SoundError, match="No space left"):
        WavPlayer(Path("/dev/full"), 1, start)
    player = WavPlayer(tmp_path / "a.wav", 1, start)
    player.close()
    with pytest.raises(SoundError, match="closed"):
        player.play(Tone.READY, start)


def test_a_silent_player_claims_no_sound(start: Instant) -> None:
    player = open_player(AlertSettings(player="none"), start)
    assert player.play(Tone.URGENT, start) is None
    player.close()
