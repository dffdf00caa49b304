"""Shows what waits for the department and what it refused, and sends that again. Shows no plates."""

from collections.abc import Collection

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


def requeue_items(
    outbox: Outbox, actor: Actor, purpose: Purpose, item_ids: Collection[str] | None, *, offloaded: bool = False
) -> int:
    """Make quarantined items due again, or those on media that were lost; returns how many.

    Args:
        outbox: of the unit.
        actor: who asks.
        purpose: what for.
        item_ids: which items; None: all.
        offloaded: items on lost media in place of quarantined ones.

    Raises:
        AccessError: the actor may not.
    """
    authorise(actor, purpose, Permission.CHANGE_QUEUE)
    return outbox.requeue(item_ids, offloaded=offloaded)
