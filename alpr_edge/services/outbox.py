"""Shows what waits for the department and what it refused, and sends that again. Shows no plates."""

from collections.abc import Collection
from dataclasses import dataclass

from alpr_edge.domain.access import Actor, Permission, Purpose, authorise
from alpr_edge.store.outbox.outbox import Outbox, OutboxCounts, Quarantined


def count_items(outbox: Outbox, actor: Actor, purpose: Purpose) -> OutboxCounts:
    """Count items by state.

    Raises:
        AccessError: the actor may not.
    """
    authorise(actor, purpose, Permission.SEE_QUEUE)
    return outbox.counts()


def list_quarantined(outbox: Outbox, actor: Actor, purpose: Purpose) -> list[Quarantined]:
    """List what the department refused, the oldest first.

    Raises:
        AccessError: the actor may not.
    """
    authorise(actor, purpose, Permission.SEE_QUEUE)
    return outbox.quarantined()


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
        actor: who asks.
        purpose: what for.
        item_ids: the items to send again; empty: all.
        on_lost_media: whether items on lost media are meant, in place of quarantined ones.

    Raises:
        AccessError: the actor may not.
    """
    authorise(actor, purpose, Permission.CHANGE_QUEUE)
    if not item_ids:
        return Requeue(outbox.requeue(None, offloaded=on_lost_media), [])
    unique = list(dict.fromkeys(item_ids))
    unknown = [item_id for item_id in unique if not outbox.requeue([item_id], offloaded=on_lost_media)]
    return Requeue(len(unique) - len(unknown), unknown)
