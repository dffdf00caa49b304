"""Wakes a process as soon as another one committed: each commit touches the write-ahead log, which inotify(7) reports.

The log is written before its commit can be read, so the touch is a step of its own after it.
"""

import ctypes
import os
import select
from contextlib import suppress
from pathlib import Path

import structlog

WATCH_S = 1.0
"""Longest wait for a commit: one whose touch did not get here is seen by then."""
_IN_ATTRIB = 0x4
_EVENTS_BYTES = 4096

log = structlog.get_logger(__name__)


def announce_commit(database: Path) -> None:
    """Wake the processes that watch a database; without it they look by themselves after :data:`WATCH_S`."""
    with suppress(OSError):
        os.utime(_log_of(database))


class CommitWatch:
    """Waits for commits of any process; one thread uses it."""

    def __init__(self, database: Path) -> None:
        self._log = os.fsencode(_log_of(database))
        self._libc = ctypes.CDLL(None, use_errno=True)
        self._descriptor = int(self._libc.inotify_init1(os.O_CLOEXEC | os.O_NONBLOCK))
        self._poll = select.poll()
        if self._descriptor < 0:
            log.warning("store.commits_not_watched", failure=os.strerror(ctypes.get_errno()))
        else:
            self._poll.register(self._descriptor, select.POLLIN)

    def wait(self, limit_s: float = WATCH_S) -> None:
        """Wait for a commit, at most this long."""
        # Again each time: the database may have been replaced.
        self._libc.inotify_add_watch(self._descriptor, self._log, _IN_ATTRIB)
        if self._poll.poll(limit_s * 1000):
            os.read(self._descriptor, _EVENTS_BYTES)

    def close(self) -> None:
        """End the watch."""
        if self._descriptor >= 0:
            os.close(self._descriptor)


def _log_of(database: Path) -> Path:
    return database.with_name(f"{database.name}-wal")
