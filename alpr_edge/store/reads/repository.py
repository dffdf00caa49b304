"""Stores reads and hits, and queues them for delivery: one transaction a batch.

A hit goes to the outbox when its read is decided, the read and its images when the pass is over and the row has its
last values. A crash between the two loses nothing: :meth:`ReadStore.close_open_reads` queues at the next start what
an earlier run never closed.
"""

import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager

import structlog
from sqlalchemy import Connection, select, update
from sqlalchemy.exc import StatementError

from alpr_edge.domain.errors import PictureError, RefusedError, StoreError
from alpr_edge.domain.reads import EvidenceKind, EvidenceRef, PlateRead, ReadUpdate
from alpr_edge.store.db.database import Database
from alpr_edge.store.db.schema import reads
from alpr_edge.store.evidence.images import PREFIXES, ImageFacts, ImageStore
from alpr_edge.store.outbox import enqueue
from alpr_edge.store.reads import commit as row_writer
from alpr_edge.store.reads import queries
from alpr_edge.store.reads.queries import Counts, StoredRead

BATCH_MAX = 1000
"""Most records of one transaction: other processes wait for it."""
_CLOSING_BATCH = 200

OnStore = Callable[[Connection, Sequence[PlateRead]], None]
"""Called with the reads that a transaction stores or amends, before its commit."""

log = structlog.get_logger(__name__)


