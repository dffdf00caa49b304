"""Finds out whether the disk is slow or takes nothing any more: the first signs of a card that wears out."""

import os
import time
from collections.abc import Callable
from pathlib import Path

from alpr_edge.app.unit_faults import Fault, FaultKind
from alpr_edge.store.db.commit_times import CommitTimes

COMMIT_S_MAX = 1.0
"""Longest commit of a disk that is well; a healthy one takes some milliseconds."""
HOLD_S = 60.0
"""Time for which a slow commit is told."""


class DiskStateWatch:
    """Looks at the file system of the data folder, and how long commits take.

    Args:
        directory: the unit's data folder.
        commits: how long the commits of the unit's database took.
        seconds: a monotonic clock.
    """

    interval_s = 0.5

    def __init__(self, directory: Path, commits: CommitTimes, seconds: Callable[[], float] = time.monotonic) -> None:
        self._directory = directory
        self._commits = commits
        self._seconds = seconds
        self._is_read_only = False
        self._slowest_s = 0.0
        self._slow_at_s = float("-inf")

    def look(self) -> None:
        """Look at both; a folder that cannot be asked is told of by whoever writes into it."""
        try:
            self._is_read_only = bool(os.statvfs(self._directory).f_flag & os.ST_RDONLY)
        except OSError:
            self._is_read_only = False
        longest_s, now_s = self._commits.take_longest_s(), self._seconds()
        if longest_s > COMMIT_S_MAX:
            is_held = now_s - self._slow_at_s < HOLD_S
            self._slowest_s, self._slow_at_s = max(longest_s, self._slowest_s * is_held), now_s

    def faults(self) -> list[Fault]:
        """That the file system is read-only, and that a commit of the last minute took too long."""
        faults = []
        if self._is_read_only:
            text = "disk: its file system was made read-only: nothing is stored; the kernel's log says why"
            faults.append(Fault(FaultKind.DISK_READ_ONLY, "disk", text))
        if self._seconds() - self._slow_at_s < HOLD_S:
            text = f"disk: slow: a commit took {self._slowest_s:.1f} s; reads wait in memory meanwhile"
            faults.append(Fault(FaultKind.DISK_SLOW, "disk", text))
        return faults
