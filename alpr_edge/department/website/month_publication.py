"""Publishes a month: counts it once it is over, keeps it as it was, and counts it again only for a correction."""

import json
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from sqlalchemy import Connection, func, select, text

from alpr_edge.department.access_log.log import DepartmentAccessLog, node_reader
from alpr_edge.department.db.database import DepartmentDatabase
from alpr_edge.department.db.day_keys.item_bodies import open_bodies, select_bodies
from alpr_edge.department.db.exchange_schema import import_runs
from alpr_edge.department.db.permanent_tables.access_log_schema import access_records
from alpr_edge.department.db.permanent_tables.release_schema import release_requests, release_steps
from alpr_edge.department.db.schema import LOG_ITEMS, items, reads, unit_logs
from alpr_edge.department.releases.release_rows import read_request
from alpr_edge.department.reports.department_reports import DepartmentReports
from alpr_edge.department.retention.deletion_log import logged_runs
from alpr_edge.department.settings import DepartmentFile, load_periods
from alpr_edge.department.unit_logs.witness import Witness
from alpr_edge.department.website.publications import PublishedMonths, load_months, save_months
from alpr_edge.domain.access_log.records import AccessRecord, parse_record
from alpr_edge.domain.access_log.reports import SIGN_OFF_ACTION
from alpr_edge.domain.collection.deletion_runs import DeletionRun
from alpr_edge.domain.errors import LostError, ReportError
from alpr_edge.domain.instants import rfc3339
from alpr_edge.domain.log_proofs.checkpoints import Checkpoint
from alpr_edge.domain.log_proofs.notes import SignedNote, encode_base64
from alpr_edge.domain.log_proofs.proofs import consistency_proof
from alpr_edge.domain.permissions.profile import Profile
from alpr_edge.domain.protocol.access_log import place_in
from alpr_edge.domain.publication.month_counts import AT_DEPARTMENT, IN_CARS, Agency, MonthTally, public_counts
from alpr_edge.domain.publication.published_month import (
    REASON_CHARACTERS_MAX,
    PublishedLog,
    PublishedMonth,
    published_figures,
)
from alpr_edge.domain.releases.steps import ReleaseState
from alpr_edge.domain.statistics.access_counts import AccessTally
from alpr_edge.domain.statistics.periods import ReportPeriod, period_of_month
from alpr_edge.runtime.file_lock import exclusive_lock

BATCH = 500
CLOCK_MARGIN = timedelta(days=1)
"""How far this server's clock may have been ahead of a car's when it took a record in."""
Tick = Callable[[int], None]
Span = tuple[datetime, datetime]


def count_month(database: DepartmentDatabase, log: DepartmentAccessLog, period: ReportPeriod, tick: Tick) -> MonthTally:
    tally = MonthTally()
    report = DepartmentReports(database).counts(period, tally.add_hit)
    counts = report.total
    tally.reads, tally.corrected_reads, tally.untimed_reads = counts.reads, counts.corrected_reads, report.untimed_reads
    tally.misread_reads, tally.right_reads = counts.misread_reads, counts.judged_reads - counts.misread_reads
    with database.reading() as connection:
        tally.imported_reads = _imported_reads(connection, period.span)
        tally.deleted_reads = _deleted_reads(connection, period.span)
        _count_releases(connection, period.span, tally)
    looked_at = 0
    logs = {IN_CARS: _records_of_cars(database, period.span), AT_DEPARTMENT: _own_records(database, log, period.span)}
    for place, batches in logs.items():
        accesses = AccessTally(period)
        for batch in batches:
            for record in batch:
                accesses.add(record)
                # Audits are signed off at the department alone; of a car's log a record of one would be no audit.
                if _is_within(record, period.span) and (place == AT_DEPARTMENT or record.action != SIGN_OFF_ACTION):
                    tally.reviews.add(record)
            looked_at += len(batch)
            tick(looked_at)
        tally.searches[place] = accesses.searches
        tally.refused_searches += accesses.refused_searches
        tally.untimed_records += accesses.untimed_records
        tally.add_actions(accesses.actions)
    return tally


