"""Sends again what the department refused, or what lies on media that were lost. Shows no plates."""

from collections.abc import Collection
from dataclasses import dataclass

from alpr_edge.access.authorisation.authoriser import AccessSubject, Authoriser
from alpr_edge.access.authorisation.operations import Operation
from alpr_edge.store.outbox.outbox import Outbox


@dataclass(frozen=True, slots=True)
class Requeue:
    """The result of sending items again."""

    requeued: int
    unknown: list[str]
    """Ids of which no item waits to be sent again."""


def requeue_items(
    outbox: Outbox, authoriser: Authoriser, item_ids: Collection[str], *, on_lost_media: bool = False
) -> Requeue:
    """Make quarantined items due again, or those on media that were lost.

    Args:
        item_ids: the items to send again; empty: all.

    Raises:
        AccessError: it is refused.
    """
    unique = list(dict.fromkeys(item_ids))
    subject = AccessSubject(tuple(item_id[:128] for item_id in unique), note="on lost media" if on_lost_media else "")
    with authoriser.access(Operation.REQUEUE_ITEMS, subject=subject):
        if not unique:
            return Requeue(outbox.requeue(None, on_media=on_lost_media), [])
        unknown = [item_id for item_id in unique if not outbox.requeue([item_id], on_media=on_lost_media)]
        return Requeue(len(unique) - len(unknown), unknown)
