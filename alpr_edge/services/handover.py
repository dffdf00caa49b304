"""Prepares a unit for the destruction of its data: queues every read, and counts what nobody else has.

The queue alone does not show that: it lacks reads whose pass never closed, records that the store refused, what lies in
a damaged database, and which reads somebody holds as evidence (policy 462.5).
"""

from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from alpr_edge.access.authorisation.authoriser import Authoriser
from alpr_edge.access.authorisation.operations import Operation
from alpr_edge.domain.access_log.records import parse_record
from alpr_edge.domain.errors import AuditError
from alpr_edge.domain.instants import rfc3339
from alpr_edge.hotlist.index.loader import LISTS_DIRECTORY
from alpr_edge.store.outbox.log_items import count_unanswered
from alpr_edge.store.recovery.access_log_replacement import damaged_logs
from alpr_edge.store.recovery.damaged_databases import DamagedDatabase, damaged_databases
from alpr_edge.store.recovery.salvage import Salvage
from alpr_edge.store.retention import candidates, holds, usage
from alpr_edge.store.unit_store import UnitStore

HANDOVER_ACTIONS = frozenset(
    operation.value
    for operation in (
        Operation.PREPARE_HANDOVER,
        Operation.REQUEUE_ITEMS,
        Operation.OFFLOAD_ITEMS,
        Operation.APPLY_RECEIPTS,
    )
)
"""What a handover consists of. Each step is itself a record, so waiting for receipts of these would never end."""


@dataclass(frozen=True, slots=True)
class Handover:
    """Which of a unit's reads its department has. Shows no plates."""

    reads: int
    """Reads stored here, open ones among them."""
    open_reads_closed: int
    """Reads of passes that no run closed; they are in the queue now."""
    records_taken_in: int
    """Records set aside by earlier runs, as the store did not take them; it has them now."""
    records_set_aside: int
    """Records that it still does not take, or that cannot be read: they lie nowhere else."""
    databases: list[dict[str, Any]]
    """Damaged databases: name, and what was salvaged of each, now or before."""
    items: dict[str, int]
    """Number of items by state: ready, delivered, quarantined, offloaded."""
    own_records: dict[str, int]
    """Of these, those without a receipt that only tell of the handover itself: its records, and checkpoints."""
    media: list[dict[str, Any]]
    """Portable media that hold items without a receipt: id, items, when the last was written."""
    reads_unacknowledged: int
    """Reads of which not every item has a receipt."""
    reads_held: int
    reads_deleted_on_record: int
    """Reads deleted earlier without a receipt, whose reasons were logged."""
    left: dict[str, int] = field(default_factory=dict)
    """What the department does not have, or what must not be deleted, by name; empty when all was handed over."""


def prepare(store: UnitStore, authoriser: Authoriser, tick: Callable[[str, int, int], None]) -> Handover:
    """Store refused records, close open reads, salvage damaged databases, and count; a second time changes nothing.

    Raises:
        AccessError: it is refused.
        StoreError: the store cannot be read or written.
    """
    with authoriser.access(Operation.PREPARE_HANDOVER):
        return _prepare(store, tick)


def _prepare(store: UnitStore, tick: Callable[[str, int, int], None]) -> Handover:
    data = store.database.path.parent
    # First, as at every start: a refused end of a pass needs its read still open.
    taken_in = store.refused_records.take_in(store.reads)
    closed = store.reads.close_open_reads()
    databases = [_salvage(store, aside, tick) for aside in damaged_databases(data)]
    # The salvage may have added a read that is open.
    closed += store.reads.close_open_reads()
    store.outbox.quarantine_lost_images()
    handover = Handover(
        reads=store.reads.counts().reads,
        open_reads_closed=closed,
        records_taken_in=taken_in,
        records_set_aside=store.refused_records.count(),
        databases=databases,
        items=asdict(store.outbox.counts()),
        own_records=dict(count_unanswered(store.database, _is_of_handover)),
        media=[
            {"medium_id": one.medium_id, "items": one.items, "last": None if one.last is None else rfc3339(one.last)}
            for one in store.outbox.media()
        ],
        reads_unacknowledged=candidates.count_unacknowledged(store.database),
        reads_held=holds.count(store.database),
        reads_deleted_on_record=usage.on_record(store.database),
    )
    handover.left.update(_remainders(handover))
    if names := damaged_logs(data):
        handover.left["access_logs_damaged"] = len(names)
    return handover


def _salvage(store: UnitStore, aside: DamagedDatabase, tick: Callable[[str, int, int], None]) -> dict[str, Any]:
    """What was salvaged of a damaged database; one that was salvaged to its end is not read again."""
    report = aside.report
    if report is None:
        lists = frozenset(path.name for path in _lists(store).glob("*"))
        salvage = Salvage(store.database, store.images, store.replacement.key, lists)
        report = salvage.run(aside, lambda pages, total: tick(aside.folder.name, pages, total)).figures()
    return {"name": aside.folder.name, "bytes": aside.size_bytes, **report}


def _lists(store: UnitStore) -> Path:
    return store.database.path.parent / LISTS_DIRECTORY


def _is_of_handover(body: bytes) -> bool:
    try:
        return parse_record(body).action in HANDOVER_ACTIONS
    except AuditError:
        return False


def _remainders(handover: Handover) -> dict[str, int]:
    items = {state: count - handover.own_records.get(state, 0) for state, count in handover.items.items()}
    counts = {
        "items_waiting": items["ready"],
        "items_refused": items["quarantined"],
        "items_on_media": items["offloaded"],
        "reads_unacknowledged": handover.reads_unacknowledged,
        "reads_held": handover.reads_held,
        "records_set_aside": handover.records_set_aside,
        "databases_incomplete": sum(not database["complete"] for database in handover.databases),
    }
    return {name: count for name, count in counts.items() if count}
