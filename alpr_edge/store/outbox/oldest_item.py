"""Tells since when the oldest item waits for the department."""

import time
from datetime import datetime

from sqlalchemy import func, select

from alpr_edge.domain.protocol.items import Urgency
from alpr_edge.store.db.database import Database
from alpr_edge.store.db.schema import outbox
from alpr_edge.store.outbox.answers import IS_READY

LOOK_S = 10.0
"""Time between two looks: with 100,000 items waiting one takes some 25 ms."""


class OldestWaiting:
    """The moment since which the oldest item waits, looked up every :data:`LOOK_S`.

    Args:
        look_s: seconds between two looks.
    """

    def __init__(self, database: Database, look_s: float = LOOK_S) -> None:
        self._database = database
        self._look_s = look_s
        self._looked_s = float("-inf")
        self._queued_utc: datetime | None = None

    def queued_utc(self) -> datetime | None:
        """When the oldest item was queued; None: nothing waits, or the clock was not known then.

        The first by its number, which an index finds: a search by date would walk over all bodies. A covert hit does
        not count: what everybody sees of the queue would tell of it.

        Raises:
            StoreError: the store cannot be read at present.
        """
        now_s = time.monotonic()
        if self._queued_utc is None or now_s - self._looked_s >= self._look_s:
            first = (
                select(func.min(outbox.c.seq))
                .where(IS_READY, outbox.c.urgency > Urgency.COVERT_HIT.value)
                .scalar_subquery()
            )
            oldest = select(outbox.c.created_utc).where(outbox.c.seq == first)
            with self._database.read() as connection:
                self._queued_utc = connection.execute(oldest).scalar()
            self._looked_s = now_s
        return self._queued_utc
