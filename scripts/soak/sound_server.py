"""A sound server without a card, at which a unit sounds: it can be taken away, put back and muted."""

import os
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from alpr_edge.domain.errors import SoundError

DEVICE = "pulse"
"""ALSA's name of the server."""
PROGRAMS = ("pulseaudio", "pactl", "aplay", "amixer")
START_S_MAX = 120.0
SINK = "car"


def missing_programs() -> list[str]:
    """What is needed of it and not installed."""
    return [name for name in PROGRAMS if shutil.which(name) is None]


class SoundServer:
    """PulseAudio with a sink that leads nowhere.

    Args:
        folder: where its socket lies.
    """

    def __init__(self, folder: Path) -> None:
        folder.mkdir(mode=0o700)
        self._socket = folder / "pulse.sock"
        self.variables = {
            "PULSE_SERVER": f"unix:{self._socket}",
            "XDG_RUNTIME_DIR": str(folder),
            "HOME": str(folder),
        }
        """The environment of whoever sounds there."""
        self._process: subprocess.Popen[bytes] | None = None

    def plug(self) -> None:
        """Start it, and wait until it answers.

        Raises:
            SoundError: it does not.
        """
        command = ["pulseaudio", "-n", "--daemonize=no", "--exit-idle-time=-1", "--use-pid-file=no"]
        command += ["-L", f"module-null-sink sink_name={SINK} rate=44100 channels=1"]
        command += ["-L", f"module-native-protocol-unix socket={self._socket} auth-anonymous=1"]
        self._process = subprocess.Popen(
            command,
            env=os.environ | self.variables,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            process_group=0,
        )
        deadline_s = time.monotonic() + START_S_MAX
        while not self._control("info"):
            if time.monotonic() > deadline_s:
                raise SoundError("pulseaudio does not answer")
            time.sleep(0.05)

    def unplug(self) -> None:
        """Take it away."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None
        self._socket.unlink(missing_ok=True)

    def mute(self, *, is_muted: bool) -> None:
        """Mute its mixer, or not."""
        self._control("set-sink-mute", SINK, str(int(is_muted)))

    def _control(self, *words: str) -> bool:
        command = ["pactl", *words]
        done = subprocess.run(
            command, env=os.environ | self.variables, capture_output=True, check=False, timeout=START_S_MAX
        )
        return done.returncode == 0


@contextmanager
def sound_server(folder: Path) -> Iterator[SoundServer]:
    """A server that plays, gone afterwards."""
    server = SoundServer(folder)
    server.plug()
    try:
        yield server
    finally:
        server.unplug()
