"""Reads, hits and what is to be delivered of them: one transaction a batch.

A hit goes to the outbox when its read is decided, the read and its images when the pass is over and the row has its
last values. A crash between the two loses nothing: :meth:`ReadStore.close_open_reads` queues at the next start what
an earlier run never closed.
"""

import dataclasses
import itertools
import threading
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import structlog
from sqlalchemy import Connection, Select, delete, exists, insert, select, update
from sqlalchemy.dialects.sqlite import insert as upsert

from alpr_edge.domain.alerting import Alert
from alpr_edge.domain.errors import DamagedError, StoreError
from alpr_edge.domain.hits import Hit
from alpr_edge.domain.instants import Instant
from alpr_edge.domain.reads import EvidenceKind, EvidenceRef, PlateRead
from alpr_edge.store import queries, queueing
from alpr_edge.store.database import Database
from alpr_edge.store.images import PREFIXES, ImageStore
from alpr_edge.store.queries import Counts, StoredRead
from alpr_edge.store.rows import alert_of, alert_row, hit_row, instant_row, read_row
from alpr_edge.store.schema import alerts, evidence, hits, images, outbox, reads

BATCH_MAX = 1000
"""Records of one transaction: other processes wait for it."""
_CLOSING_BATCH = 200

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True, eq=False)
class DecidedRecord:
    """A pass that has its text, to be kept under its final id."""

    read: PlateRead
    """Its ``evidence`` is what :attr:`images` says, whatever it holds."""
    images: tuple[tuple[EvidenceKind, bytes], ...] = ()
    """JPEGs."""
    hits: tuple[Hit, ...] = ()
    alert: Alert | None = None
    """Of one of :attr:`hits`."""
    sounded: Instant | None = None
    """First sample of the alert's tone; None when it stayed quiet."""
    withdraws: str | None = None
    """The read whose alerts no longer hold."""


@dataclass(frozen=True, slots=True, eq=False)
class ClosedRecord:
    """A pass that is over."""

    read: PlateRead
    """As it was decided, with its last values."""
    images: tuple[tuple[EvidenceKind, bytes], ...] = ()
    """Sharper JPEGs than those kept, which they replace kind by kind; empty when none came."""


Stored = DecidedRecord | ClosedRecord


