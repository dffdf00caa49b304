"""Runs the commands of the settings, with a time limit: one reads the ignition, another orders the power off."""

import os
import shlex
import signal
import subprocess

from alpr_edge.domain.errors import PowerError

WORDS = {"on": True, "off": False}
"""What an ignition command prints, and an ignition file holds: whether the ignition is on."""
WORD_BYTES_MAX = 64
ORDER_S_MAX = 20.0
"""Longest time that the command which orders the power off may take."""


class CommandIgnition:
    """Implements :class:`~alpr_edge.domain.ports.Ignition` by a command that prints ``on`` or ``off`` and ends with 0.

    Anything else is an error. An exit code alone says nothing: a program that crashes, or that is not there, ends with
    the same 1 as one that found the ignition off, and that would shut the unit down.
    """

    def __init__(self, command: str, timeout_s: float) -> None:
        self._command = command
        self._timeout_s = timeout_s

    def is_on(self) -> bool:
        """Run the command once and return its answer."""
        with _start_process(self._command, subprocess.PIPE) as process:
            code = _wait_for_exit(process, self._command, self._timeout_s)
            word = _first_bytes(process).decode("ascii", "replace").strip()
        has_to = "it has to print on or off, nothing else, and to end with 0"
        if code:
            raise PowerError(f"power.ignition_command ended with {code}: {has_to}")
        if word not in WORDS:
            raise PowerError(f"power.ignition_command printed {'another word' if word else 'nothing'}: {has_to}")
        return WORDS[word]


def order_off(command: str) -> None:
    """Order the power off.

    Raises:
        PowerError: the command cannot be run, or failed.
    """
    code = run(command, ORDER_S_MAX)
    if code:
        raise PowerError(
            f"power.power_off_command ended with {code}: the power stays on; run it by hand as this user to see why"
        )


def run(command: str, timeout_s: float) -> int:
    """Run a command and return its exit code; when it takes too long it is killed with the processes it started."""
    return _wait_for_exit(_start_process(command, subprocess.DEVNULL), command, timeout_s)


def _start_process(command: str, output: int) -> "subprocess.Popen[bytes]":
    words = shlex.split(command)
    try:
        # Its error messages go to the journal.
        return subprocess.Popen(  # noqa: S603 - the owner's own
            words, stdin=subprocess.DEVNULL, stdout=output, bufsize=0, start_new_session=True
        )
    except (OSError, ValueError) as error:
        reason = (error.strerror if isinstance(error, OSError) else None) or error
        raise PowerError(f"{words[0]}: cannot be run: {reason}; check [power]") from None


def _wait_for_exit(process: "subprocess.Popen[bytes]", command: str, timeout_s: float) -> int:
    """Exit code of the process; one that takes longer is killed, with the processes it started."""
    try:
        return process.wait(timeout_s)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        raise PowerError(f"{shlex.split(command)[0]}: no answer within {timeout_s:g} s; it was ended") from None


def _first_bytes(process: "subprocess.Popen[bytes]") -> bytes:
    """What the process printed; the pipe's end is not waited for, as a child of the process may hold it open.

    A command that prints more than the pipe holds blocks, and is killed when its time is over.
    """
    assert process.stdout is not None
    os.set_blocking(process.stdout.fileno(), False)
    return process.stdout.read(WORD_BYTES_MAX) or b""
