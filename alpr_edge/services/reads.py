"""Shows the newest stored reads, with their times corrected and without covert hits (policy 462.6(a))."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from alpr_edge.access.authorisation.authoriser import Access, Authoriser
from alpr_edge.access.authorisation.operations import Operation
from alpr_edge.domain.alerting import Level, level_of_hit
from alpr_edge.domain.hits import Hit
from alpr_edge.domain.permissions.purposes import Purpose
from alpr_edge.domain.reads import PlateRead
from alpr_edge.domain.timeline import Placement, Timeline
from alpr_edge.settings import HotlistSettings
from alpr_edge.store.db import clock_pairs
from alpr_edge.store.reads.queries import StoredRead
from alpr_edge.store.unit_store import UnitStore

READS_A_PASS_MAX = 3
"""Rows looked through for each read to be shown, as a pass may have been corrected."""


@dataclass(frozen=True, slots=True)
class WantedReads:
    """Which reads somebody asks for."""

    limit: int
    """How many at most."""
    hits_only: bool = False
    """Only reads with a hit that is not covert."""
    with_corrected: bool = True
    """Reads that a later one of the pass corrected as well."""


@dataclass(frozen=True, slots=True)
class WithheldHit:
    """What is told of a hit to somebody without a permission for its source (policy 462.4(e))."""

    source: str
    """The name of the list."""
    level: Level


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
    """Without covert ones, which are the department's to know, and those of :attr:`withheld`."""
    withheld: tuple[WithheldHit, ...] = ()
    """Hits of sources that the person has no permission for."""
    superseded_by: str | None = None
    """The later read of the same pass that corrected it."""


def recent_reads(
    store: UnitStore,
    authoriser: Authoriser,
    purpose: Purpose,
    lists: HotlistSettings,
    wanted: WantedReads,
) -> list[ShownRead]:
    """Return the newest reads, the newest first.

    Args:
        store: the store of this unit.
        authoriser: allows it and puts it on record.
        purpose: what the data is wanted for.
        lists: whose data each list is.
        wanted: which reads.

    Raises:
        AccessError: it is refused.
    """
    with authoriser.access(Operation.SHOW_READS, purpose) as access:
        looked_through = wanted.limit * (1 if wanted.with_corrected else READS_A_PASS_MAX)
        rows = store.reads.recent(looked_through, hits_only=wanted.hits_only)
        corrections = store.reads.corrections([row.read.read_id for row in rows])
        rows = [row for row in rows if wanted.with_corrected or row.read.read_id not in corrections][: wanted.limit]
        return show_reads(store, access, lists, rows, corrections)


def show_reads(
    store: UnitStore,
    access: Access,
    lists: HotlistSettings,
    rows: Sequence[StoredRead],
    corrections: Mapping[str, str],
) -> list[ShownRead]:
    """Say in an access that reads are shown, and return them as the person may see them.

    Args:
        store: the store of this unit.
        access: the access, which was allowed.
        lists: whose data each list is.
        rows: the reads.
        corrections: the later reads that corrected some of them, by the id of the corrected one.
    """
    timelines = clock_pairs.timelines(store.database, [row.read.last_seen.boot_id for row in rows])
    access.show(tuple(row.read.read_id for row in rows))
    return [
        _withhold(_shown_read(row, timelines[row.read.last_seen.boot_id], corrections), access, lists) for row in rows
    ]


def _withhold(shown: ShownRead, access: Access, lists: HotlistSettings) -> ShownRead:
    """A read without the hits of sources that the person has no permission for."""
    hits, withheld = [], []
    for hit in shown.hits:
        source = hit.generation.source
        if access.may_see(lists.permission_of(source)):
            hits.append(hit)
        else:
            withheld.append(WithheldHit(source, level_of_hit(hit)))
    return replace(shown, hits=tuple(hits), withheld=tuple(withheld))


def _shown_read(row: StoredRead, timeline: Timeline, corrections: Mapping[str, str]) -> ShownRead:
    read = row.read
    hits = tuple(hit for hit in row.hits if not hit.entry.covert)
    first_seen, last_seen = timeline.place(read.first_seen), timeline.place(read.last_seen)
    correction = corrections.get(read.read_id)
    return ShownRead(read, first_seen, last_seen, row.closed, row.missing_evidence, hits, superseded_by=correction)
