"""Notices that hits came or changed, for every page that is open: one thread looks, however many pages there are."""

import asyncio
import contextlib
import threading
from collections.abc import Callable, Hashable

import structlog

from alpr_edge.domain.errors import StoreError

LOOK_S = 0.005
"""Time between two looks; where nothing was committed, one look is at SQLite's counter of commits alone, 0.1 ms."""

log = structlog.get_logger(__name__)


class HitChanges:
    """Counts how often what hits are made of changed.

    Args:
        version: gives a value that changes with what is shown of hits, and costs little for how often it is asked.
        look_s: time between two looks.
        event: what the log calls a look that failed.
    """

    def __init__(
        self, version: Callable[[], Hashable], look_s: float = LOOK_S, event: str = "console.feed_failed"
    ) -> None:
        self._version = version
        self._look_s = look_s
        self._event = event
        self._loop: asyncio.AbstractEventLoop | None = None
        self._changed: asyncio.Event | None = None
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="hit-feed", daemon=True)
        self.count = 0
        """Grows with each change."""
        self.sessions_count = 0
        """Grows as a session is locked or ended."""
        self.failure = ""
        """Why the database cannot be looked at now; empty: it can."""

    def start(self) -> None:
        """Start to look; called in the event loop that pages wait in."""
        self._loop, self._changed = asyncio.get_running_loop(), asyncio.Event()
        self._thread.start()

    def stop(self) -> None:
        """Stop to look, and wake every page, so that its stream ends before its server does."""
        self._stop.set()
        self._wake()

    @property
    def is_watching(self) -> bool:
        """Whether it looks, or was stopped: what fails for another reason than the database ends the thread."""
        return self.is_stopped or self._thread.is_alive()

    @property
    def is_stopped(self) -> bool:
        """Whether it looks no more."""
        return self._stop.is_set()

    async def wait(self, count: int, limit_s: float) -> int:
        """Wait until the count is another, at most so long; returns the count."""
        assert self._changed is not None, "started"
        if self.count == count:
            event = self._changed
            try:
                async with asyncio.timeout(limit_s):
                    await event.wait()
            except TimeoutError:
                return self.count
        return self.count

    def tell_of_sessions(self) -> None:
        """Wake every page, as a session was locked or ended, and each has to look at its own; any thread may."""
        self.sessions_count += 1
        self._wake()

    def _watch(self) -> None:
        seen: Hashable = None
        while not self._stop.wait(self._look_s):
            try:
                version = self._version()
            except StoreError as error:
                if str(error) != self.failure:
                    log.error(self._event, failure=str(error))
                self.failure = str(error)
                continue
            self.failure = ""
            if version != seen:
                seen = version
                self._wake()

    def _wake(self) -> None:
        if self._loop is not None:
            with contextlib.suppress(RuntimeError):  # the server has ended by itself, and its loop is closed
                self._loop.call_soon_threadsafe(self._tell)

    def _tell(self) -> None:
        """In the event loop: wake every page, and let it wait for the next change."""
        self.count += 1
        if self._changed is not None:
            self._changed.set()
            self._changed = asyncio.Event()
