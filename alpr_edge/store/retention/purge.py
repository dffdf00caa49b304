"""Deletes the reads that the rules of retention choose: rows in one transaction, then files that no row names.

A power cut before the commit changes nothing; one after it leaves files without rows, which are removed after the next
start. No row ever names a picture that is gone. Reads are examined a slice at a time, and the chosen ones once more
inside the transaction, in case one was held meanwhile.
"""

import time
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace

import structlog
from sqlalchemy import Connection, RowMapping, delete, insert, select

from alpr_edge.domain.deletion_dates import Objection
from alpr_edge.domain.instants import Instant
from alpr_edge.domain.protocol.dispositions import disposition_item_id
from alpr_edge.domain.protocol.hits import alert_item_ids
from alpr_edge.domain.protocol.time_corrections import time_item_id
from alpr_edge.domain.retention import DeletionReason, RetentionLimits, select_deletions
from alpr_edge.store.db.database import Database
from alpr_edge.store.db.row_mapping import instant_row
from alpr_edge.store.db.schema import alerts, deletions, dispositions, evidence, hits, outbox, reads
from alpr_edge.store.reads.repository import ReadStore
from alpr_edge.store.retention import candidates, deleted_list, holds
from alpr_edge.store.retention.candidates import Ages, RetentionCandidate
from alpr_edge.store.retention.deletion_dates import DeletionDates
from alpr_edge.store.retention.left_images import left_images

SLICE_READS = 256
"""Reads examined in one step, unless the caller says otherwise."""
DELETED_MAX = 64
"""Reads deleted in one step; the first steps of a run take an eighth of it, until they are known to be short."""
WHOLE_ROUND_S = 86_400.0
"""How often a round looks at all reads; others end where the rest is too young, as reads lie in order of time."""
HELD_S_MAX = 0.1
"""How long one step may keep the writer of reads waiting: steps shrink before it is reached."""

log = structlog.get_logger(__name__)


@dataclass(slots=True)
class PurgeTotals:
    """What a purge has done so far."""

    reads: Counter[DeletionReason] = field(default_factory=Counter)
    freed_bytes: int = 0
    held_s_max: float = 0.0
    """Longest time that one step kept the writer waiting, in seconds."""


@dataclass(frozen=True, slots=True)
class PurgeSlice:
    """A slice of reads at one moment, with those of it that may be deleted."""

    reads: list[RetentionCandidate]
    deletable_seqs: list[int]
    """Numbers of those that may go, one batch at most."""
    now: Instant
    age_from: Instant
    """The instant that ages are computed from; without UTC while nothing may be deleted by the date."""
    limits: RetentionLimits
    excess_bytes: int


