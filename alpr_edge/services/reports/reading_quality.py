"""Counts how well each camera's pictures can be read, by hour for people, by day for the unit's health."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import TypeVar

from alpr_edge.domain.dispositions.disposition import ReadAnswer
from alpr_edge.domain.statistics.deterioration import BEFORE_DAYS, NOW_DAYS
from alpr_edge.domain.statistics.periods import ReportPeriod
from alpr_edge.domain.statistics.quality import QualityTally
from alpr_edge.domain.statistics.quality_change import QualityChange, find_quality_changes
from alpr_edge.services.reports.judged_reads import hits_of, is_judged
from alpr_edge.store.db.database import Database
from alpr_edge.store.reads.report_rows import read_qualities
from alpr_edge.store.retention.candidates import Ages

BinT = TypeVar("BinT", int, date)


def quality_by_hour(database: Database, period: ReportPeriod) -> QualityTally[int]:
    """The reads of a period by camera and hour of the day, in the period's zone, with what officers said of them.

    Of a read with several judged hits the newest answer counts, as it does for precision.
    """
    tally = QualityTally[int]()
    _add_reads(database, period, tally, lambda seen: seen.astimezone(period.zone).hour)
    newest: dict[str, tuple[int, str, int, bool]] = {}
    """By the read: the number of the newest answer to any of its hits, the camera, the hour, whether it was misread."""
    for timed in hits_of(database, Ages(database), period):
        if is_judged(timed.hit) and (said := timed.hit.state.read) is not None:
            hour, number = timed.seen.astimezone(period.zone).hour, timed.hit.answer_number
            answer = number, timed.hit.camera_id, hour, said.answer == ReadAnswer.MISREAD
            newest[timed.hit.read_id] = max(answer, newest.get(timed.hit.read_id, answer))
    for _, camera_id, hour, is_misread in newest.values():
        tally.of(camera_id, hour).add_judged(is_misread=is_misread)
    return tally


def quality_changes_at(database: Database, now: datetime, beat: Callable[[], None]) -> tuple[QualityChange, ...]:
    """The cameras whose pictures are read worse than before.

    Args:
        now: a trusted moment; compared are whole days (UTC) before it.
        beat: called with each read, as there may be hundreds of thousands: the sign of life of a stage.

    Raises:
        StoreError: the database cannot be read.
    """
    first_new = now.astimezone(UTC).date() - timedelta(days=NOW_DAYS)
    period = ReportPeriod(first_new - timedelta(days=BEFORE_DAYS), first_new + timedelta(days=NOW_DAYS - 1), UTC)
    tally = QualityTally[date]()

    def day_of(seen: datetime) -> date:
        beat()
        return seen.date()

    _add_reads(database, period, tally, day_of)
    before = {key: counts for key, counts in tally.rows() if key[1] < first_new}
    return find_quality_changes(before, {key: counts for key, counts in tally.rows() if key[1] >= first_new})


def _add_reads(
    database: Database, period: ReportPeriod, tally: QualityTally[BinT], bin_of: Callable[[datetime], BinT]
) -> None:
    """Count the reader's reads of a period; those whose time is not known are left out."""
    ages, (begin, end) = Ages(database), period.span
    for read in read_qualities(database, (begin, end)):
        seen = ages.seen_utc(read.seen)
        if seen is not None and begin <= seen < end:
            tally.of(read.camera_id, bin_of(seen)).add(read.width_px, is_certain=read.is_certain)
