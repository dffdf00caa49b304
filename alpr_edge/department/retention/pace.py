"""How much a purge does in one transaction: units that deliver wait for it, so it is kept short and then gives way.

A fixed number would hold the database for long where its disk, its network or its bucket is slow. SQLite lets no writer
queue: whoever waits tries again now and then, and would never come in between transactions that follow at once.
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Connection

from alpr_edge.department.db.database import DepartmentDatabase

HELD_S = 0.025
"""How long a transaction should last; a quarter of what a batch may wait for a purge."""
COUNT_FIRST, COUNT_MAX = 4, 1000
PAUSE_S_MIN, PAUSE_S_MAX = 0.005, 5.0


class PurgePace:
    """Fits the number of items of the next transaction to how long the last ones of its kind took; for one thread."""

    def __init__(self) -> None:
        self.count = COUNT_FIRST
        """Items that the next transaction should look at."""

    @contextmanager
    def writing(self, database: DepartmentDatabase) -> Iterator[Connection]:
        """Open a transaction that may write anything, and pause after it for as long as it lasted."""
        with database.writing() as connection:
            began_s = time.monotonic()
            yield connection
        time.sleep(self.note(time.monotonic() - began_s))

    def note(self, held_s: float) -> float:
        """Note how long a transaction lasted, its commit included; how long to pause."""
        if held_s > HELD_S:
            self.count = max(1, self.count // 2)
        elif held_s < HELD_S:
            self.count = min(COUNT_MAX, self.count + max(1, self.count // 4))
        return min(max(held_s, PAUSE_S_MIN), PAUSE_S_MAX)
