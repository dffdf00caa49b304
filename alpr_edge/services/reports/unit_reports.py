"""Reports of a unit from what it holds: each an access of its own, on record before anything of it is shown.

All that is kept while counting are counts, so a month with many reads takes no more memory than one with few.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from alpr_edge.access.authorisation.authoriser import AccessSubject, Authoriser
from alpr_edge.access.authorisation.operations import Operation
from alpr_edge.domain.access_log.records import parse_record
from alpr_edge.domain.permissions.purposes import Purpose
from alpr_edge.domain.statistics.access_counts import AccessTally
from alpr_edge.domain.statistics.judgements import JUDGING
from alpr_edge.domain.statistics.periods import ReportPeriod
from alpr_edge.domain.statistics.precision import Coverage, PrecisionReport, PrecisionTally
from alpr_edge.domain.statistics.quality import QualityTally
from alpr_edge.domain.statistics.transparency import TransparencyReport, TransparencyTally, transparency_report
from alpr_edge.services.reports.judged_reads import TimedHit, hits_of, judged_reads
from alpr_edge.services.reports.reading_quality import quality_by_hour
from alpr_edge.store.access_log.log import AccessLog
from alpr_edge.store.db.database import Database
from alpr_edge.store.reads.report_rows import ReportedHit, deletion_counts, seen_reads
from alpr_edge.store.retention import holds
from alpr_edge.store.retention.candidates import Ages

RECORDS_AT_ONCE = 2_000


class _CameraMoment(NamedTuple):
    """A read of a period."""

    camera_id: str
    seen: datetime | None
    """None: not known."""


@dataclass(frozen=True, slots=True, eq=False)
class UnitReports:
    """The reports of one unit."""

    database: Database
    log: AccessLog

    def precision(self, authoriser: Authoriser, purpose: Purpose, period: ReportPeriod) -> PrecisionReport:
        """How often reads of a period are right.

        Raises:
            AccessError: it is refused.
            StoreError: the database does not answer, or it cannot be put on record.
        """
        with authoriser.access(Operation.REPORT_PRECISION, purpose, _subject(period)) as access:
            report = precision_tally(self.database, period).report()
            access.show(_subject(period).objects, count=report.coverage.judged_reads)
            return report

    def quality(self, authoriser: Authoriser, purpose: Purpose, period: ReportPeriod) -> QualityTally[int]:
        """How well each camera's pictures can be read, by hour of the day.

        Raises:
            AccessError: it is refused.
            StoreError: the database does not answer, or it cannot be put on record.
        """
        with authoriser.access(Operation.REPORT_QUALITY, purpose, _subject(period)) as access:
            tally = quality_by_hour(self.database, period)
            access.show(_subject(period).objects, count=sum(counts.reads for _, counts in tally.rows()))
            return tally

    def transparency(
        self, authoriser: Authoriser, purpose: Purpose, period: ReportPeriod, small_below: int
    ) -> TransparencyReport:
        """The counts of a period.

        Args:
            small_below: counts below it are hidden; 0: none is.

        Raises:
            AccessError: it is refused.
            AuditError: a record of the access log cannot be read: verify the log.
            StoreError: a database does not answer, or it cannot be put on record.
        """
        with authoriser.access(Operation.REPORT_TRANSPARENCY, purpose, _subject(period)) as access:
            counted, precision = TransparencyTally(), PrecisionTally()
            _count_reads(self.database, period, counted)
            hits = _counted_hits(self.database, period, counted)
            for read in judged_reads(self.database, hits):
                precision.add(read)
            counted.deletions = deletion_counts(self.database, period.span)
            counted.held_now = holds.count(self.database)
            report = transparency_report(counted, self._accesses(period), precision, small_below)
            access.show(_subject(period).objects, count=sum(counted.reads.values()))
            return report

    def _accesses(self, period: ReportPeriod) -> AccessTally:
        tally, first, size = AccessTally(period), 0, self.log.size()
        while batch := self.log.read_bodies(first, min(RECORDS_AT_ONCE, size - first)):
            for _, body in batch:
                tally.add(parse_record(body))
            first = batch[-1][0] + 1
        return tally


def precision_tally(database: Database, period: ReportPeriod) -> PrecisionTally:
    """Count the judged reads of a period, and what they rest on."""
    tally, ages = PrecisionTally(), Ages(database)
    coverage = tally.coverage
    for moment in _moments(database, ages, period):
        coverage.untimed_reads += moment.seen is None
        coverage.reads += moment.seen is not None
    for judged in judged_reads(database, _covered_hits(database, ages, period, coverage)):
        tally.add(judged)
    return tally


def _covered_hits(database: Database, ages: Ages, period: ReportPeriod, coverage: Coverage) -> Iterator[TimedHit]:
    for timed in hits_of(database, ages, period):
        said = timed.hit.state.read
        coverage.hits += 1
        coverage.unanswered_hits += said is None
        coverage.dismissed_hits += said is not None and said.answer not in JUDGING
        yield timed


def _counted_hits(database: Database, period: ReportPeriod, counted: TransparencyTally) -> Iterator[TimedHit]:
    for timed in hits_of(database, Ages(database), period):
        hit: ReportedHit = timed.hit
        counted.add_hit(hit.reason, hit.source, hit.state)
        yield timed


def _count_reads(database: Database, period: ReportPeriod, counted: TransparencyTally) -> None:
    for moment in _moments(database, Ages(database), period):
        if moment.seen is None:
            counted.untimed_reads += 1
        else:
            counted.reads[moment.camera_id,] += 1


def _moments(database: Database, ages: Ages, period: ReportPeriod) -> Iterator[_CameraMoment]:
    """When and by which camera each read of a period was seen, and those whose time is not known."""
    begin, end = period.span
    for read in seen_reads(database, (begin, end)):
        seen = ages.seen_utc(read.seen)
        if seen is None or begin <= seen < end:
            yield _CameraMoment(read.camera_id, seen)


def _subject(period: ReportPeriod) -> AccessSubject:
    return AccessSubject((f"days:{period.since}:{period.until}",))
