"""Writes a byte where nothing else wrote for a while, so that a disk that hangs is told before a read needs it.

On an empty road nothing is stored for minutes, and a card that has died meanwhile would be noticed by the first plate
that comes. The byte overwrites itself and is flushed without the file's times: one block each time.
"""

import os
from pathlib import Path

from alpr_edge.store.db.commit_times import CommitTimes

FILE_NAME = "disk-probe"
IDLE_S_MAX = 2.0
"""Longest time without a write: a slow disk is told within five seconds, of which it takes one to be slow."""


class DiskProbe:
    """The file that is written, and when."""

    def __init__(self, directory: Path, commits: CommitTimes) -> None:
        self._path = directory / FILE_NAME
        self._commits = commits

    def step(self) -> None:
        """Write if nothing else did lately; a disk that refuses it is told by those who store something."""
        if self._commits.idle_s() < IDLE_S_MAX:
            return
        try:
            with self._commits.timing():
                self._write()
        except OSError:
            return

    def _write(self) -> None:
        descriptor = os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
        try:
            os.pwrite(descriptor, b"\0", 0)
            os.fdatasync(descriptor)
        finally:
            os.close(descriptor)
