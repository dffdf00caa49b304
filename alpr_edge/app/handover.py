"""Before a unit's data is destroyed: everything it read is put into the queue, and what nobody else has is counted.

The queue alone does not tell: a read whose pass never closed is not in it, nor is a record that the store did not
take, nor what lies in a database that was damaged and set aside, nor whether somebody holds a read as evidence (policy
462.5).
"""

from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from alpr_edge.app.store_room import StoreRoom
from alpr_edge.domain.instants import rfc3339
from alpr_edge.hotlist.loader import LISTS_DIRECTORY
from alpr_edge.store import holds, standing, usage
from alpr_edge.store.aside import Aside, all_aside
from alpr_edge.store.salvage import Salvage


@dataclass(frozen=True, slots=True)
class Handover:
    """How a unit's reads stand with its department. Shows no plates."""

    reads: int
    """Kept here, open ones among them."""
    open_reads_closed: int
    """Of passes that no run closed; they are in the queue now."""
    records_taken_in: int
    """Set aside by earlier runs as the store did not take them; it has them now."""
    records_set_aside: int
    """Which it still does not take, or which cannot be read: they lie nowhere else."""
    databases: list[dict[str, Any]]
    """Set aside as damaged: name, and what came over of each, now or before."""
    items: dict[str, int]
    """By where they stand: ready, delivered, quarantined, offloaded."""
    media: list[dict[str, Any]]
    """That hold items without a receipt: id, items, when the last was written."""
    reads_unacknowledged: int
    """Of which not every item has a receipt."""
    reads_held: int
    reads_deleted_on_record: int
    """Deleted earlier without a receipt, each with its ground on record."""
    left: dict[str, int] = field(default_factory=dict)
    """What the department does not have, or must not be deleted, by name; empty when all was handed over."""


def prepare(store: StoreRoom, tick: Callable[[str, int, int], None]) -> Handover:
    """Take in records set aside, close open reads, salvage what was damaged, and count; again changes nothing.

    Args:
        store: of a unit that is not running; this process holds its data folder.
        tick: told which database is read, and how many of its pages of how many are.

    Raises:
        StoreError: the store cannot be read or written.
    """
    data = store.database.path.parent
    # First, as at every start: an end among them still finds its read open.
    taken_in = store.refused.take_in(store.reads)
    closed = store.reads.close_open_reads()
    databases = [_salvaged(store, aside, tick) for aside in all_aside(data)]
    # A read that came over is closed; one that was there and hung on it may not have been.
    closed += store.reads.close_open_reads()
    store.outbox.quarantine_lost_images()
    with store.database.read() as connection:
        unacknowledged = standing.count_unacknowledged(connection)
    told = Handover(
        reads=store.reads.counts().reads,
        open_reads_closed=closed,
        records_taken_in=taken_in,
        records_set_aside=store.refused.count(),
        databases=databases,
        items=asdict(store.outbox.counts()),
        media=[
            {"medium_id": one.medium_id, "items": one.items, "last": None if one.last is None else rfc3339(one.last)}
            for one in store.outbox.media()
        ],
        reads_unacknowledged=unacknowledged,
        reads_held=holds.count(store.database),
        reads_deleted_on_record=usage.on_record(store.database),
    )
    told.left.update(_left(told))
    return told


def _salvaged(store: StoreRoom, aside: Aside, tick: Callable[[str, int, int], None]) -> dict[str, Any]:
    """What came over of a database set aside; one that was salvaged to its end is not read again."""
    report = aside.report
    if report is None:
        lists = frozenset(path.name for path in _lists(store).glob("*"))
        salvage = Salvage(store.database, store.images, store.renewal.key, lists)
        report = salvage.run(aside, lambda pages, total: tick(aside.folder.name, pages, total)).figures()
    return {"name": aside.folder.name, "bytes": aside.size_bytes, **report}


def _lists(store: StoreRoom) -> Path:
    return store.database.path.parent / LISTS_DIRECTORY


def _left(told: Handover) -> dict[str, int]:
    counts = {
        "items_waiting": told.items["ready"],
        "items_refused": told.items["quarantined"],
        "items_on_media": told.items["offloaded"],
        "reads_unacknowledged": told.reads_unacknowledged,
        "reads_held": told.reads_held,
        "records_set_aside": told.records_set_aside,
        "databases_incomplete": sum(not database["complete"] for database in told.databases),
    }
    return {name: count for name, count in counts.items() if count}
