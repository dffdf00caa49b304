"""Runs a listener for strangers in a process of its own, so that a flood of them does not slow down enrolled units.

There is one that enrolls units, and one that answers invitations of people. The server of items opens the listening
socket and passes it on; this process has its own files, threads and memory, and a lower priority. It ends when the
server does, however that ends, because its standard input is closed then. When it ends before, it is started again with
the same socket.
"""

import socket
import subprocess
import sys
import threading
from dataclasses import dataclass
from pathlib import Path

import structlog

from alpr_edge.domain.errors import DepartmentError

READY = b"ready\n"
START_S_MAX = 30.0
STOP_S_MAX = 15.0
AGAIN_S = 5.0
"""Wait before it is started again."""

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class ListenerProgram:
    """A program that serves strangers."""

    name: str
    """What it serves, in words for people."""
    module: str
    exited_event: str
    """Log event when it ended before its time."""
    failed_event: str
    """Log event when it could not be started again."""


ENROLMENT = ListenerProgram(
    "enrollment",
    "alpr_edge.department.http.enrolment_server",
    "department.enrolment_exited",
    "department.enrolment_start_failed",
)
INVITATIONS = ListenerProgram(
    "the page of invitations",
    "alpr_edge.department.http.invitations.server",
    "department.invitations_exited",
    "department.invitations_start_failed",
)


class ListenerProcess:
    """The running process, started again when it ends before its time."""

    def __init__(self, program: ListenerProgram, directory: Path, listening: socket.socket) -> None:
        self._program = program
        self._directory = directory
        self._listening = listening
        self.port: int = listening.getsockname()[1]
        self._stopping = threading.Event()
        try:
            self._process = self._start()
        except DepartmentError:
            listening.close()
            raise
        self._watcher = threading.Thread(target=self._watch, name=self._program.name, daemon=True)
        self._watcher.start()

    @property
    def pid(self) -> int:
        """Id of the process that runs now."""
        return self._process.pid

    @property
    def is_running(self) -> bool:
        """Whether it runs now; one that ended is started again."""
        return self._process.poll() is None

    def stop(self) -> None:
        """Let running requests end, then stop."""
        self._stopping.set()
        _end(self._process)
        self._watcher.join(START_S_MAX + STOP_S_MAX)
        self._listening.close()

    def _start(self) -> "subprocess.Popen[bytes]":
        command = (sys.executable, "-m", self._program.module, str(self._directory), str(self._listening.fileno()))
        process = subprocess.Popen(  # noqa: S603 - this package's own program
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            pass_fds=(self._listening.fileno(),),
            start_new_session=True,  # Ctrl-C is for the server of items, which then ends this one
        )
        overdue = threading.Timer(START_S_MAX, process.kill)
        overdue.start()
        try:
            assert process.stdout is not None
            if process.stdout.readline() != READY:
                _end(process)
                raise DepartmentError(f"{self._directory}: {self._program.name} does not start (reason above)")
        finally:
            overdue.cancel()
        return process

    def _watch(self) -> None:
        while True:
            code = self._process.wait()
            if self._stopping.is_set():
                return
            log.error(self._program.exited_event, code=code)
            _end(self._process)
            while not self._stopping.wait(AGAIN_S):
                try:
                    self._process = self._start()
                except (DepartmentError, OSError) as error:
                    log.error(self._program.failed_event, reason=str(error))
                else:
                    break
            if self._stopping.is_set():
                _end(self._process)
                return


def _end(process: "subprocess.Popen[bytes]") -> None:
    """Stop it, gracefully if it lets itself; its pipes are closed."""
    process.terminate()
    try:
        process.wait(STOP_S_MAX)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
    for pipe in (process.stdin, process.stdout):
        if pipe is not None:
            pipe.close()
