"""Commands of the settings, run with an end: the ignition asked by one, the power let go by another."""

import os
import shlex
import signal
import subprocess

from alpr_edge.domain.errors import PowerError

ON, OFF = 0, 1
"""Exit codes of a command that tells of the ignition."""
ORDER_S_MAX = 20.0


class CommandIgnition:
    """Implements :class:`~alpr_edge.domain.ports.Ignition` by a command: exit code 0 is on, 1 off, all else unknown.

    Args:
        command: with its arguments, as in a shell; no shell is used.
        timeout_s: it is killed after so long.
    """

    def __init__(self, command: str, timeout_s: float) -> None:
        self._command = command
        self._timeout_s = timeout_s

    def is_on(self) -> bool:
        """Ask once."""
        code = run(self._command, self._timeout_s)
        if code not in {ON, OFF}:
            raise PowerError(
                f"power.command ended with {code}: it has to end with {ON} for an ignition that is on and {OFF} for off"
            )
        return code == ON


def order_off(command: str) -> None:
    """Let the power go.

    Raises:
        PowerError: the command cannot be run, or failed.
    """
    code = run(command, ORDER_S_MAX)
    if code:
        raise PowerError(
            f"power.power_off ended with {code}: the power stays on; run it by hand as this user to see why"
        )


def run(command: str, timeout_s: float) -> int:
    """Exit code of a command; what it starts ends with it.

    Raises:
        PowerError: it cannot be run, or takes longer.
    """
    name, *_ = words = shlex.split(command)
    null = subprocess.DEVNULL
    try:
        # What it complains of goes to the journal: a pipe would be held open by what it leaves behind.
        process = subprocess.Popen(words, stdin=null, stdout=null, start_new_session=True)  # noqa: S603 - the owner's own
    except OSError as error:
        raise PowerError(f"{name}: cannot be run: {error.strerror}; check [power]") from None
    try:
        return process.wait(timeout_s)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        raise PowerError(f"{name}: no answer within {timeout_s:g} s; it was ended") from None
