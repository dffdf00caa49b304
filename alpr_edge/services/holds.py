"""Keeps reads from deletion as evidence, and releases them (policy 462.5)."""

from alpr_edge.domain.access import Actor, Permission, Purpose, authorise
from alpr_edge.domain.instants import Instant
from alpr_edge.store.db.database import Database
from alpr_edge.store.retention import holds
from alpr_edge.store.retention.holds import Hold


def hold_read(database: Database, actor: Actor, purpose: Purpose, read_id: str, reason: str, now: Instant) -> None:
    """Keep a read from being deleted; one that is held already keeps its first reason.

    Raises:
        AccessError: the actor may not.
        StoreError: there is no such read.
    """
    authorise(actor, purpose, Permission.HOLD_READS)
    holds.hold(database, Hold(read_id, reason, actor.name, now.utc))


def release_read(database: Database, actor: Actor, purpose: Purpose, read_id: str) -> None:
    """Let a held read be deleted like the others again.

    Raises:
        AccessError: the actor may not.
        StoreError: it is not held.
    """
    authorise(actor, purpose, Permission.HOLD_READS)
    holds.release(database, read_id)
