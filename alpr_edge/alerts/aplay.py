"""``aplay`` as a process that is fed through a pipe which holds no more than a chunk."""

import fcntl
import os
import select
import subprocess
from typing import Self

from alpr_edge.alerts.tones import RATE_HZ
from alpr_edge.domain.errors import SoundError

CHUNK_MS = 20
BUFFER_MS = 80
DRAIN_S = 3.0
"""Longest wait for the device to play what it still holds."""
_PIPE_BYTES = 4096
_ERROR_BYTES_MAX = 4096


class Aplay:
    """One ``aplay`` process: drained and ended when left in order, killed when left by an error."""

    def __init__(self, device: str) -> None:
        self._device = device
        command = ["aplay", "-q", "-D", device, "-t", "raw", "-f", "S16_LE", "-c", "1", "-r", str(RATE_HZ)]
        command += [f"--period-time={CHUNK_MS * 1000}", f"--buffer-time={BUFFER_MS * 1000}", "-"]
        try:
            # A group of its own: Ctrl-C at the terminal is for us, which then ends it in order.
            self._process = subprocess.Popen(  # noqa: S603 - fixed program, arguments without a shell
                command,
                stdin=subprocess.PIPE,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.PIPE,
                bufsize=0,
                process_group=0,
            )
        except OSError as error:
            raise SoundError(f"aplay cannot be started ({error.strerror}); install alsa-utils") from None
        assert self._process.stdin is not None
        assert self._process.stderr is not None
        self._input, self._errors = self._process.stdin, self._process.stderr
        fcntl.fcntl(self._input, fcntl.F_SETPIPE_SZ, _PIPE_BYTES)
        os.set_blocking(self._input.fileno(), False)
        os.set_blocking(self._errors.fileno(), False)
        self._writable = select.poll()
        self._writable.register(self._input, select.POLLOUT)
        self._error_output = b""

    def wait_for_room(self, limit_s: float) -> None:
        """Return as soon as the last chunk is taken."""
        self._read_errors()
        if not self._writable.poll(limit_s * 1000):
            raise SoundError(f"sound device {self._device!r}: took no sample for {limit_s:g} s")

    def write(self, samples: bytes) -> None:
        """Hand over up to one chunk, for which there is room."""
        try:
            # At most one pipe page, so taken whole or not at all.
            os.write(self._input.fileno(), samples)
        except OSError:
            self._process.kill()
            self._process.wait()
            self._read_errors()
            raise SoundError(f"sound device {self._device!r}: {self._reason()}") from None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        self._input.close()
        try:
            if kind is not None:
                self._process.kill()
            self._process.wait(DRAIN_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._errors.close()

    def _read_errors(self) -> None:
        """Read the error messages and keep the newest: a full pipe would stop the process."""
        output = self._errors.read(_ERROR_BYTES_MAX)
        if output:
            self._error_output = (self._error_output + output)[-_ERROR_BYTES_MAX:]

    def _reason(self) -> str:
        """Why the process ended, from its last error message."""
        lines = self._error_output.decode(errors="replace").split("\n")
        reasons = [line.partition("aplay: ")[2].partition(": ")[2] for line in lines if "aplay: " in line]
        return reasons[-1] if reasons else f"aplay ended with status {self._process.returncode}"
