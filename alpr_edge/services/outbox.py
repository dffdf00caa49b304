"""Shows what waits for the department and what it refused, and sends that again. Shows no plates."""

from collections.abc import Collection
from dataclasses import dataclass

from alpr_edge.domain.access import Actor, Permission, Purpose, authorise
from alpr_edge.store.outbox.outbox import Outbox, OutboxCounts, QuarantinedItem


def count_items(outbox: Outbox, actor: Actor, purpose: Purpose) -> OutboxCounts:
    """Count items by state.

    Raises:
        AccessError: the actor may not.
    """
    authorise(actor, purpose, Permission.SEE_QUEUE)
    return outbox.counts()


def list_quarantined(outbox: Outbox, actor: Actor, purpose: Purpose) -> list[QuarantinedItem]:
    """List what the department refused, the oldest first.

    Raises:
        AccessError: the actor may not.
    """
    authorise(actor, purpose, Permission.SEE_QUEUE)
    return outbox.quarantined_items()


@dataclass(frozen=True, slots=True)
class Requeue:
    """The result of sending items again."""

    requeued: int
    unknown: list[str]
    """Ids of which no item waits to be sent again."""


def requeue_items(
    outbox: Outbox, actor: Actor, purpose: Purpose, item_ids: Collection[str], *, on_lost_media: bool = False
) -> Requeue:
    """Make quarantined items due again, or those on media that were lost.

    Args:
        outbox: the outbox of this unit.
        actor: the person who asks.
        purpose: what the data is wanted for.
        item_ids: the items to send again; empty: all.
        on_lost_media: whether items on lost media are meant, in place of quarantined ones.

    Raises:
        AccessError: the actor may not.
    """
    authorise(actor, purpose, Permission.CHANGE_QUEUE)
    if not item_ids:
        return Requeue(outbox.requeue(None, on_media=on_lost_media), [])
    unique = list(dict.fromkeys(item_ids))
    unknown = [item_id for item_id in unique if not outbox.requeue([item_id], on_media=on_lost_media)]
    return Requeue(len(unique) - len(unknown), unknown)
