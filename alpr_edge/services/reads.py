"""Shows the newest stored reads, with their times corrected and without covert hits (policy 462.6(a))."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from alpr_edge.access.authorisation.authoriser import Access, Authoriser
from alpr_edge.access.authorisation.operations import Operation
from alpr_edge.domain.hits import Hit
from alpr_edge.domain.permissions.purposes import Purpose
from alpr_edge.domain.reads import PlateRead
from alpr_edge.domain.timeline import Placement, Timeline
from alpr_edge.services.shown_hits import HitRights
from alpr_edge.settings import HotlistSettings
from alpr_edge.store.db import clock_pairs
from alpr_edge.store.reads.queries import ROWS_MAX, StoredRead
from alpr_edge.store.unit_store import UnitStore

READS_A_PASS_MAX = 3
"""Rows looked through for each read to be shown, as a pass may have been corrected."""
FOLLOWED_READS = 50
"""Number of reads in the strip that follows the newest ones."""


@dataclass(frozen=True, slots=True)
class WantedReads:
    """Which reads somebody asks for."""

    limit: int
    """How many at most."""
    hits_only: bool = False
    """Only reads with a hit that the person may see."""
    with_corrected: bool = True
    """Reads that a later one of the pass corrected as well."""


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
    """Without covert ones, which are the department's to know, and those of lists that the person has no permission
    for: beside the plate even the name of the list would say that it is on it (policy 462.4(e))."""
    withdrawn: tuple[Hit, ...] = ()
    """Those of :attr:`hits` whose alert was taken back."""
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

    Raises:
        AccessError: it is refused.
    """
    with authoriser.access(Operation.SHOW_READS, purpose) as access:
        looked_through = wanted.limit * (1 if wanted.with_corrected else READS_A_PASS_MAX)
        # Of the hits as many are looked through as may be: how many others lie between must not show.
        rows = store.reads.recent(ROWS_MAX if wanted.hits_only else looked_through, hits_only=wanted.hits_only)
        rows = [row for row in rows if not wanted.hits_only or _shown_hits(row, access, lists)][:looked_through]
        corrections = store.reads.corrections([row.read.read_id for row in rows])
        rows = [row for row in rows if wanted.with_corrected or row.read.read_id not in corrections][: wanted.limit]
        return show_reads(store, access, lists, rows, corrections)


def follow_reads(
    store: UnitStore, authoriser: Authoriser, purpose: Purpose, lists: HotlistSettings, shown: Sequence[ShownRead]
) -> Sequence[ShownRead]:
    """Return the newest :data:`FOLLOWED_READS` reads; only reads that are new, or say something new, go on record.

    Raises:
        AccessError: it is refused.
    """
    authoriser.require(Operation.SHOW_READS, purpose, is_page=True, is_current=True)
    rows = store.reads.recent(FOLLOWED_READS * READS_A_PASS_MAX, hits_only=False)
    corrections = store.reads.corrections([row.read.read_id for row in rows])
    rows = [row for row in rows if row.read.read_id not in corrections][:FOLLOWED_READS]
    known = {(each.read.read_id, each.read.text): each for each in shown}
    if fresh := [row for row in rows if (row.read.read_id, row.read.text) not in known]:
        with authoriser.access(Operation.SHOW_READS, purpose) as access:
            fresh_reads = show_reads(store, access, lists, fresh, {})
        known |= {(each.read.read_id, each.read.text): each for each in fresh_reads}
    return [known[row.read.read_id, row.read.text] for row in rows]


def show_reads(
    store: UnitStore,
    access: Access,
    lists: HotlistSettings,
    rows: Sequence[StoredRead],
    corrections: Mapping[str, str],
) -> list[ShownRead]:
    """Say in an access that reads are shown, and return them as the person may see them."""
    timelines = clock_pairs.timelines(store.database, [row.read.last_seen.boot_id for row in rows])
    access.show(tuple(row.read.read_id for row in rows))
    return [
        _shown_read(row, timelines[row.read.last_seen.boot_id], corrections, _shown_hits(row, access, lists))
        for row in rows
    ]


def _shown_hits(row: StoredRead, access: Access, lists: HotlistSettings) -> tuple[Hit, ...]:
    rights = HitRights(access, lists, sees_covert=False)
    return tuple(hit for hit in row.hits if rights.may_show(hit))


def _shown_read(
    row: StoredRead, timeline: Timeline, corrections: Mapping[str, str], hits: tuple[Hit, ...]
) -> ShownRead:
    read = row.read
    first_seen, last_seen = timeline.place(read.first_seen), timeline.place(read.last_seen)
    withdrawn = tuple(hit for hit in hits if (alert := row.alert_of(hit.hit_id)) and alert.withdrawn_at)
    correction = corrections.get(read.read_id)
    return ShownRead(read, first_seen, last_seen, row.closed, row.missing_evidence, hits, withdrawn, correction)
