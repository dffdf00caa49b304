"""Notices that hits came or changed, for every page that is open: one thread looks, however many pages there are."""

import asyncio
import secrets
import threading
from collections.abc import Callable, Hashable
from contextlib import closing, suppress
from pathlib import Path

import structlog

from alpr_edge.domain.errors import StoreError
from alpr_edge.runtime.commit_watch import CommitWatch

LOOK_S = 1.0
"""Longest time between two looks."""

log = structlog.get_logger(__name__)


class HitChanges:
    """Counts how often what hits are made of changed.

    Args:
        database: the file whose commits wake it; None: it looks once a second alone.
    """

    def __init__(
        self,
        version: Callable[[], Hashable],
        event: str = "console.feed_failed",
        database: Path | None = None,
    ) -> None:
        self._version = version
        self._event = event
        self._database = database
        self._loop: asyncio.AbstractEventLoop | None = None
        self._changed: asyncio.Event | None = None
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="hit-feed", daemon=True)
        self.count = secrets.randbits(32)
        """Grows with each change; begins anywhere, as a page may outlive the process that made it."""
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
        if self._database is None:
            self._look(self._stop.wait)
        else:
            with closing(CommitWatch(self._database)) as commits:
                self._look(commits.wait)

    def _look(self, await_look: Callable[[float], object]) -> None:
        seen: Hashable = None
        while not self._stop.is_set():
            try:
                version = self._version()
            except StoreError as error:
                if str(error) != self.failure:
                    log.error(self._event, failure=str(error))
                self.failure = str(error)
            else:
                self.failure = ""
                if version != seen:
                    seen = version
                    self._wake()
            await_look(LOOK_S)

    def _wake(self) -> None:
        if self._loop is not None:
            with suppress(RuntimeError):  # the server has ended by itself, and its loop is closed
                self._loop.call_soon_threadsafe(self._tell)

    def _tell(self) -> None:
        """In the event loop: wake every page, and let it wait for the next change."""
        self.count += 1
        if self._changed is not None:
            self._changed.set()
            self._changed = asyncio.Event()
