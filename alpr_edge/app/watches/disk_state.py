"""Finds out whether the disk is slow or takes nothing any more: the first signs of a card that wears out.

A kernel that meets errors on ext4 lets nothing be written any more. Older ones call the file system read-only then,
newer ones ``emergency_ro``, in the table of mounts alone. Nothing is written here: a try would hang with the disk.
:class:`~alpr_edge.app.store_upkeep.disk_probe.DiskProbe` does, on a thread of its own, where nothing else is written.
"""

import os
import time
from collections.abc import Callable
from pathlib import Path

from alpr_edge.app.unit_faults import Fault, FaultKind
from alpr_edge.store.db.commit_times import CommitTimes

COMMIT_S_MAX = 1.0
"""Longest commit of a disk that is well, or write of the pictures before it; a healthy one takes some milliseconds."""
HOLD_S = 60.0
"""Time for which a slow commit is told."""
_REFUSING = {"ro", "emergency_ro", "shutdown"}
"""Options in the table of mounts (proc_pid_mountinfo(5)) of a file system that takes nothing."""
MOUNTS = Path("/proc/self/mountinfo")


class DiskStateWatch:
    """Looks at the file system of the data folder, and how long commits take."""

    interval_s = 0.5

    def __init__(
        self,
        directory: Path,
        commits: CommitTimes,
        seconds: Callable[[], float] = time.monotonic,
        mounts: Path = MOUNTS,
    ) -> None:
        self._mounts = mounts
        self._directory = directory
        self._commits = commits
        self._seconds = seconds
        self._refusal = ""
        self._slowest_s = 0.0
        self._slow_at_s = float("-inf")

    def look(self) -> None:
        """Ask the kernel whether the file system can be written."""
        self._refusal = _refusal_of(self._directory, self._mounts)

    def faults(self) -> list[Fault]:
        """That nothing can be written, and that a commit of the last minute took too long, or is at work for so long.

        Commits are judged here, and not by a look: with the disk other looks may hang.
        """
        longest_s, now_s = self._commits.take_longest_s(), self._seconds()
        if longest_s > COMMIT_S_MAX:
            is_held = now_s - self._slow_at_s < HOLD_S
            self._slowest_s, self._slow_at_s = max(longest_s, self._slowest_s * is_held), now_s
        faults = []
        if self._refusal:
            text = f"disk: nothing can be written on it ({self._refusal}); the kernel's log says why"
            faults.append(Fault(FaultKind.DISK_READ_ONLY, "disk", text))
        if now_s - self._slow_at_s < HOLD_S:
            text = f"disk: slow: a write took {self._slowest_s:.1f} s; reads wait in memory meanwhile"
            faults.append(Fault(FaultKind.DISK_SLOW, "disk", text))
        return faults


def _refusal_of(directory: Path, mounts: Path) -> str:
    """The option by which a folder's file system takes nothing; empty where it does, or where nothing says so."""
    try:
        device = os.stat(directory).st_dev  # noqa: PTH116 - together with the next line
        if os.statvfs(directory).f_flag & os.ST_RDONLY:
            return "ro"
        lines = mounts.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return ""  # told by whoever writes there
    name = f"{os.major(device)}:{os.minor(device)}"
    found = (options for mount, options in map(_device_and_options, lines) if mount == name)
    return next((option for options in found for option in sorted(options & _REFUSING)), "")


def _device_and_options(line: str) -> tuple[str, set[str]]:
    """The device of a line of the table of mounts, and the options of its file system."""
    words = line.split()
    return words[2], set(words[-1].split(","))
