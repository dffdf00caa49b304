"""Keeps a list of the reads that were deleted, by the hash of their ids, so that it can be shown that one was.

An id holds 74 random bits and no plate, so nobody finds it from its hash, and a salt would hide nothing more; but
whoever has an id, from a report or the department, can have it looked for without a secret of the unit.
"""

import hashlib
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, delete, exists, func, insert, select, update

from alpr_edge.domain.log_proofs.merkle import hash_leaf
from alpr_edge.domain.retention import DeletionReason
from alpr_edge.store.db.database import Database
from alpr_edge.store.db.schema import deleted_reads

KEPT_MAX = 1_000_000
"""Most entries; the oldest go first. Some 60 MB, and a year of a busy car."""
RUN_MAX = 100_000
"""Most entries that one record counts."""


@dataclass(frozen=True, slots=True)
class DeletedReads:
    """Reads that were deleted and that no record counts yet."""

    counts: Counter[str]
    """How many for which reason."""
    sha256: str
    """SHA-256 over the hashes of the ids in their order, lower-case hex."""
    last_seq: int


def add_deleted(connection: Connection, removals: Sequence[tuple[str, DeletionReason]]) -> None:
    """Note reads that the transaction deletes."""
    rows = [{"leaf": hash_leaf(read_id.encode()), "ground": reason.value} for read_id, reason in removals]
    if rows:
        connection.execute(insert(deleted_reads), rows)


def reads_to_record(database: Database) -> DeletedReads | None:
    """The reads that no record counts yet, the oldest :data:`RUN_MAX`; None: there are none."""
    query = select(deleted_reads).where(deleted_reads.c.record.is_(None)).order_by(deleted_reads.c.seq).limit(RUN_MAX)
    with database.read() as connection:
        rows = connection.execute(query).all()
    if not rows:
        return None
    return DeletedReads(Counter(row.ground for row in rows), digest_of(row.leaf for row in rows), rows[-1].seq)


def note_record(database: Database, deleted: DeletedReads, record: int) -> None:
    """Note which record counts some reads; entries beyond :data:`KEPT_MAX` go."""
    these = (deleted_reads.c.seq <= deleted.last_seq) & deleted_reads.c.record.is_(None)
    with database.write() as connection:
        connection.execute(update(deleted_reads).where(these).values(record=record))
        last = connection.scalar(select(func.max(deleted_reads.c.seq))) or 0
        connection.execute(delete(deleted_reads).where(deleted_reads.c.seq <= last - KEPT_MAX))


def is_deleted(connection: Connection, read_id: str) -> bool:
    """Whether a read is on the list."""
    return bool(connection.scalar(select(exists().where(deleted_reads.c.leaf == hash_leaf(read_id.encode())))))


def records_of(database: Database, read_id: str) -> list[int | None]:
    """The records that count a read as deleted, and None while none does; empty: it is not on the list."""
    query = select(deleted_reads.c.record).where(deleted_reads.c.leaf == hash_leaf(read_id.encode()))
    with database.read() as connection:
        return list(connection.scalars(query))


def digest_of_record(database: Database, record: int) -> str:
    """The digest of the reads that a record counts, as the list has them now."""
    with database.read() as connection:
        return digest_of(connection.scalars(select(deleted_reads.c.leaf).where(deleted_reads.c.record == record)))


def digest_of(leaves: Iterable[bytes]) -> str:
    """SHA-256 over hashes of ids in their order, lower-case hex."""
    return hashlib.sha256(b"".join(sorted(leaves))).hexdigest()
