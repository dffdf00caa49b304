"""Stores how boot time and UTC belong together while a clock is trusted, and corrects earlier reads of this boot."""

import structlog

from alpr_edge.domain.errors import StoreError
from alpr_edge.domain.instants import Instant
from alpr_edge.domain.ports import Clock
from alpr_edge.store.db import clock_pairs
from alpr_edge.store.db.database import Database
from alpr_edge.store.outbox import time_corrections

PAIR_FIRST_MS, PAIR_MS = 5_000.0, 60_000.0
"""Time from the first clock pair of a run to the second, and between later ones: early reads need not wait a minute."""

log = structlog.get_logger(__name__)


class ClockPairs:
    """Stores a clock pair at least once a minute while time is trusted."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock
        self._last: Instant | None = None
        self._wait_ms = PAIR_FIRST_MS
        self._placed = time_corrections.PlacedReads()

    def step(self) -> None:
        """Store a pair if it is time, and place earlier reads by it; what fails is tried again with the next call."""
        now = self._clock.now()
        if not now.trusted or (self._last is not None and now.ms_since(self._last) < self._wait_ms):
            return
        try:
            clock_pairs.record(self._database, now)
            if self._last is not None:
                self._wait_ms = min(PAIR_MS, self._wait_ms * 2)
            self._last = now
        except StoreError as error:
            log.error("clock.pair_not_stored", failure=str(error))
            return
        try:
            if read_count := time_corrections.place_boot(self._database, now.boot_id, now, self._placed):
                log.info("clock.reads_corrected", reads=read_count)
        except StoreError as error:
            log.error("clock.reads_not_corrected", failure=str(error))
