"""Shows the newest stored reads, with their times corrected and without covert hits (policy 462.6(a))."""

from dataclasses import dataclass

from alpr_edge.domain.access import Actor, Permission, Purpose, authorise
from alpr_edge.domain.hits import Hit
from alpr_edge.domain.reads import PlateRead
from alpr_edge.domain.timeline import Placement, Timeline
from alpr_edge.store.db import clock_pairs
from alpr_edge.store.reads.queries import StoredRead
from alpr_edge.store.unit_store import UnitStore


@dataclass(frozen=True, slots=True)
class ShownRead:
    """A stored read as a person may see it."""

    read: PlateRead
    """As it was stamped."""
    first_seen: Placement
    """Its time by all that its boot's clock pairs tell; likewise the next."""
    last_seen: Placement
    closed: bool
    missing_evidence: str
    hits: tuple[Hit, ...]
    """Without covert ones, which are the department's to know."""


def recent_reads(
    store: UnitStore, actor: Actor, purpose: Purpose, limit: int, *, hits_only: bool = False
) -> list[ShownRead]:
    """Return the newest reads, the newest first.

    Args:
        store: of the unit.
        actor: who asks.
        purpose: what for.
        limit: how many at most.
        hits_only: only reads with a hit that is not covert.

    Raises:
        AccessError: the actor may not.
    """
    authorise(actor, purpose, Permission.SEE_PLATES)
    found = store.reads.recent(limit, hits_only=hits_only)
    timelines = clock_pairs.timelines(store.database, [stored.read.last_seen.boot_id for stored in found])
    return [_shown(stored, timelines[stored.read.last_seen.boot_id]) for stored in found]


def _shown(stored: StoredRead, timeline: Timeline) -> ShownRead:
    read = stored.read
    hits = tuple(hit for hit in stored.hits if not hit.entry.covert)
    first_seen, last_seen = timeline.place(read.first_seen), timeline.place(read.last_seen)
    return ShownRead(read, first_seen, last_seen, stored.closed, stored.missing_evidence, hits)