class Purge:
    """Goes through the reads from the oldest on, a step at a time, and deletes those that may be deleted.

    Args:
        limits: the limits of retention; the emergency rule is used only in a second round, when nothing else is left.
    """

    def __init__(
        self,
        database: Database,
        store: ReadStore,
        limits: RetentionLimits,
        slice_reads: int = SLICE_READS,
        *,
        has_department: bool = True,
    ) -> None:
        self._database = database
        self._store = store
        self._limits = limits
        self._slice_reads = slice_reads
        self._ages = Ages(database)
        self._dates = DeletionDates(database, self._ages, has_department=has_department)
        self.objection: Objection | None = None
        """Why nothing is deleted for its age, as of the last step."""
        self._after = 0
        self._batch = DELETED_MAX // 8
        self._is_second_round = False
        self._whole_s: float | None = None
        """When a round looked at all reads last, on the monotonic clock."""
        self.done = PurgeTotals()

    @property
    def at_start(self) -> bool:
        """Whether the next step looks at the oldest reads again."""
        return self._after == 0

    def step(self, now: Instant, excess_bytes: int) -> bool:
        """Examine one slice and delete what may be deleted, at most one batch.

        Args:
            excess_bytes: the bytes to be freed.

        Returns:
            Whether there may be more to do now; False at the end of a round that has nothing left to do.

        Raises:
            StoreError: the database refused; everything it had not deleted is still there.
        """
        chosen = self.look(now, excess_bytes)
        if self.objection is not None and not excess_bytes:
            self._after, self._is_second_round = 0, False
            return False
        if not chosen.deletable_seqs:
            return self._move_on(chosen)
        with self._store.deleting() as (connection, dropped_digests):
            began = time.monotonic()
            removals = self.take_away(chosen, connection, dropped_digests)
        self._add_totals(removals, time.monotonic() - began)
        return True  # the next step examines the same slice, which later reads fill up

    def look(self, now: Instant, excess_bytes: int) -> PurgeSlice:
        """Choose what one step may delete, and change nothing.

        Args:
            excess_bytes: the bytes to be freed.
        """
        self._check_date(now)
        age_from = now if self.objection is None else Instant(now.boot_id, now.boottime_ns)
        limits = replace(self._limits, emergency=self._limits.emergency and self._is_second_round)
        with self._database.read() as connection:
            rows = candidates.rows_after(connection, self._after, self._slice_reads)
        reads_of_slice = self._candidates_of(rows, age_from)
        choices = select_deletions((one.read for one in reads_of_slice), limits, excess_bytes)[: self._batch]
        return PurgeSlice(reads_of_slice, [read.seq for read, _ in choices], now, age_from, limits, excess_bytes)

    def take_away(
        self, chosen: PurgeSlice, connection: Connection, dropped_digests: set[str]
    ) -> list[tuple[RetentionCandidate, DeletionReason]]:
        """Delete what :meth:`look` chose, as far as it may still be deleted.

        Returns:
            What goes with the transaction's commit.
        """
        by_seq = {
            one.read.seq: one
            for one in self._candidates_of(candidates.rows_of(connection, chosen.deletable_seqs), chosen.age_from)
        }
        deletable = select_deletions((one.read for one in by_seq.values()), chosen.limits, chosen.excess_bytes)
        removals = [(by_seq[read.seq], reason) for read, reason in deletable]
        _record_deletions(connection, [(one, reason) for one, reason in removals if reason.is_audited], chosen.now)
        read_ids = [one.read_id for one, _ in removals]
        holds.unlock_ended(connection, read_ids, chosen.age_from.utc)
        _remove_rows(connection, read_ids, dropped_digests)
        deleted_list.add_deleted(connection, [(one.read_id, reason) for one, reason in removals])
        return removals

    def _check_date(self, now: Instant) -> None:
        """Check whether the date may be used for deletion; a change is logged."""
        before, self.objection = self.objection, self._dates.objection(now)
        if self.objection is not None and (before is None or before.is_contradiction < self.objection.is_contradiction):
            tell = log.warning if self.objection.is_contradiction else log.info
            tell("store.deletion_by_age_paused", reason=self.objection.reason)
        elif before is not None and self.objection is None:
            log.info("store.deletion_by_age_resumed")

    def _move_on(self, chosen: PurgeSlice) -> bool:
        """Move to the next slice, as nothing in this one may be deleted; returns whether there is more to do."""
        is_last = len(chosen.reads) < self._slice_reads
        if not is_last and (chosen.excess_bytes or self._is_whole_due() or not self._rest_is_younger(chosen.reads)):
            self._after = chosen.reads[-1].read.seq
            return True
        if is_last and self._is_whole_due():
            if self._delete_left_images(chosen):
                return True
            self._whole_s = time.monotonic()
        self._after = 0
        again = bool(chosen.excess_bytes) and self._limits.emergency and not self._is_second_round
        self._is_second_round = again
        return again

    def _rest_is_younger(self, reads_of_slice: Sequence[RetentionCandidate]) -> bool:
        """Whether hardly a later read is too old: but for those of a damaged database, they are in order of time."""
        shortest = self._limits.shortest
        return all(one.read.age is not None and one.read.age <= shortest for one in reads_of_slice)

    def _delete_left_images(self, chosen: PurgeSlice) -> bool:
        """Delete some pictures without a read that are too old; returns whether there were any."""
        now = chosen.age_from.utc
        digests = [] if now is None else left_images(self._database, self._store.image_facts, chosen.limits, now)
        if digests:
            with self._store.deleting() as (_, dropped_digests):
                dropped_digests.update(digests)
            log.info("store.images_without_read_purged", images=len(digests))
        return bool(digests)

    def _is_whole_due(self) -> bool:
        """Whether a round has to look at all reads again, also at those out of order."""
        return self._whole_s is None or time.monotonic() - self._whole_s >= WHOLE_ROUND_S

    def _candidates_of(self, rows: Iterable[RowMapping], now: Instant) -> list[RetentionCandidate]:
        return [candidates.candidate_of(row, self._ages.seen_utc(candidates.last_seen_of(row)), now) for row in rows]

    def _add_totals(self, removals: Sequence[tuple[RetentionCandidate, DeletionReason]], held_s: float) -> None:
        counts = Counter(reason for _, reason in removals)
        self.done.reads.update(counts)
        self.done.freed_bytes += sum(one.read.size_bytes for one, _ in removals)
        self.done.held_s_max = max(self.done.held_s_max, held_s)
        if held_s > HELD_S_MAX * 0.7:
            self._batch = max(1, self._batch // 2)
        elif held_s < HELD_S_MAX * 0.3:
            self._batch = min(DELETED_MAX, self._batch * 2)
        for reason, count in counts.items():
            tell = log.warning if reason.is_audited else log.info
            tell("store.purged", reason=reason.value, reads=count)


def _record_deletions(
    connection: Connection, removals: Sequence[tuple[RetentionCandidate, DeletionReason]], now: Instant
) -> None:
    """Record an event for each deleted read that nobody else has; its plate is deleted with it."""
    rows = [
        {
            "read_id": one.read_id,
            "ground": reason.value,
            "camera_id": one.camera_id,
            "seen_utc": one.seen_utc,
            "images": one.images,
            "size_bytes": one.read.size_bytes,
            **instant_row("deleted", now),
        }
        for one, reason in removals
    ]
    if rows:
        connection.execute(insert(deletions), rows)


def _remove_rows(connection: Connection, read_ids: Sequence[str], dropped_digests: set[str]) -> None:
    """Remove reads with their hits, alerts and items; their images are added to ``dropped_digests``."""
    of_these = evidence.c.read_id.in_(read_ids)
    dropped_digests.update(connection.scalars(select(evidence.c.sha256).where(of_these)))
    hit_ids = connection.scalars(select(hits.c.hit_id).where(hits.c.read_id.in_(read_ids))).all()
    time_ids = [time_item_id(read_id, sure=sure) for read_id in read_ids for sure in (True, False)]
    of_hits = dispositions.c.hit_id.in_(hit_ids)
    said_ids = connection.scalars(select(dispositions.c.disposition_id).where(of_hits)).all()
    connection.execute(delete(dispositions).where(of_hits))
    for table in (evidence, alerts, hits):
        connection.execute(delete(table).where(table.c.read_id.in_(read_ids)))
    alert_ids = [item_id for hit_id in hit_ids for item_id in alert_item_ids(hit_id)]
    item_ids = [*read_ids, *hit_ids, *time_ids, *alert_ids, *map(disposition_item_id, said_ids)]
    connection.execute(delete(outbox).where(outbox.c.item_id.in_(item_ids)))
    connection.execute(delete(reads).where(reads.c.read_id.in_(read_ids)))
