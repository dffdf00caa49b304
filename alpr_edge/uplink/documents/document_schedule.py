"""When a small document of the department is asked for: now and then, at once when wanted, later after failures."""

import threading
import time
from collections.abc import Callable

import structlog

from alpr_edge.domain.errors import UplinkError, retry_after_of
from alpr_edge.domain.retry import Backoff
from alpr_edge.settings import UplinkSettings

WAITING_S = 1.0
"""Time between two looks whether the document before was taken in."""

log = structlog.get_logger(__name__)


class DocumentSchedule:
    """The moments at which one thread asks for a document: at the start, and every ``uplink.roster_check_s``.

    Args:
        draw: gives random numbers in [0, 1), which spread a fleet.
    """

    def __init__(self, uplink: UplinkSettings, draw: Callable[[], float], failure_event: str) -> None:
        self._check_s = uplink.roster_check_s
        self._draw = draw
        self._failure_event = failure_event
        self._backoff = Backoff(uplink.retry_first_s, longest_s=max(uplink.roster_check_s, uplink.retry_first_s))
        self._due_s = time.monotonic()
        self._failures = 0
        self._want_count = 0
        self._wake = threading.Event()

    def want(self) -> None:
        """Have the document asked for at once; called by another thread."""
        self._want_count += 1
        self._due_s = 0.0
        self._wake.set()

    def wait(self, seconds: float) -> None:
        """Sleep, but not past the moment when the document is wanted."""
        self._wake.wait(seconds)
        self._wake.clear()

    def step(self, is_waiting: Callable[[], bool], fetch: Callable[[], None]) -> float:
        """Fetch the document if it is time; returns the seconds until it is.

        Args:
            fetch: asks the department once; raises UplinkError where that fails.
        """
        wait_s = self._due_s - time.monotonic()
        if wait_s > 0:
            return wait_s
        if is_waiting():
            return WAITING_S
        wanted, wait_s = self._want_count, self._check_s * (0.75 + self._draw() / 4)
        try:
            fetch()
            self._failures = 0
        except UplinkError as error:
            self._failures += 1
            wait_s = max(self._backoff.wait_s(self._failures, self._draw()), min(retry_after_of(error), wait_s))
            log.info(self._failure_event, reason=str(error), failures=self._failures)
        if self._want_count == wanted:
            self._due_s = time.monotonic() + wait_s
        return max(0.0, self._due_s - time.monotonic())
