"""Notes how long commits take, also one that is not over yet: a commit waits for the disk."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager


class CommitTimes:
    """The longest commit since somebody asked; safe for any number of threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._began_s: float | None = None
        self._longest_s = 0.0

    @contextmanager
    def timing(self) -> Iterator[None]:
        """Time the commit in the block; a database has one writer, so there is one at a time."""
        with self._lock:
            self._began_s = began_s = time.monotonic()
        try:
            yield
        finally:
            with self._lock:
                self._longest_s = max(self._longest_s, time.monotonic() - began_s)
                self._began_s = None

    def take_longest_s(self) -> float:
        """Seconds of the longest commit since the last call, the one at work counted with the time it has taken."""
        with self._lock:
            waiting_s = 0.0 if self._began_s is None else time.monotonic() - self._began_s
            longest_s, self._longest_s = max(self._longest_s, waiting_s), 0.0
            return longest_s
