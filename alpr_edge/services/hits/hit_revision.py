"""Tells that what pages show of hits changed; other commits, of which a unit makes one or more a second, it leaves out.

The unit queues records of its access log and clock pairs in the same database. A page that asked for itself at each of
those commits would make a record of its own each time, which is queued a second later, and so on without an end.
"""

from alpr_edge.store.db.database import Database
from alpr_edge.store.reads.hit_queries import ShownState, shown_state


class HitRevision:
    """Looks at the hits once the database changed.

    Args:
        database: the database of this unit.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._version = -1
        self._state: ShownState | None = None
        self._number = 0

    def current(self) -> int:
        """A number that grows with each change; called by one thread.

        Raises:
            StoreError: the database cannot be read.
        """
        version = self._database.data_version()
        if version != self._version:
            with self._database.read() as connection:
                state = shown_state(connection)
            self._version = version  # a commit since then changes it again
            if state != self._state:
                self._state = state
                self._number += 1
        return self._number
