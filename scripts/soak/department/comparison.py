"""Compares what the cars have with what the department stored: each item there, once, as it was sent, and no other."""

from collections import Counter
from contextlib import closing
from dataclasses import dataclass, field

from sqlalchemy import Connection, select

from alpr_edge.department.db.database import DepartmentDatabase
from alpr_edge.department.db.schema import hits, items, reads
from alpr_edge.department.ingest.storage import Storage
from alpr_edge.department.ingest.verification import verify
from alpr_edge.store.db.schema import outbox
from alpr_edge.store.unit_store import open_store
from scripts.soak.department.stand import DepartmentStand

_ROWS = {"read": select(reads.c.read_id, reads.c.unit_id), "hit": select(hits.c.hit_id, hits.c.unit_id)}
"""What a row beside the item's is looked up by, of each kind that has one here."""


@dataclass(slots=True)
class DeliveryFindings:
    """What is wrong, a line each; no plates."""

    items: int = 0
    """Items that the cars had."""
    losses: list[str] = field(default_factory=list)
    duplicates: list[str] = field(default_factory=list)
    corrupt: list[str] = field(default_factory=list)

    @property
    def is_clean(self) -> bool:
        """Whether the cars had something, and nothing is wrong with it."""
        return self.items > 0 and not (self.losses or self.duplicates or self.corrupt)


def compare(stand: DepartmentStand) -> DeliveryFindings:
    """Compare, once the cars have ended; every body and picture is read back against its digest."""
    found = DeliveryFindings()
    directory = stand.directories[0]
    with closing(DepartmentDatabase(directory, create=False)) as database, database.reading() as connection:
        for unit_id in stand.units:
            _compare_unit(connection, stand, unit_id, found)
        _compare_rows(connection, found)
    with closing(Storage(directory, create=False)) as storage:
        result = verify(storage, lambda _, __: None)
    found.corrupt += [f"not as it was sent: {example}" for example in result.examples]
    found.losses += [f"{result.missing_images} pictures are not in the bucket"] * bool(result.missing_images)
    return found


def _compare_unit(connection: Connection, stand: DepartmentStand, unit_id: str, found: DeliveryFindings) -> None:
    sent = _outbox_of(stand, unit_id)
    rows = connection.execute(select(items.c.item_id, items.c.sha256).where(items.c.unit_id == unit_id)).all()
    stored, counts = {row.item_id: row.sha256 for row in rows}, Counter(row.item_id for row in rows)
    found.items += len(sent)
    for item_id, (sha256, state) in sent.items():
        if stored.get(item_id) != sha256:
            found.losses.append(f"{unit_id} {item_id} ({state}) is not at the department")
        elif state != "delivered":
            found.losses.append(f"{unit_id} {item_id} is {state} in the car, and at the department")
    found.duplicates += [f"{unit_id} {item_id} is there {n} times" for item_id, n in counts.items() if n > 1]
    found.duplicates += [f"{unit_id} {item_id} was never sent" for item_id in stored.keys() - sent.keys()]


def _compare_rows(connection: Connection, found: DeliveryFindings) -> None:
    """Each read and hit has its row, and no row is without its item."""
    for kind, query in _ROWS.items():
        stored = Counter(tuple(row) for row in connection.execute(query))
        sent = select(items.c.item_id, items.c.unit_id).where(items.c.kind == kind)
        delivered = Counter(tuple(row) for row in connection.execute(sent))
        found.losses += [f"{kind} {' of '.join(each)} has no row" for each in (delivered - stored).elements()]
        found.duplicates += [f"{kind} {' of '.join(each)} has no item" for each in (stored - delivered).elements()]


def _outbox_of(stand: DepartmentStand, unit_id: str) -> dict[str, tuple[str, str]]:
    """Digest and state of every item that a car has."""
    query = select(outbox.c.item_id, outbox.c.sha256, outbox.c.state)
    with open_store(stand.task(unit_id).settings(), migrate=False) as store, store.database.read() as connection:
        return {row.item_id: (row.sha256, row.state) for row in connection.execute(query)}
