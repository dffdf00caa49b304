"""Brings the records that earlier runs set aside back into the store, in parts.

A stop on a full disk sets aside thousands. Trying them all before the first picture of the cameras would leave the car
blind meanwhile, so a start tries them for a while and the rest is tried while the unit works.

An end of a pass among them needs its read still open. So the reads that earlier runs left open are closed once every
record was tried, and they alone: those of this run are open for a reason. Which ones these are can be told only before
this run's first commit.
"""

import time

from alpr_edge.store.reads.repository import ReadStore
from alpr_edge.store.recovery.refused_records import TAKEN_TOGETHER, RefusedRecords


class RecordIntake:
    """Tries each record that earlier runs set aside once, and then closes the reads that they left open."""

    def __init__(self, refused_records: RefusedRecords, reads: ReadStore) -> None:
        self._refused_records = refused_records
        self._reads = reads
        self._names: list[str] = []
        """The files that are still to be tried, oldest first."""
        self._open_ids: list[str] = []
        """The reads of earlier runs that may be open."""
        self.failures: list[str] = []
        """The first file that cannot be removed although its record is stored, and why; one line at most."""

    def begin(self) -> None:
        """Note the records and open reads there are as those of earlier runs; to be called before the first commit.

        Where it was not called, or fails, the steps do nothing: all is left to the next start, open reads too, as the
        records that nobody could look for may hold their ends.
        """
        self._names, self._open_ids = [], []
        names = self._refused_records.names()
        self._open_ids = self._reads.open_read_ids()
        self._names = names

    def step(self, limit_s: float = 0.0) -> None:
        """Try the next records, for so long or a commit's worth of them; nothing when all were tried."""
        until_s = time.monotonic() + limit_s
        while self._names:
            taken_in = self._refused_records.take_in_some(self._names[:TAKEN_TOGETHER], self._reads)
            self._open_ids.extend(record.read.read_id for record in taken_in.stored)
            self.failures = (self.failures + taken_in.failures)[:1]
            del self._names[:TAKEN_TOGETHER]
            if time.monotonic() >= until_s:
                break
        if not self._names and self._open_ids:
            self._reads.close_open_reads(self._open_ids)
            self._open_ids = []
