"""Compares everything that is stored with its digest: bodies in the database, images where they lie."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from sqlalchemy import select

from alpr_edge.department.db.schema import items
from alpr_edge.department.ingest.storage import Storage, StoredItem
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
    examples: tuple[str, ...] = ()
    """Unit, kind and digest of the first items that are not whole, one line each; no plate is in them."""

    @property
    def is_whole(self) -> bool:
        """Whether everything is as it was stored."""
        return not (self.damaged_bodies or self.damaged_images or self.missing_images)


def verify(storage: Storage, tick: Callable[[int, int], None]) -> Verification:
    """Check every stored item; the storage may be served meanwhile, and what is deleted meanwhile is passed over.

    Args:
        storage: the storage to check.
        tick: receives the number of items checked and of all of them.

    Raises:
        StoreError: the storage cannot be read.
    """
    result, total = Verification(), sum(storage.counts().items.values())
    for number, item in enumerate(storage.stored_items(), 1):
        fault = _fault_of(storage, item)
        if fault is None or _is_stored(storage, item):
            _count(result, item, fault)
        tick(number, max(total, number))
    return result


class _Fault(StrEnum):
    """What is wrong with an item."""

    MISSING_IMAGE = "its file is missing"
    DAMAGED_IMAGE = "its file is damaged"
    DAMAGED_BODY = "its body is damaged"


def _fault_of(storage: Storage, item: StoredItem) -> _Fault | None:
    if item.kind != ItemKind.IMAGE:
        return None if item.body is not None and digest(item.body) == item.sha256 else _Fault.DAMAGED_BODY
    present = storage.image_digest(item.sha256)
    if present is None:
        return _Fault.MISSING_IMAGE
    return None if present == item.sha256 else _Fault.DAMAGED_IMAGE


def _is_stored(storage: Storage, item: StoredItem) -> bool:
    """Whether an item is there still: a purge that goes on deletes it before its picture."""
    is_it = (items.c.item_id == item.item_id) & (items.c.unit_id == item.unit_id)
    with storage.database.reading() as connection:
        return connection.scalar(select(items.c.item_id).where(is_it)) is not None


def _count(result: Verification, item: StoredItem, fault: _Fault | None) -> None:
    result.images += item.kind == ItemKind.IMAGE
    result.bodies += item.kind != ItemKind.IMAGE
    result.missing_images += fault is _Fault.MISSING_IMAGE
    result.damaged_images += fault is _Fault.DAMAGED_IMAGE
    result.damaged_bodies += fault is _Fault.DAMAGED_BODY
    if fault is not None and len(result.examples) < EXAMPLES_MAX:
        result.examples += (f"{item.unit_id}: {item.kind} {item.sha256}: {fault}",)
