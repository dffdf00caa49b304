"""Tells that what pages show of hits changed; other commits, of which a unit makes one or more a second, it leaves out.

The unit queues records of its access log and clock pairs in the same database. A page that asked for itself at each of
those commits would make a record of its own each time, which is queued a second later, and so on without an end.
"""

import math
import time
from collections.abc import Callable

from alpr_edge.domain.instants import Instant
from alpr_edge.store.db.database import Database
from alpr_edge.store.reads.hit_queries import ShownState, shown_state
from alpr_edge.store.requests.page_requests import late_requests

LATENESS_LOOK_S = 1.0
"""Time between two looks at requests that wait: that one becomes too late is no commit."""


class HitRevision:
    """Looks at the hits once the database changed, and each second while a request of the page waits."""

    def __init__(self, database: Database, now: Callable[[], Instant]) -> None:
        self._database = database
        self._now = now
        self._version = -1
        self._due_s = math.inf
        self._state: tuple[ShownState, list[bool]] | None = None
        self._number = 0

    def current(self) -> int:
        """A number that grows with each change; called by one thread.

        Raises:
            StoreError: the database cannot be read.
        """
        version, now_s = self._database.data_version(), time.monotonic()
        if version != self._version or now_s >= self._due_s:
            with self._database.read() as connection:
                late = late_requests(connection, self._now())
                state = shown_state(connection), late
            self._version = version  # a commit since then changes it again
            self._due_s = math.inf if all(late) else now_s + LATENESS_LOOK_S
            if state != self._state:
                self._state = state
                self._number += 1
        return self._number
