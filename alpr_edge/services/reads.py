"""Shows the newest stored reads, with their times corrected and without covert hits (policy 462.6(a))."""

from collections.abc import Mapping
from dataclasses import dataclass

from alpr_edge.domain.access import Actor, Permission, Purpose, authorise
from alpr_edge.domain.hits import Hit
from alpr_edge.domain.reads import PlateRead
from alpr_edge.domain.timeline import Placement, Timeline
from alpr_edge.store.db import clock_pairs
from alpr_edge.store.reads.queries import StoredRead
from alpr_edge.store.unit_store import UnitStore

READS_A_PASS_MAX = 3
"""Rows looked through for each read to be shown, as a pass may have been corrected."""


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
    superseded_by: str | None = None
    """The later read of the same pass that corrected it."""


def recent_reads(
    store: UnitStore,
    actor: Actor,
    purpose: Purpose,
    limit: int,
    *,
    hits_only: bool = False,
    with_corrected: bool = True,
) -> list[ShownRead]:
    """Return the newest reads, the newest first.

    Args:
        store: the store of this unit.
        actor: who asks.
        purpose: what for.
        limit: how many at most.
        hits_only: whether only reads with a hit that is not covert are wanted.
        with_corrected: whether reads that a later one of the pass corrected are wanted as well.

    Raises:
        AccessError: the actor may not.
    """
    authorise(actor, purpose, Permission.SEE_PLATES)
    rows = store.reads.recent(limit if with_corrected else limit * READS_A_PASS_MAX, hits_only=hits_only)
    corrections = store.reads.corrections([row.read.read_id for row in rows])
    rows = [row for row in rows if with_corrected or row.read.read_id not in corrections][:limit]
    timelines = clock_pairs.timelines(store.database, [row.read.last_seen.boot_id for row in rows])
    return [_shown_read(row, timelines[row.read.last_seen.boot_id], corrections) for row in rows]


def _shown_read(row: StoredRead, timeline: Timeline, corrections: Mapping[str, str]) -> ShownRead:
    read = row.read
    hits = tuple(hit for hit in row.hits if not hit.entry.covert)
    first_seen, last_seen = timeline.place(read.first_seen), timeline.place(read.last_seen)
    correction = corrections.get(read.read_id)
    return ShownRead(read, first_seen, last_seen, row.closed, row.missing_evidence, hits, correction)
