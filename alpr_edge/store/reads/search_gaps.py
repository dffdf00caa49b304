"""What a search cannot see: times at which the unit may have read nothing, and reads that are gone."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import func, select

from alpr_edge.store.db.database import Database
from alpr_edge.store.db.schema import boots, deletions, reads
from alpr_edge.store.reads.search import Period

GAP_MIN = timedelta(minutes=5)
"""Clock pairs come once a minute while the unit works and its time is confirmed."""
GAPS_MAX = 200
_SECONDS_OF_DAY = 86_400


def clock_gaps(database: Database, period: Period) -> list[Period]:
    """The times in a period without a clock pair, the oldest first: the unit was off, or its time was not confirmed.

    At most :data:`GAPS_MAX`, the newest.
    """
    within = (boots.c.utc >= period.begin) & (boots.c.utc <= period.end)
    before = func.lag(boots.c.utc, type_=boots.c.utc.type).over(order_by=boots.c.utc)
    pairs = select(before.label("before"), boots.c.utc.label("after")).where(within).subquery()
    days = func.julianday(pairs.c.after) - func.julianday(pairs.c.before)
    long = days > GAP_MIN.total_seconds() / _SECONDS_OF_DAY
    query = select(pairs).where(long).order_by(pairs.c.after.desc()).limit(GAPS_MAX)
    with database.read() as connection:
        gaps = [Period(row.before, row.after) for row in connection.execute(query)]
        first, last = connection.execute(select(func.min(boots.c.utc), func.max(boots.c.utc)).where(within)).one()
    if first is None:
        return [period]
    edges = (Period(last, period.end), *gaps, Period(period.begin, first))
    return [gap for gap in reversed(edges) if gap.end - gap.begin > GAP_MIN]


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
    query = select(func.count().filter(is_timed), func.count().filter(seen.is_(None))).select_from(deletions)
    with database.read() as connection:
        return DeletionCounts(*connection.execute(query).one())


def oldest_time(database: Database) -> datetime | None:
    """The time of the oldest read that is stored, as its own clock had it; None: there is none, or it has no time."""
    query = select(reads.c.last_seen_utc).order_by(reads.c.seq).limit(1)
    with database.read() as connection:
        return connection.scalar(query)
