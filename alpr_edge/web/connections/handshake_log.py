"""Logs connections that ended before their TLS handshake did, with the client's address, in bounded number."""

import time
from collections.abc import Callable

import structlog

LINES_MAX = 20
"""Most lines within :data:`WINDOW_S`; a scan of the network must not fill the disk."""
WINDOW_S = 60.0
AT_DEPARTMENT = ("department.handshake_failed", "department.handshakes_failed")
IN_CAR = ("console.handshake_failed", "console.handshakes_failed")

log = structlog.get_logger(__name__)


class HandshakeLog:
    """Writes one line for each failed handshake, and a count of those that are too many for a line each.

    Args:
        clock: monotonic seconds.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic, events: tuple[str, str] = AT_DEPARTMENT) -> None:
        self._clock = clock
        self._failed, self._many_failed = events
        self._window_end_s = 0.0
        self._lines = 0
        self._skipped_count = 0

    def write(self, client: str, reason: str) -> None:
        """Log a failed handshake."""
        now_s = self._clock()
        if now_s >= self._window_end_s:
            self._begin_window(now_s)
        if self._lines >= LINES_MAX:
            self._skipped_count += 1
            return
        self._lines += 1
        log.warning(self._failed, client=client, reason=reason)

    def _begin_window(self, now_s: float) -> None:
        if self._skipped_count:
            log.warning(self._many_failed, count=self._skipped_count, reason="too many for a line each")
        self._window_end_s = now_s + WINDOW_S
        self._lines = self._skipped_count = 0
