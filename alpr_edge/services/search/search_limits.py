"""What a search cannot see: times without reads, reads that are gone, and reads that lie elsewhere."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from alpr_edge.store.reads import search as statements
from alpr_edge.store.reads.search import Period, Span
from alpr_edge.store.reads.search_gaps import DeletionCounts, clock_gaps, deletion_counts, oldest_time
from alpr_edge.store.recovery.damaged_databases import waiting
from alpr_edge.store.unit_store import UnitStore

SLICES_MAX = 5
"""Slices that are looked through for a camera without reads; where they do not do, nothing is said of cameras."""


@dataclass(frozen=True, slots=True)
class SearchLimits:
    """What a search cannot see, as far as the unit knows."""

    gaps: tuple[Period, ...]
    """Times of the period in which the unit was off, or no receiver and no time server confirmed its clock."""
    silent_cameras: tuple[str, ...]
    """Cameras without any read in the period, whatever else was asked for."""
    oldest: datetime | None
    """The time of the oldest read that is stored."""
    deletions: DeletionCounts
    """Reads that were deleted and that the department never acknowledged."""
    has_damaged_database: bool
    """Whether a damaged database waits to be salvaged: its reads are not looked through."""


def search_limits(store: UnitStore, period: Period | None, cameras: Sequence[str]) -> SearchLimits:
    """Collect what a search of a period cannot see.

    Args:
        period: the period; None: any time.
    """
    database = store.database
    span = None if period is None else statements.span_of(database, period)
    return SearchLimits(
        gaps=() if period is None else tuple(clock_gaps(database, period)),
        silent_cameras=() if period is None or span is None else _silent_cameras(store, period, span, cameras),
        oldest=oldest_time(database),
        deletions=deletion_counts(database, period),
        has_damaged_database=bool(waiting(database.path.parent)),
    )


def _silent_cameras(store: UnitStore, period: Period, span: Span, cameras: Sequence[str]) -> tuple[str, ...]:
    """The cameras without a read in a period; none where the span is too long to say."""
    silent = set(cameras)
    slices = list(_slices(span))
    for each in slices[:SLICES_MAX]:
        silent -= statements.cameras_in(store.database, period, each)
        if not silent:
            break
    return tuple(sorted(silent)) if len(slices) <= SLICES_MAX else ()


def _slices(span: Span) -> Iterator[Span]:
    for last in range(span[1], span[0] - 1, -statements.SLICE_ROWS):
        yield max(span[0], last - statements.SLICE_ROWS + 1), last
