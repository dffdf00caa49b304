"""Bounds the batches that are on their way: those of one unit, so that none keeps others out, and all together.

Beyond a limit a unit is asked to come again later (429 with Retry-After), before anything of its batch is read. Its
uplink waits that long, and longer each time.
"""

import random
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

from fastapi import HTTPException

from alpr_edge.department.http.batches.batch_counts import BatchCounts

UNIT_BATCHES_MAX = 4
"""Of one unit, which sends one after the other; a link that broke may have left some behind, for minutes."""
BATCHES_MAX = 256
"""Of all units: each waits in memory or in a file until it is stored."""
AGAIN_S = (5, 15)
"""After how long a unit is asked to come again; drawn, so that a fleet does not come again all at once."""


class BatchLimits:
    """Counts the batches on their way; for the thread of the event loop.

    Args:
        unit_max: the most of one unit.
        all_max: the most of all.
    """

    def __init__(
        self, unit_max: int = UNIT_BATCHES_MAX, all_max: int = BATCHES_MAX, counts: BatchCounts | None = None
    ) -> None:
        self._counts = counts or BatchCounts()
        self._unit_max = unit_max
        self._all_max = all_max
        self._of_unit: Counter[str] = Counter()

    @contextmanager
    def admit(self, unit_id: str) -> Iterator[None]:
        """Count a batch of a unit while the block receives and stores it."""
        if self._of_unit[unit_id] >= self._unit_max:
            raise self._later("this unit has too many batches on their way")
        if self._of_unit.total() >= self._all_max:
            raise self._later("too many batches are on their way")
        self._of_unit[unit_id] += 1
        self._counts.on_their_way += 1
        try:
            yield
        finally:
            self._counts.on_their_way -= 1
            self._of_unit[unit_id] -= 1
            self._of_unit += Counter()  # forgets units that have none

    def _later(self, detail: str) -> HTTPException:
        self._counts.turned_away += 1
        again_s = random.randint(*AGAIN_S)  # noqa: S311 - spreads load
        return HTTPException(429, detail, headers={"Retry-After": str(again_s)})
