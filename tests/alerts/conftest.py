"""Measures sound: what pitches, how long, where it begins; and a sound card made of software."""

import subprocess
import threading
import time
import wave
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from alpr_edge.domain.instants import Instant

RATE_HZ = 44_100
WINDOW = RATE_HZ // 1000
WINDOW_MS = WINDOW * 1000 / RATE_HZ
AUDIBLE = 0.03

Signal = NDArray[np.float64]


def loud_span(signal: Signal) -> tuple[int, int]:
    """First and last sample above a 30th of the loudest."""
    loud = np.flatnonzero(np.abs(signal) > AUDIBLE * np.abs(signal).max())
    return int(loud[0]), int(loud[-1])


def pulses(signal: Signal) -> list[tuple[float, float, float]]:
    """(begin_ms, length_ms, pitch_hz) of each pulse, found by its edges alone."""
    count = len(signal) // WINDOW
    level = np.abs(signal[: count * WINDOW]).reshape(count, WINDOW).max(axis=1)
    edges = np.flatnonzero(np.diff(np.concatenate([[0], level > AUDIBLE * level.max(), [0]]).astype(int)))
    return [
        (begin * WINDOW_MS, (end - begin) * WINDOW_MS, pitch(signal[begin * WINDOW : end * WINDOW]))
        for begin, end in edges.reshape(-1, 2)
    ]


def pitch(signal: Signal) -> float:
    """Strongest frequency in Hz, to a tenth."""
    spectrum = np.abs(np.fft.rfft(signal * np.hanning(len(signal)), n=RATE_HZ * 10))
    return float(np.argmax(spectrum)) / 10


def load(path: Path) -> Signal:
    with wave.open(str(path)) as file:
        assert (file.getframerate(), file.getnchannels(), file.getsampwidth()) == (RATE_HZ, 1, 2)
        return np.frombuffer(file.readframes(file.getnframes()), "<i2").astype(np.float64)


@pytest.fixture
def find_pulses() -> Callable[[Signal], list[tuple[float, float, float]]]:
    return pulses


@pytest.fixture
def span_of() -> Callable[[Signal], tuple[int, int]]:
    return loud_span


@pytest.fixture
def load_wav() -> Callable[[Path], Signal]:
    return load


@pytest.fixture
def start() -> Instant:
    return Instant("boot", 7_000_000_000)


class Recording:
    """What comes out of the loudspeaker, from the moment of asking, with the time at which each block was heard."""

    def __init__(self, process: "subprocess.Popen[bytes]") -> None:
        self._process = process
        self._chunks = list[tuple[int, bytes]]()
        self._thread = threading.Thread(target=self._listen)
        self._thread.start()

    def _listen(self) -> None:
        assert self._process.stdout is not None
        while block := self._process.stdout.read(WINDOW * 10):
            self._chunks.append((time.clock_gettime_ns(time.CLOCK_BOOTTIME), block))

    def wait_for(self, seconds: float) -> None:
        """Until so much sound (or silence) more was heard."""
        chunk_goal = len(self._chunks) + seconds * 100 * 2
        limit = time.monotonic() + 30
        while len(self._chunks) < chunk_goal:
            assert self._thread.is_alive(), "the recording ended: the sound card is gone"
            assert time.monotonic() < limit, "no sound card is playing"
            time.sleep(0.01)

    def sound_so_far(self) -> Signal:
        """The sound until now."""
        return np.frombuffer(b"".join(block for _, block in self._chunks), "<i2").astype(np.float64)

    def stop(self) -> tuple[Signal, int]:
        """The sound, and the CLOCK_BOOTTIME at which its first audible sample had been heard."""
        self._process.kill()
        self._thread.join()
        signal = self.sound_so_far()
        first, _ = loud_span(signal)
        return signal, self._chunks[first * 2 // (WINDOW * 10)][0]


class SoundCard:
    """PulseAudio with a null sink behind ALSA's ``pulse`` device; it can be taken away and put back."""

    device = "pulse"

    def __init__(self, folder: Path, resources: ExitStack) -> None:
        self._socket = folder / "pulse.sock"
        self._resources = resources
        self._process: subprocess.Popen[bytes] | None = None

    def plug(self) -> None:
        command = ["pulseaudio", "-n", "--daemonize=no", "--exit-idle-time=-1", "--use-pid-file=no"]
        command += ["-L", "module-null-sink sink_name=car rate=44100 channels=1"]
        command += ["-L", f"module-native-protocol-unix socket={self._socket} auth-anonymous=1"]
        self._process = self._resources.enter_context(subprocess.Popen(command, stderr=subprocess.DEVNULL))
        self._resources.callback(self._process.kill)
        limit = time.monotonic() + 30
        while subprocess.run(["pactl", "info"], capture_output=True, check=False).returncode:
            assert time.monotonic() < limit, "PulseAudio does not answer"
            time.sleep(0.05)
        self._play_silence()

    def _play_silence(self) -> None:
        """Keep one stream open: PulseAudio 17 may abort as the last one leaves a null sink that somebody records."""
        command = ["pacat", "--playback", "--raw", "--latency-msec=10", "/dev/zero"]
        process = self._resources.enter_context(subprocess.Popen(command, stderr=subprocess.DEVNULL))
        self._resources.callback(process.kill)

    def unplug(self) -> None:
        assert self._process is not None
        self._process.kill()
        self._process.wait()
        self._socket.unlink(missing_ok=True)

    def freeze(self) -> None:
        assert self._process is not None
        self._process.send_signal(19)

    def thaw(self) -> None:
        assert self._process is not None
        self._process.send_signal(18)

    def record(self) -> Recording:
        command = ["parec", "-d", "car.monitor", "--raw", "--rate=44100", "--channels=1", "--format=s16le"]
        process = self._resources.enter_context(
            subprocess.Popen([*command, "--latency-msec=10"], stdout=subprocess.PIPE)
        )
        self._resources.callback(process.kill)
        recording = Recording(process)
        recording.wait_for(0.2)
        return recording


@pytest.fixture
def sound_card(
    tmp_path: Path, require_tool: Callable[[str], str], monkeypatch: pytest.MonkeyPatch
) -> Iterator[SoundCard]:
    for tool in ("aplay", "pulseaudio", "parec"):
        require_tool(tool)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    monkeypatch.setenv("PULSE_SERVER", f"unix:{tmp_path / 'pulse.sock'}")
    with ExitStack() as resources:
        card = SoundCard(tmp_path, resources)
        card.plug()
        yield card
