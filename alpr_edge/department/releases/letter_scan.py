"""Has a scanner for viruses look at a letter of another agency before anybody is given it."""

import subprocess
import threading
from collections.abc import Sequence

from alpr_edge.domain.errors import ReleaseError

SCAN_S_MAX = 120.0
"""A scanner that loads its signatures for each file takes half a minute."""
SCANS_AT_ONCE_MAX = 2
"""Of one process: a scanner that hangs must not take every thread of the page."""
INFECTED = 1
"""The exit code by which scanners say that they found something (clamscan, clamdscan)."""


class LetterScanner:
    """Runs the scanner of the settings.

    Args:
        command: the scanner and its arguments; empty: there is none.
        timeout_s: seconds that it may take.
    """

    def __init__(self, command: Sequence[str], timeout_s: float = SCAN_S_MAX) -> None:
        self._command = tuple(command)
        self._timeout_s = timeout_s
        self._free = threading.BoundedSemaphore(SCANS_AT_ONCE_MAX)

    @property
    def is_set(self) -> bool:
        """Whether letters are scanned."""
        return bool(self._command)

    def check(self, letter: bytes) -> None:
        """Let a letter pass in which the scanner finds nothing; every one where there is no scanner.

        What the scanner prints is dropped: it may repeat the letter, whose words stand in no log.
        """
        if not self.is_set:
            return
        if not self._free.acquire(blocking=False):
            raise ReleaseError("other letters are scanned at the moment; try again in some minutes")
        try:
            self._scan(letter)
        finally:
            self._free.release()

    def _scan(self, letter: bytes) -> None:
        program = self._command[0]
        try:
            code = subprocess.run(  # noqa: S603 - the command of the department's own settings
                self._command,
                input=letter,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                timeout=self._timeout_s,
                check=False,
            ).returncode
        except OSError as error:
            raise ReleaseError(_refusal(f"{program} does not run: {error.strerror}")) from None
        except subprocess.TimeoutExpired:
            raise ReleaseError(_refusal(f"{program} did not end within {self._timeout_s:g} s")) from None
        if code == INFECTED:
            raise ReleaseError(
                "the scanner found something in the letter: it is not handed out; ask the agency for a clean one"
            )
        if code != 0:
            raise ReleaseError(_refusal(f"{program} ended with {code}"))


def _refusal(reason: str) -> str:
    return f"the letter could not be scanned and is not handed out: {reason} (releases.scan_command)"