def _is_within(record: AccessRecord, span: Span) -> bool:
    moment = record.received.utc
    return moment is not None and span[0] <= datetime.fromisoformat(moment) < span[1]


def _own_records(database: DepartmentDatabase, log: DepartmentAccessLog, span: Span) -> Iterator[list[AccessRecord]]:
    """The records of the department's log that were written in the month."""
    # Not the column itself: PostgreSQL would look for its least and greatest value from the ends of the whole log.
    sequence, at = access_records.c.sequence + 0, access_records.c.received_at
    with database.reading() as connection:
        ends = select(func.min(sequence), func.max(sequence)).where(at >= span[0], at < span[1])
        first, last = connection.execute(ends).one()
    while first is not None and first <= last:
        found = log.read(first, min(BATCH, last - first + 1))
        if not found:
            raise LostError("records of the access log are missing: run: alpr-edge department audit verify")
        yield [parse_record(each.body) for each in found]
        first = found[-1].sequence + 1


def _records_of_cars(database: DepartmentDatabase, span: Span) -> Iterator[list[AccessRecord]]:
    """The records of cars' logs that arrived since the month began, log by log in their order."""
    since = (span[0] - CLOCK_MARGIN).replace(tzinfo=None)
    # LOG_ITEMS as it stands in the index: SQLite uses a partial index for nothing else.
    arrived = select(items.c.item_id).where(text(LOG_ITEMS), items.c.received_at >= since)
    with database.reading() as connection:
        units = connection.scalars(select(unit_logs.c.unit_id).distinct().order_by(unit_logs.c.unit_id)).all()
    for unit_id in units:
        with database.reading() as connection:
            ids = connection.scalars(arrived.where(items.c.unit_id == unit_id)).all()
        ordered = sorted(ids, key=lambda item_id: place_in(item_id) or ("", 0))
        for first in range(0, len(ordered), BATCH):
            chosen = ordered[first : first + BATCH]
            query = select_bodies().where(items.c.unit_id == unit_id, items.c.item_id.in_(chosen))
            with database.reading() as connection:
                rows = connection.execute(query).all()
                opened = open_bodies(connection, rows)
            bodies = {row.item_id: body or b"" for row, body in zip(rows, opened, strict=True)}
            yield [parse_record(bodies[each]) for each in chosen if each in bodies]


def _imported_reads(connection: Connection, span: Span) -> int:
    begin, end = (moment.replace(tzinfo=None) for moment in span)
    counted = select(func.count()).where(reads.c.seen_at >= begin, reads.c.seen_at < end)
    sources = connection.scalars(select(import_runs.c.unit_id).distinct()).all()
    return sum(connection.scalar(counted.where(reads.c.unit_id == source)) or 0 for source in sources)


def _deleted_reads(connection: Connection, span: Span) -> int:
    runs = (DeletionRun(**json.loads(run.record)) for run in logged_runs(connection))
    return sum(run.reads for run in runs if span[0] <= datetime.fromisoformat(run.ended) < span[1])


def _count_releases(connection: Connection, span: Span, tally: MonthTally) -> None:
    at = release_requests.c.entered_at
    entered = select(release_requests.c.request_id).where(at >= span[0], at < span[1])
    for request_id in connection.scalars(entered).all():
        tally.requests[_agency(connection, request_id)] += 1
    steps = release_steps.c
    decided = select(steps.request_id, steps.state).where(steps.number > 0, steps.at >= span[0], steps.at < span[1])
    for row in connection.execute(decided).all():
        tally.decisions[ReleaseState(row.state)] += 1
        if row.state == ReleaseState.HANDED_OVER.value:
            tally.releases[_agency(connection, row.request_id)] += 1


def _agency(connection: Connection, request_id: str) -> Agency:
    filed = read_request(connection, request_id)
    if filed is None:
        raise LostError(f"{request_id}: its request is missing: restore the database")
    return filed.request.kind, filed.request.seat


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