class ReadStore:
    """Keeps reads. One per process that writes them.

    Args:
        database: where rows go.
        images: where pictures go, before the rows that name them.
    """

    def __init__(self, database: Database, images: ImageStore) -> None:
        self._database = database
        self._images = images
        # An image let go of by one batch must not be taken up by another before its file is removed.
        self._committing = threading.Lock()

    def commit(self, batch: Sequence[Stored]) -> list[PlateRead]:
        """Keep a batch, all or nothing; it is on disk when this returns.

        A batch that is on disk already is no fault: who gave it may have failed right after, and gives it again.

        Args:
            batch: at most :data:`BATCH_MAX` records, in the order they came.

        Returns:
            The reads as stored, with their evidence.

        Raises:
            StoreError: nothing of the batch was kept.
        """
        if len(batch) > BATCH_MAX:
            raise StoreError(f"a batch holds {len(batch)} records, {BATCH_MAX} are allowed; commit more often")
        with self._committing:
            pictures = self._put_images(batch)
            try:
                with self._changing() as (connection, released):
                    return [
                        _decide(connection, record, refs)
                        if isinstance(record, DecidedRecord)
                        else _close(connection, record, refs, released, may_be_aside=self._database.renewed)
                        for record, refs in zip(batch, pictures, strict=True)
                    ]
            except DamagedError:
                raise
            except StoreError:
                if (kept := self._kept(batch)) is None:
                    raise
                log.warning("store.batch_was_kept", records=len(batch))
                return kept

    @contextmanager
    def letting_go(self) -> Iterator[tuple[Connection, set[str]]]:
        """One transaction that takes reads away.

        Digests that are put into the set lose their rows, and after the commit their files, unless a read still refers
        to them. A cut between the two leaves files that no row names: :meth:`sweep_images` removes them.

        Raises:
            StoreError: nothing was taken away.
        """
        with self._committing, self._changing() as changing:
            yield changing

    def close_open_reads(self) -> int:
        """Close and queue what earlier runs decided and never closed; before the first commit of a run.

        Returns:
            How many there were.
        """
        closed = 0
        while batch := self._close_some():
            closed += batch
        if closed:
            log.info("store.open_reads_closed", reads=closed)
        return closed

    def sweep_images(self) -> int:
        """Remove the image files that no row names, left by a crash; before the first commit of a run.

        Returns:
            How many there were.
        """
        with self._committing:
            removed = self._images.remove_temporaries()
            # By prefix, so that neither the list of digests nor a reading transaction grows with the store.
            for prefix in PREFIXES:
                orphans = self._images.orphans((), prefix)
                if orphans:
                    with self._database.read() as connection:
                        known = set(connection.scalars(_images_between(prefix, f"{prefix}g")))
                    orphans = [sha256 for sha256 in orphans if sha256 not in known]
                self._delete(orphans)
                removed += len(orphans)
        return removed

    def recent(self, limit: int, *, hits_only: bool = False) -> list[StoredRead]:
        """The newest reads first, at most :data:`~alpr_edge.store.queries.ROWS_MAX`."""
        with self._database.read() as connection:
            return queries.recent(connection, limit, hits_only=hits_only)

    def get(self, read_id: str) -> StoredRead | None:
        """One read; None when there is none of that id."""
        with self._database.read() as connection:
            return queries.get(connection, read_id)

    def counts(self) -> Counts:
        """How much is kept."""
        with self._database.read() as connection:
            return queries.counts(connection)

    def _kept(self, batch: Sequence[Stored]) -> list[PlateRead] | None:
        """The reads of a batch that an earlier call committed; None when none did."""
        ended = [record.read for record in batch if isinstance(record, ClosedRecord)]
        with self._database.read() as connection:
            kept = [queries.get(connection, record.read.read_id) for record in batch]
            is_kept = all(queries.is_ended(connection, read) for read in ended)
        reads_kept = [stored.read for stored in kept if stored is not None]
        return reads_kept if is_kept and len(reads_kept) == len(batch) else None

    def _put_images(self, batch: Sequence[Stored]) -> list[tuple[EvidenceRef, ...]]:
        jpegs = [jpeg for record in batch for _, jpeg in record.images]
        digests = iter(self._images.put_all(jpegs))
        return [tuple(EvidenceRef(kind, next(digests), len(jpeg)) for kind, jpeg in record.images) for record in batch]

    @contextmanager
    def _changing(self) -> Iterator[tuple[Connection, set[str]]]:
        released: set[str] = set()
        with self._database.write() as connection:
            yield connection, released
            released = _forget_images(connection, released)
        self._delete(released)

    def _delete(self, digests: Iterable[str]) -> None:
        """Remove image files that no row names; what cannot be removed is left to the next sweep."""
        for sha256 in digests:
            try:
                self._images.delete(sha256)
            except StoreError as error:
                log.warning("store.image_kept", error=str(error))

    def _close_some(self) -> int:
        with self._database.write() as connection:
            waiting = queries.still_open(connection, _CLOSING_BATCH)
            for read in waiting:
                queueing.queue_read(connection, read)
            ids = [read.read_id for read in waiting]
            connection.execute(update(reads).where(reads.c.read_id.in_(ids)).values(closed=1))
        return len(waiting)


def _images_between(first: str, end: str) -> Select[str]:
    """Digests in a range, which the primary key's index answers; LIKE would read the whole table."""
    return select(images.c.sha256).where((images.c.sha256 >= first) & (images.c.sha256 < end))


