"""Compares everything that is stored with its digest: bodies in the database, images where they lie."""

from collections.abc import Callable
from dataclasses import dataclass

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
    """Check every stored item; the storage may be served meanwhile.

    Args:
        storage: the storage to check.
        tick: receives the number of items checked and of all of them.

    Raises:
        StoreError: the storage cannot be read.
    """
    result, total = Verification(), sum(storage.counts().items.values())
    for number, item in enumerate(storage.stored_items(), 1):
        trouble = _check_image(storage, item, result) if item.kind == ItemKind.IMAGE else _check_body(item, result)
        if trouble and len(result.examples) < EXAMPLES_MAX:
            result.examples += (f"{item.unit_id}: {item.kind} {item.sha256}: {trouble}",)
        tick(number, max(total, number))
    return result


def _check_image(storage: Storage, item: StoredItem, result: Verification) -> str:
    result.images += 1
    present = storage.image_digest(item.sha256)
    if present is None:
        result.missing_images += 1
        return "its file is missing"
    if present != item.sha256:
        result.damaged_images += 1
        return "its file is damaged"
    return ""


def _check_body(item: StoredItem, result: Verification) -> str:
    result.bodies += 1
    if item.body is not None and digest(item.body) == item.sha256:
        return ""
    result.damaged_bodies += 1
    return "its body is damaged"
