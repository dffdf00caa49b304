"""Programs that are killed and started again, as systemd does with a service that ends."""

import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

ROOT = Path(__file__).parents[3]


class RestartedProgram:
    """A program of this repository that runs until it ends well.

    Args:
        command: gives the arguments of Python for each start.
        log: the file that its output goes to.
        ready_text: what it says once it has started; empty: it says nothing, and may not fail to start either.
    """

    def __init__(self, command: Callable[[], Sequence[str]], log: Path, ready_text: str = "") -> None:
        self._command = command
        self._log = log
        self._ready_text = ready_text
        self._process: subprocess.Popen[bytes] | None = None
        self._said_before_bytes = 0
        self._start_s = 0.0
        self.starts = 0
        self.failures = 0
        """How often it ended by itself with an error once it had started, with a traceback, or by a signal."""
        self.refusals: list[str] = []
        """The reason each time that it did not start and told it, as while its database is down."""

    @property
    def is_done(self) -> bool:
        """Whether it ended with code 0."""
        return self._process is not None and self._process.poll() == 0

    def tend(self) -> None:
        """Start it when it does not run and its pause is over."""
        self._note_end()
        if self._process is not None or time.monotonic() < self._start_s:
            return
        self.starts += 1
        self._start_s = time.monotonic() + 1.0  # of a program that ends at once the next start is later
        with self._log.open("ab") as file:
            self._said_before_bytes = file.tell()
            command = ["setpriv", "--pdeathsig=KILL", sys.executable, *self._command()]
            self._process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=file, stderr=file, cwd=ROOT)

    def kill(self, pause_s: float = 0.0) -> None:
        """Kill it; it is started again after a pause at the earliest."""
        self._note_end()
        if self._process is not None and not self.is_done:
            self._process.kill()
            self._process.wait()
            self._process = None
        self._start_s = time.monotonic() + pause_s

    def _note_end(self) -> None:
        """Count how it ended, unless it runs or is done."""
        code = None if self._process is None else self._process.poll()
        if not code:
            return
        self._process = None
        said = self._log.read_bytes()[self._said_before_bytes :].decode(errors="replace")
        if code < 0 or self._ready_text in said or "Traceback" in said:
            self.failures += 1
        else:
            self.refusals.append((said.splitlines() or ["without a word"])[-1])


def unexpected_ends(programs: Mapping[str, Sequence[RestartedProgram]]) -> list[str]:
    """A line for each kind of program of which some ended by themselves with an error."""
    counts = {what: sum(each.failures for each in some) for what, some in programs.items()}
    return [f"{what} ended by itself {count} times with an error" for what, count in counts.items() if count]
