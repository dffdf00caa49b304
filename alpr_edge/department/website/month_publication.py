"""Publishes a month: counts it once it is over, keeps it as it was, and counts it again only for a correction."""

import os
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from sqlalchemy import select

from alpr_edge.department.access_log.log import DepartmentAccessLog, node_reader
from alpr_edge.department.db.database import DepartmentDatabase
from alpr_edge.department.db.permanent_tables.access_log_schema import access_records
from alpr_edge.department.settings import DepartmentFile, load_periods
from alpr_edge.department.unit_logs.witness import Witness
from alpr_edge.department.website.month_figures import Tick, count_month
from alpr_edge.department.website.publications import PublishedMonths, load_months, save_months
from alpr_edge.domain.errors import ReportError
from alpr_edge.domain.instants import rfc3339
from alpr_edge.domain.log_proofs.checkpoints import Checkpoint
from alpr_edge.domain.log_proofs.notes import SignedNote, encode_base64
from alpr_edge.domain.log_proofs.proofs import consistency_proof
from alpr_edge.domain.permissions.profile import Profile
from alpr_edge.domain.publication.month_counts import public_counts
from alpr_edge.domain.publication.published_month import (
    REASON_CHARACTERS_MAX,
    PublishedLog,
    PublishedMonth,
    published_figures,
)
from alpr_edge.domain.statistics.periods import ReportPeriod, period_of_month
from alpr_edge.runtime.file_lock import exclusive_lock

_BUSY = "another command publishes a month; try again when it is done"


@dataclass(frozen=True, slots=True)
class MonthPublisher:
    """Publishes months of a department."""

    directory: Path
    database: DepartmentDatabase
    witness: Witness
    settings: DepartmentFile
    profile: Profile

    def months(self) -> PublishedMonths:
        """What was published.

        Raises:
            AuditError: it is not what was signed.
            DepartmentError: it cannot be read.
        """
        return load_months(self.directory, self.witness.key)

    def publish(self, text: str, reason: str, now: datetime, tick: Tick, *, is_dry_run: bool = False) -> PublishedMonth:
        """Count a month and keep it as published.

        Args:
            text: the month, such as ``2026-10``; it is over.
            reason: why it is counted again; empty: it is published for the first time.

        Raises:
            AuditError: what was published before, or a record of a log, is not what was signed.
            ReportError: it may not be published so; the text says why.
            StoreError: the database does not answer.
        """
        period = period_of_month(text)
        self._check_period(period, now)
        with exclusive_lock(os.open(self.directory, os.O_RDONLY | os.O_CLOEXEC), _BUSY):
            before = self.months()
            version = _next_version(before, text, reason)
            month = self._count(period, before, version, reason, now, tick)
            if not is_dry_run:
                save_months(self.directory, before.with_month(month, self.witness, now))
            return month

    def _check_period(self, period: ReportPeriod, now: datetime) -> None:
        """The month is over, and nothing of it was deleted yet."""
        begin, end = period.span
        if now < end:
            raise ReportError(f"{period.since:%Y-%m} is not over yet: publish it from {end.astimezone():%Y-%m-%d} on")
        if begin + load_periods(self.directory).shortest <= now:
            raise ReportError(
                f"{period.since:%Y-%m}: reads of it are old enough to be deleted by now: its counts would be too low, "
                "and are not published"
            )

    def _count(
        self, period: ReportPeriod, before: PublishedMonths, version: int, reason: str, now: datetime, tick: Tick
    ) -> PublishedMonth:
        log = DepartmentAccessLog(self.database, self.witness)
        tally = count_month(self.database, log, period, tick)
        small_below = self.settings.website.small_below
        figures, tables = published_figures(public_counts(tally, self.profile, small_below))
        begin, end = period.span
        return PublishedMonth(
            department=self.settings.administration.department,
            month=f"{period.since:%Y-%m}",
            begin=rfc3339(begin),
            end=rfc3339(end),
            counted=rfc3339(now),
            version=version,
            correction=reason,
            small_below=small_below,
            figures=figures,
            tables=tables,
            log=self._log_at(end, before),
        )

    def _log_at(self, end: datetime, before: PublishedMonths) -> PublishedLog | None:
        """The signed state of the access log at the end of a month, with the proof that it continues the one before."""
        row = access_records.c
        with self.database.reading() as connection:
            newest_first = row.received_at.desc(), row.sequence.desc()
            before_end = select(row.checkpoint).where(row.received_at < end)
            note = connection.scalar(before_end.order_by(*newest_first).limit(1))
            if note is None:
                return None
            size = _size_in(note)
            sizes = [_size_in(month.log.note) for month in before.months if month.log is not None]
            earlier = max((each for each in sizes if each <= size), default=0)
            hashes = consistency_proof(node_reader(connection), earlier, size) if earlier else []
        return PublishedLog(note=note, earlier_size=earlier, proof=tuple(map(encode_base64, hashes)))


def _size_in(note: str) -> int:
    return Checkpoint.parse(SignedNote.parse(note).text).size


def _next_version(before: PublishedMonths, month: str, reason: str) -> int:
    """The number of the next version of a month."""
    published = before.newest().get(month)
    if published is None:
        if reason:
            raise ReportError(f"{month}: not published yet, so there is nothing to correct")
        return 1
    if not reason:
        raise ReportError(
            f"{month}: published already, and a month is not changed; where its counts were wrong, say why: "
            "alpr-edge department website correct"
        )
    if len(reason) > REASON_CHARACTERS_MAX or not reason.isprintable():
        raise ReportError(f"a reason has {REASON_CHARACTERS_MAX} characters at most, all printable")
    return published.version + 1
