"""Quarantines items whose image file is gone; commits, deliveries and deletions may go on meanwhile.

An image has its file before its row is committed, and loses it after its row was deleted. So what looks lost at first
is looked at once more inside a transaction, which keeps others from writing: an item that is due then has its file,
or it is lost.
"""

from collections.abc import Sequence

import structlog
from sqlalchemy import select

from alpr_edge.domain.protocol.items import ItemKind
from alpr_edge.store.db.database import Database
from alpr_edge.store.db.schema import outbox
from alpr_edge.store.evidence.images import ImageStore
from alpr_edge.store.outbox.answers import is_in_state, quarantine
from alpr_edge.store.reads.queries import image_digests

BATCH = 200
"""Most images of one transaction: other writers wait for it."""
_DETAIL = "the image's file is missing; restore it, then: alpr-edge outbox requeue"

log = structlog.get_logger(__name__)


def quarantine_lost(database: Database, images: ImageStore, prefix: str) -> int:
    """Quarantine each image that is due and whose file is gone; returns how many.

    Args:
        prefix: only those whose digests begin so, with two digits at least.
    """
    # By the rows of images, which lie side by side: those of items are spread over the whole queue.
    missing = sorted(image_digests(database, prefix).difference(images.orphans((), prefix)))
    batches = (missing[begin : begin + BATCH] for begin in range(0, len(missing), BATCH))
    return sum(_quarantine_missing(database, images, batch) for batch in batches)


def _quarantine_missing(database: Database, images: ImageStore, digests: Sequence[str]) -> int:
    """Quarantine those of some images that are due and have no file."""
    is_due = (outbox.c.kind == ItemKind.IMAGE) & is_in_state("ready", "offloaded")
    due = select(outbox.c.item_id).where(outbox.c.item_id.in_(digests), is_due)
    with database.write() as connection:
        lost_ids = [item_id for item_id in connection.scalars(due).all() if images.facts(item_id) is None]
        for item_id in lost_ids:
            quarantine(connection, item_id, _DETAIL)
    for item_id in lost_ids:
        log.error("outbox.image_lost", item_id=item_id)
    return len(lost_ids)
