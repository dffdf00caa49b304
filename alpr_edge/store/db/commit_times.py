"""Notes how long writes wait for the disk, also one that is not over yet: commits, pictures, and others' commits."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager


class CommitTimes:
    """The longest write since somebody asked; safe for any number of threads."""

    def __init__(self, seconds: Callable[[], float] = time.monotonic) -> None:
        self._seconds = seconds
        self._lock = threading.Lock()
        self._began_s: dict[int, float] = {}
        """When each thread that writes began."""
        self._longest_s = 0.0
        self._ended_s = self._seconds()

    @contextmanager
    def timing(self) -> Iterator[None]:
        """Time the write in the block; a thread is in one such block at a time."""
        thread, began_s = threading.get_ident(), self._seconds()
        with self._lock:
            self._began_s[thread] = began_s
        try:
            yield
        finally:
            with self._lock:
                self._ended_s = self._seconds()
                self._longest_s = max(self._longest_s, self._ended_s - began_s)
                self._began_s.pop(thread, None)

    @contextmanager
    def timing_end(self) -> Iterator[Callable[[], None]]:
        """Time what ends the block, from when the function that it gives is called; nothing where it is not called."""
        with ExitStack() as stack:
            yield lambda: stack.enter_context(self.timing())

    def idle_s(self) -> float:
        """Seconds since a write last ended, or since the start."""
        with self._lock:
            return self._seconds() - self._ended_s

    def take_longest_s(self) -> float:
        """Seconds of the longest write since the last call, those at work counted with the time they have taken."""
        with self._lock:
            now_s = self._seconds()
            waiting_s = max((now_s - began_s for began_s in self._began_s.values()), default=0.0)
            longest_s, self._longest_s = max(self._longest_s, waiting_s), 0.0
            return longest_s
