"""Measures for how long nothing may be deleted by age, over all starts: by no clock but the time that the unit runs."""

import time
from collections.abc import Callable
from pathlib import Path

from alpr_edge.domain.errors import StoreError
from alpr_edge.runtime.durable_files import replace_file
from alpr_edge.runtime.io_errors import io_errors

FILE_NAME = "deletion-paused"
NOTE_S = 600.0
"""Time between two notes: each costs a write."""


class ObjectionTime:
    """Seconds of running time since reads were last deleted by age; a file in the data folder keeps them."""

    def __init__(self, directory: Path, seconds: Callable[[], float] = time.monotonic) -> None:
        self._path = directory / FILE_NAME
        self._seconds = seconds
        self._before_s: float | None = None
        """Seconds up to :attr:`_counted_s`; None: not read yet."""
        self._counted_s = 0.0
        self._noted_s = 0.0
        self.total_s = 0.0
        """The time, as of the last update."""

    def update(self, *, is_paused: bool) -> None:
        """Count on while deletion is paused; begin at zero once it is not.

        Raises:
            StoreError: the file cannot be written or removed.
        """
        now_s = self._seconds()
        if self._before_s is None:
            self._before_s, self._counted_s, self._noted_s = self._read(), now_s, now_s
        if not is_paused:
            self._before_s, self._counted_s, self.total_s = 0.0, now_s, 0.0
            with io_errors(f"{self._path}: cannot be removed", StoreError):
                self._path.unlink(missing_ok=True)
            return
        self.total_s = self._before_s + now_s - self._counted_s
        if now_s - self._noted_s >= NOTE_S:
            self._noted_s = now_s
            with io_errors(f"{self._path}: cannot be written", StoreError):
                replace_file(self._path, f"{self.total_s:.0f}\n".encode("ascii"))

    def _read(self) -> float:
        try:
            return max(0.0, float(self._path.read_text(encoding="ascii")))
        except (OSError, ValueError):
            return 0.0
