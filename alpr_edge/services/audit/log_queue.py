"""Queues the records of the access log that are not in the outbox yet, and the checkpoint that covers them."""

from dataclasses import dataclass

from alpr_edge.domain.access_log.records import is_break_glass
from alpr_edge.domain.instants import Instant
from alpr_edge.domain.log_proofs.checkpoints import Checkpoint
from alpr_edge.domain.protocol.access_log import CheckpointPayload
from alpr_edge.store.access_log.checkpoints import CheckpointSigner
from alpr_edge.store.access_log.log import AccessLog
from alpr_edge.store.db.database import Database
from alpr_edge.store.outbox import log_items

QUEUED_MAX = 200
"""Records queued in one transaction."""


@dataclass(frozen=True, slots=True)
class QueuedRecords:
    """What was queued."""

    next_sequence: int
    """The number that the next record will have."""
    broken_glass: int | None
    """The last record of break-glass among them."""


def queue_new_records(log: AccessLog, database: Database, now: Instant) -> QueuedRecords:
    """Queue what is not queued yet.

    Raises:
        StoreError: the log cannot be read, or the outbox not written.
    """
    first = max(log_items.next_sequence(database, log.log_id), log.first())
    broken_glass: int | None = None
    while records := log.read_bodies(first, QUEUED_MAX):
        log_items.queue_records(database, log.log_id, first, [body for _, body in records], now.utc)
        first += len(records)
        broken_glass = max((sequence for sequence, body in records if is_break_glass(body)), default=broken_glass)
    return QueuedRecords(first, broken_glass)


def queue_new_checkpoint(
    log: AccessLog, signer: CheckpointSigner, unit_id: str, database: Database, now: Instant
) -> None:
    """Sign the log as it is, and queue the checkpoint; nothing where nothing was added since the last.

    Raises:
        AuditError: the log does not continue its last checkpoint.
        StoreError: the log cannot be read, or the outbox not written.
    """
    stored = signer.sign()
    if stored is None:
        return
    payload = CheckpointPayload(
        unit_id=unit_id, log_id=log.log_id, size=stored.size, note=stored.note.whole, key=signer.key.text
    )
    log_items.queue_checkpoint(database, payload, Checkpoint.parse(stored.note.text).root, now.utc)
