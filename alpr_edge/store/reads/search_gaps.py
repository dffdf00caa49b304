"""What a search cannot see: times at which the unit may have read nothing, and reads that are gone."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import func, select

from alpr_edge.store.db.database import Database
from alpr_edge.store.db.schema import boots, deletions, reads
from alpr_edge.store.reads.search import Period

GAP_MIN = timedelta(minutes=5)
"""Clock pairs come once a minute while the unit works and its time is confirmed."""
GAPS_MAX = 200
PAIRS_AT_ONCE = 20_000
"""Pairs that one query reads, so that none comes near its bound: a year has half a million."""


def clock_gaps(database: Database, period: Period) -> list[Period]:
    """The times in a period without a clock pair, the oldest first: the unit was off, or its time was not confirmed.

    At most :data:`GAPS_MAX`, the newest.
    """
    gaps, later = list[Period](), None
    for utc in _pair_times(database, period):
        gap = Period(utc, period.end if later is None else later)
        if gap.end - gap.begin > GAP_MIN:
            gaps.append(gap)
        if len(gaps) == GAPS_MAX:
            return gaps[::-1]
        later = utc
    if later is None:
        return [period]
    if later - period.begin > GAP_MIN:
        gaps.append(Period(period.begin, later))
    return gaps[::-1]


def _pair_times(database: Database, period: Period) -> Iterator[datetime]:
    """The times of the clock pairs in a period, the latest first."""
    times = select(boots.c.utc).where(boots.c.utc >= period.begin).order_by(boots.c.utc.desc()).limit(PAIRS_AT_ONCE)
    is_earlier = boots.c.utc <= period.end
    while True:
        found = database.scalars(times.where(is_earlier))
        yield from found
        if len(found) < PAIRS_AT_ONCE:
            return
        is_earlier = boots.c.utc < found[-1]


@dataclass(frozen=True, slots=True)
class DeletionCounts:
    """Reads that were deleted and that the department never acknowledged."""

    timed: int
    """Of the period, by their times."""
    untimed: int
    """Of any time: when they were seen is not known, so that they may be of the period."""


def deletion_counts(database: Database, period: Period | None) -> DeletionCounts:
    """Count them for a period; None: for any time."""
    seen = deletions.c.seen_utc
    is_timed = seen.is_not(None) if period is None else seen.between(period.begin, period.end)
    # One statement each: both counts at once are a walk over every row.
    timed, untimed = (select(func.count()).where(those) for those in (is_timed, seen.is_(None)))
    with database.read() as connection:
        return DeletionCounts(connection.scalar(timed) or 0, connection.scalar(untimed) or 0)


def oldest_time(database: Database) -> datetime | None:
    """The time of the oldest read that is stored, as its own clock had it; None: there is none, or it has no time."""
    query = select(reads.c.last_seen_utc).order_by(reads.c.seq).limit(1)
    return next(iter(database.scalars(query)), None)
