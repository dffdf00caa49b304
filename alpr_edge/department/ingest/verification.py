"""Checks that all that is stored is whole, and that searches and holds answer by it.

Bodies and pictures are compared with their digests, the columns that searches look up with the bodies beside them, and
the department's holds with its access log.
"""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from sqlalchemy import select

from alpr_edge.department.access_log.log import size_of
from alpr_edge.department.db.schema import items
from alpr_edge.department.holds.logged_holds import differing_holds
from alpr_edge.department.ingest.looked_up import StoredItem, rows_without_items
from alpr_edge.department.ingest.storage import Storage
from alpr_edge.department.integrity_record import PartFaults, StoredPart, note_check
from alpr_edge.domain.protocol.items import ItemKind, digest

EXAMPLES_MAX = 100


@dataclass(slots=True)
class Verification:
    """The result: counts, and the first items that are not whole."""

    bodies: int = 0
    images: int = 0
    damaged_bodies: int = 0
    damaged_images: int = 0
    missing_images: int = 0
    wrong_rows: int = 0
    """Items that are whole and that searches look up by something else, and rows of reads and hits without an item."""
    wrong_holds: int = 0
    """Differences between the department's holds and its access log."""
    examples: tuple[str, ...] = ()
    """The first items that are not whole, and the first holds, one line each; no plate is in them."""

    @property
    def is_whole(self) -> bool:
        """Whether everything is as it was stored."""
        damaged = self.damaged_bodies or self.damaged_images or self.missing_images
        return not (damaged or self.wrong_rows or self.wrong_holds)

    def add_examples(self, *lines: str) -> None:
        """Name some of what is wrong; no more than :data:`EXAMPLES_MAX` are kept."""
        self.examples = (*self.examples, *lines)[:EXAMPLES_MAX]


def verify(storage: Storage, tick: Callable[[int, int], None]) -> Verification:
    """Check every stored item, and put on record what was found.

    The storage may be served meanwhile, and what is deleted meanwhile is passed over.

    Raises:
        AuditError: a record of the access log is none.
        StoreError: the storage cannot be read.
    """
    result, faults, total = Verification(), PartFaults(), sum(storage.counts().items.values())
    with storage.database.reading() as connection:
        records = size_of(connection)
    for number, item in enumerate(storage.stored_items(), 1):
        fault = _fault_of(storage, item)
        if fault is None or _is_stored(storage, item):
            _count(result, faults, item, fault)
        tick(number, max(total, number))
    _check_the_rest(storage, result, records)
    found = {
        StoredPart.IMAGES: faults,
        StoredPart.BODIES: PartFaults(damaged=result.damaged_bodies),
        StoredPart.ROWS: PartFaults(damaged=result.wrong_rows),
        StoredPart.HOLDS: PartFaults(damaged=result.wrong_holds),
    }
    note_check(storage.directory, "verify", found)
    return result


class _Fault(StrEnum):
    """What is wrong with an item."""

    MISSING_IMAGE = "its file is missing"
    DAMAGED_IMAGE = "its file is damaged"
    DAMAGED_BODY = "its body is damaged"


def _fault_of(storage: Storage, item: StoredItem) -> _Fault | None:
    if item.kind != ItemKind.IMAGE:
        return None if item.body is not None and digest(item.body) == item.sha256 else _Fault.DAMAGED_BODY
    with storage.database.reading() as connection:
        image = storage.images.read(connection, [item.sha256])[item.sha256]
    if image is None:
        return _Fault.MISSING_IMAGE
    return _Fault.DAMAGED_IMAGE if image.jpeg is None else None


def _is_stored(storage: Storage, item: StoredItem) -> bool:
    """Whether an item is there still: a purge that goes on deletes it before its picture."""
    is_it = (items.c.item_id == item.item_id) & (items.c.unit_id == item.unit_id)
    with storage.database.reading() as connection:
        return connection.scalar(select(items.c.item_id).where(is_it)) is not None


def _count(result: Verification, faults: PartFaults, item: StoredItem, fault: _Fault | None) -> None:
    result.images += item.kind == ItemKind.IMAGE
    result.bodies += item.kind != ItemKind.IMAGE
    if fault in {_Fault.MISSING_IMAGE, _Fault.DAMAGED_IMAGE}:
        faults.note_image(item.sha256, is_missing=fault is _Fault.MISSING_IMAGE)
    result.missing_images += fault is _Fault.MISSING_IMAGE
    result.damaged_images += fault is _Fault.DAMAGED_IMAGE
    result.damaged_bodies += fault is _Fault.DAMAGED_BODY
    if fault is not None:
        result.add_examples(f"{item.unit_id}: {item.kind} {item.sha256}: {fault}")
    elif item.differing:
        result.wrong_rows += 1
        names = ", ".join(dict.fromkeys(item.differing))
        result.add_examples(
            f"{item.unit_id}: {item.kind} {item.item_id}: it is looked up by what it does not say: {names}"
        )


def _check_the_rest(storage: Storage, result: Verification, records: int) -> None:
    """Look for rows whose items are missing, and compare the holds with the first records of the access log."""
    with storage.database.reading() as connection:
        lost = rows_without_items(connection, EXAMPLES_MAX)
        result.wrong_rows += len(lost)
        result.add_examples(*(f"{unit_id}: {table} {name}: its body is missing" for unit_id, table, name in lost))
        for line in differing_holds(connection, records):
            result.wrong_holds += 1
            result.add_examples(f"hold {line}")
