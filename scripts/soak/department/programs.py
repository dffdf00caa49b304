"""Programs that are killed and started again, as systemd does with a service that ends."""

import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

ROOT = Path(__file__).parents[3]


class RestartedProgram:
    """A program of this repository that runs until it ends well.

    Args:
        command: gives the arguments of Python for each start.
        log: the file that its output goes to.
    """

    def __init__(self, command: Callable[[], Sequence[str]], log: Path) -> None:
        self._command = command
        self._log = log
        self._process: subprocess.Popen[bytes] | None = None
        self._start_s = 0.0
        self.starts = 0
        self.failures = 0
        """How often it ended by itself with another code than 0."""

    @property
    def is_done(self) -> bool:
        """Whether it ended with code 0."""
        return self._process is not None and self._process.poll() == 0

    def tend(self) -> None:
        """Start it when it does not run and its pause is over."""
        code = None if self._process is None else self._process.poll()
        if self._process is not None and code is None:
            return
        if self.is_done or time.monotonic() < self._start_s:
            return
        self.failures += code is not None and code > 0
        self.starts += 1
        self._start_s = time.monotonic() + 1.0  # of a program that ends at once the next start is later
        with self._log.open("ab") as file:
            command = ["setpriv", "--pdeathsig=KILL", sys.executable, *self._command()]
            self._process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=file, stderr=file, cwd=ROOT)

    def kill(self, pause_s: float = 0.0) -> None:
        """Kill it; it is started again after a pause at the earliest."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
        self._start_s = time.monotonic() + pause_s