def _decide(connection: Connection, record: DecidedRecord, refs: tuple[EvidenceRef, ...]) -> PlateRead:
    read = dataclasses.replace(record.read, evidence=refs)
    connection.execute(insert(reads), read_row(read, closed=False))
    _refer(connection, read)
    if record.hits:
        connection.execute(insert(hits), [hit_row(hit) for hit in record.hits])
        queueing.queue_hits(connection, record.hits, read)
    if record.alert is not None:
        connection.execute(insert(alerts), alert_row(record.alert, record.sounded))
        queueing.queue_alert(connection, record.alert, record.sounded, read)
    if record.withdraws is not None:
        _withdraw(connection, record.withdraws, read)
    return read


def _withdraw(connection: Connection, read_id: str, read: PlateRead) -> None:
    """Withdraw the alerts of a read, dated by the frame that decided otherwise: the last one so far of ``read``."""
    standing = (alerts.c.read_id == read_id) & alerts.c.withdrawn_boot_id.is_(None)
    withdrawn = update(alerts).where(standing).values(**instant_row("withdrawn", read.last_seen)).returning(alerts)
    for row in connection.execute(withdrawn).mappings().all():
        queueing.queue_withdrawal(connection, alert_of(row), read.last_seen, read.unit_id)


def _close(
    connection: Connection,
    record: ClosedRecord,
    refs: tuple[EvidenceRef, ...],
    released: set[str],
    *,
    may_be_aside: bool,
) -> PlateRead:
    """Amend and queue a read; digests that it no longer refers to are added to ``released``.

    Args:
        connection: of the batch's transaction.
        record: the end of its pass.
        refs: its new images.
        released: digests whose files may go.
        may_be_aside: it may have been decided in a database that was set aside since.
    """
    kept = queries.evidence_of(connection, [record.read.read_id]).get(record.read.read_id, ())
    replaced = {ref.kind for ref in refs}
    read = dataclasses.replace(record.read, evidence=(*(ref for ref in kept if ref.kind not in replaced), *refs))
    is_open = (reads.c.read_id == read.read_id) & (reads.c.closed == 0)
    if connection.execute(update(reads).where(is_open).values(**read_row(read, closed=True))).rowcount != 1:
        if may_be_aside and connection.scalar(select(reads.c.seq).where(reads.c.read_id == read.read_id)) is None:
            return _begin_anew(connection, read)
        raise StoreError(f"read {read.read_id} is not open, so it cannot be closed; nothing of its batch was kept")
    if refs:
        connection.execute(delete(evidence).where(evidence.c.read_id == read.read_id))
        _refer(connection, read)
        released.update(ref.sha256 for ref in kept if ref.kind in replaced)
    queueing.queue_read(connection, read)
    return read


def _begin_anew(connection: Connection, read: PlateRead) -> PlateRead:
    """Keep the end of a pass whose beginning lies in the database set aside; salvage adds its hits and first images."""
    connection.execute(insert(reads), read_row(read, closed=True))
    _refer(connection, read)
    queueing.queue_read(connection, read)
    return read


def _refer(connection: Connection, read: PlateRead) -> None:
    """Name the read's images."""
    if not read.evidence:
        return
    known = [{"sha256": ref.sha256, "length": ref.length, "created_utc": read.last_seen.utc} for ref in read.evidence]
    connection.execute(upsert(images).on_conflict_do_nothing(), known)
    places = zip(itertools.count(), read.evidence, strict=False)
    rows = [
        {"read_id": read.read_id, "place": place, "kind": ref.kind.value, "sha256": ref.sha256} for place, ref in places
    ]
    connection.execute(insert(evidence), rows)


def _forget_images(connection: Connection, released: set[str]) -> set[str]:
    """Take out of the tables those images that no read refers to any more; returns them."""
    if not released:
        return set()
    used = exists().where(evidence.c.sha256 == images.c.sha256)
    gone = delete(images).where(images.c.sha256.in_(released) & ~used).returning(images.c.sha256)
    forgotten = set(connection.scalars(gone))
    connection.execute(delete(outbox).where(outbox.c.item_id.in_(forgotten)))
    return forgotten