class ReadStore:
    """Stores reads. One object in each process that writes them."""

    def __init__(self, database: Database, images: ImageStore, on_store: OnStore = lambda _, __: None) -> None:
        self._database = database
        self._images = images
        self._on_store = on_store
        # An image that one batch drops must not be used by another before its file is removed.
        self._commit_lock = threading.Lock()

    def commit(self, batch: Sequence[ReadUpdate]) -> list[PlateRead]:
        """Store a batch, all or nothing; it is on disk when this returns.

        Storing a batch twice changes nothing: the caller may have failed right after storing it.

        Args:
            batch: at most :data:`BATCH_MAX` updates, in the order they came.

        Returns:
            The reads as stored, with their evidence.

        Raises:
            PictureError: an image cannot be kept; nothing of the batch was.
            RefusedError: one of the updates cannot be kept as it is; nothing of the batch was.
            StoreError: nothing of the batch was kept.
        """
        if len(batch) > BATCH_MAX:
            raise StoreError(f"a batch holds {len(batch)} records, {BATCH_MAX} are allowed; commit more often")
        with self._commit_lock:
            pictures = self._put_images(batch)
            with _refusal_errors(), self._transaction() as (connection, dropped_digests):
                stored = row_writer.write_rows(connection, batch, pictures, dropped_digests)
                self._on_store(connection, stored)
                return stored

    def keepable(self, images: Sequence[tuple[EvidenceKind, bytes]]) -> tuple[tuple[EvidenceKind, bytes], ...]:
        """The images that can be written, each tried by itself."""
        with self._commit_lock:
            return tuple((kind, jpeg) for kind, jpeg in images if self._is_written(jpeg))

    @contextmanager
    def adding(self) -> Iterator[Connection]:
        """Open a transaction that adds reads whose pictures are stored already.

        Raises:
            RefusedError: something of it cannot be kept as it is; nothing of it was.
            StoreError: nothing of it was kept.
        """
        with self._commit_lock, _refusal_errors(), self._transaction() as (connection, _):
            newest = queries.newest_number(connection)
            yield connection
            self._on_store(connection, [row.read for row in queries.after_number(connection, newest)])

    @contextmanager
    def deleting(self) -> Iterator[tuple[Connection, set[str]]]:
        """Open a transaction that deletes reads.

        Digests that are put into the set lose their rows, and after the commit their files, unless a read still refers
        to them. A cut between the two leaves files that no row names: :meth:`sweep_images` removes them.

        Raises:
            StoreError: nothing was deleted.
        """
        with self._commit_lock, self._transaction() as transaction:
            yield transaction

    def image_facts(self, sha256: str) -> ImageFacts | None:
        """Size and age of an image by its file alone; None when there is none."""
        return self._images.facts(sha256)

    def open_read_ids(self) -> list[str]:
        """The reads that are decided and not closed, oldest first."""
        query = select(reads.c.read_id).where(reads.c.closed == 0).order_by(reads.c.seq)
        return list(self._database.scalars(query))

    def close_open_reads(self, read_ids: Sequence[str] | None = None) -> int:
        """Close and queue the reads that earlier runs left open.

        Args:
            read_ids: the reads; None: all that are open, to be called before the first commit of a run.

        Returns:
            How many there were.

        Raises:
            StoreError: some stay open.
        """
        closed, left = 0, self.open_read_ids() if read_ids is None else read_ids
        for start in range(0, len(left), _CLOSING_BATCH):
            closed += self._close(left[start : start + _CLOSING_BATCH])
        if closed:
            log.info("store.open_reads_closed", reads=closed)
        return closed

    def sweep_images(self, prefix: str = "", may_remove: Callable[[], bool] = lambda: True) -> int:
        """Remove what a crash left among the images: files that no row names, and half-written ones.

        Commits may go on meanwhile: they wait where something is removed.

        Args:
            prefix: only those whose digests begin so, with two digits at least; empty: all.
            may_remove: whether a file without a row may go, asked before and after it is found to have none: until
                then rows may come that name it, and their database may be replaced. Half-written ones go.

        Returns:
            How many files were removed.

        Raises:
            StoreError: a folder of images cannot be looked into.
        """
        # By prefix, so that neither the list of digests nor a reading transaction grows with the store.
        return sum(self._sweep(folder, may_remove) for folder in ([prefix] if prefix else PREFIXES))

    def _sweep(self, prefix: str, may_remove: Callable[[], bool]) -> int:
        # A commit writes its images before its rows, so that a look without the lock finds the files of one under way.
        has_orphans = bool(self._orphans(prefix))
        with self._commit_lock:
            count = self._images.remove_temporaries(prefix)
            orphans = self._orphans(prefix) if has_orphans and may_remove() else []
            if orphans and may_remove():
                self._delete(orphans)
                count += len(orphans)
        return count

    def _orphans(self, prefix: str) -> list[str]:
        """The image files that no row names; one whose row is committed after this began may be among them."""
        digests = self._images.orphans((), prefix)
        known_digests = queries.image_digests(self._database, prefix) if digests else set[str]()
        return [sha256 for sha256 in digests if sha256 not in known_digests]

    def recent(self, limit: int, *, hits_only: bool = False) -> list[StoredRead]:
        """The newest reads first, at most :data:`~alpr_edge.store.reads.queries.ROWS_MAX`."""
        with self._database.read() as connection:
            return queries.recent(connection, limit, hits_only=hits_only)

    def corrections(self, read_ids: Sequence[str]) -> dict[str, str]:
        """The later reads that corrected some of these, by the id of the corrected one."""
        with self._database.read() as connection:
            return queries.corrections(connection, read_ids)

    def get(self, read_id: str) -> StoredRead | None:
        with self._database.read() as connection:
            return queries.get(connection, read_id)

    def counts(self) -> Counts:
        """The number of stored reads, hits and images."""
        with self._database.read() as connection:
            return queries.counts(connection)

    def _put_images(self, batch: Sequence[ReadUpdate]) -> list[tuple[EvidenceRef, ...]]:
        jpegs = [jpeg for record in batch for _, jpeg in record.images]
        with self._database.commits.timing():
            digests = iter(self._images.put_all(jpegs))
        return [tuple(EvidenceRef(kind, next(digests), len(jpeg)) for kind, jpeg in record.images) for record in batch]

    def _is_written(self, jpeg: bytes) -> bool:
        try:
            self._images.put(jpeg)
        except PictureError:
            return False
        return True

    @contextmanager
    def _transaction(self) -> Iterator[tuple[Connection, set[str]]]:
        dropped_digests: set[str] = set()
        with self._database.write() as connection:
            yield connection, dropped_digests
            dropped_digests = row_writer.forget_images(connection, dropped_digests)
        self._delete(dropped_digests)

    def _delete(self, digests: Iterable[str]) -> None:
        """Remove image files that no row names; what cannot be removed is left to the next sweep."""
        for sha256 in digests:
            try:
                self._images.delete(sha256)
            except StoreError as error:
                log.warning("store.image_not_deleted", error=str(error))

    def _close(self, read_ids: Sequence[str]) -> int:
        with _refusal_errors(), self._database.write() as connection:
            waiting = queries.open_reads(connection, read_ids)
            for read in waiting:
                enqueue.queue_read(connection, read)
            ids = [read.read_id for read in waiting]
            connection.execute(update(reads).where(reads.c.read_id.in_(ids)).values(closed=1))
        return len(waiting)


@contextmanager
def _refusal_errors() -> Iterator[None]:
    """Turn the error about a value that fits no row or item into one that quotes nothing of the record."""
    try:
        yield
    except (ValueError, TypeError, OverflowError, StatementError) as error:
        raise RefusedError(f"a record holds a value that cannot be stored ({type(error).__name__})") from None
