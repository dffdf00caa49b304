"""Compares the newest week of a unit's answers with the three before it, for its own health: shows no plate."""

from datetime import UTC, datetime, timedelta

from alpr_edge.domain.statistics.deterioration import BEFORE_DAYS, NOW_DAYS, Deterioration, find_deteriorations
from alpr_edge.domain.statistics.judgements import each_vehicle_once_a_day
from alpr_edge.domain.statistics.periods import ReportPeriod
from alpr_edge.domain.statistics.precision import PrecisionTally
from alpr_edge.services.reports.judged_reads import hits_of, judged_reads
from alpr_edge.store.db.database import Database
from alpr_edge.store.retention.candidates import Ages


def deteriorations_at(database: Database, now: datetime) -> tuple[Deterioration, ...]:
    """What is read wrong more often than before.

    Args:
        now: a trusted moment; compared are whole days (UTC) before it.

    Raises:
        StoreError: the database cannot be read.
    """
    yesterday = now.astimezone(UTC).date() - timedelta(days=1)
    newest = ReportPeriod(yesterday - timedelta(days=NOW_DAYS - 1), yesterday, UTC)
    last = newest.since - timedelta(days=1)
    before = ReportPeriod(last - timedelta(days=BEFORE_DAYS - 1), last, UTC)
    return find_deteriorations(_tally(database, before), _tally(database, newest))


def _tally(database: Database, period: ReportPeriod) -> PrecisionTally:
    tally = PrecisionTally()
    for read in each_vehicle_once_a_day(judged_reads(database, hits_of(database, Ages(database), period))):
        tally.add(read)
    return tally
