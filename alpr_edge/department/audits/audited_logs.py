"""The logs that an audit is about: the department's own, and those of units as far as the department holds them."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import select

from alpr_edge.department.access_log.log import DepartmentAccessLog, node_reader
from alpr_edge.department.db.database import DepartmentDatabase
from alpr_edge.department.db.schema import unit_logs
from alpr_edge.department.unit_logs.trees import LogIdentity, StoredTree, record_arrivals, record_bodies
from alpr_edge.domain.access_log.records import DEPARTMENT, AccessRecord, parse_record
from alpr_edge.domain.audits.audit import Audit, AuditDraw, LogSpan, find_last_span
from alpr_edge.domain.errors import AuditError
from alpr_edge.domain.instants import TRUSTED_SOURCES
from alpr_edge.domain.log_proofs.merkle import range_root

BATCH = 500
Tick = Callable[[int, int], None]
"""Receives how many records were read, and how many there are."""


@dataclass(frozen=True, slots=True)
class AuditedLogs:
    """Reads records of every log; asks nobody for permission."""

    database: DepartmentDatabase
    log: DepartmentAccessLog

    def spans(self, audits: Sequence[Audit], begin: datetime, end: datetime, tick: Tick) -> tuple[LogSpan, ...]:
        """The records of each log that the next audit is about; logs without any are left out.

        A log goes on where the last audit of it ended. One that was in none begins with its first record, for the
        first audit with the first of its days. It goes up to the first record that is dated behind the days, but for
        one that cannot be of that date, as it was here before: what follows it is of these days still.

        Args:
            audits: those so far, in order.
        """
        sizes, done, spans = self._sizes(), 0, list[LogSpan]()
        total = sum(sizes.values())
        for (unit_id, log_id), size in sizes.items():
            last = find_last_span(audits, unit_id, log_id)
            first, is_behind = 0 if last is None else last.end, False
            stop = first
            for sequence, date in self._dates(unit_id, log_id, first, size):
                if date.is_behind(end):
                    if date.is_sure:
                        break
                    is_behind = True  # or its clock ran ahead: then one of these days follows
                elif date.moment is not None or not is_behind:
                    stop, is_behind = sequence + 1, False
                if date.moment is not None and date.moment < begin and not audits and first == sequence:
                    first = stop
                if not (sequence + 1) % BATCH:
                    tick(min(done + sequence + 1, total), total)
            done += size
            if first < stop:
                spans.append(LogSpan(log_id, unit_id, first, stop, self._root(unit_id, log_id, stop).hex()))
        return tuple(spans)

    def records(self, draw: AuditDraw, tick: Tick) -> Iterator[AccessRecord | None]:
        """The records that a sample is drawn from in order; None for each that is not stored any more, or is none.

        Where a draw has two logs of one id, those of the later name it as the draw does.
        """
        done, total = 0, sum(span.end - span.first for span in draw.spans)
        for log, span in draw.spans_by_log.items():
            for _, record in self._records(span.unit_id, span.log_id, span.first, span.end):
                done += 1
                if not done % BATCH:
                    tick(done, total)
                yield record if record is None or log == span.log_id else record.model_copy(update={"log_id": log})

    def record(self, span: LogSpan, sequence: int) -> AccessRecord | None:
        """One record of a span; None: it is not stored any more."""
        return next(self._records(span.unit_id, span.log_id, sequence, sequence + 1))[1]

    def roots_hold(self, spans: Sequence[LogSpan]) -> bool:
        """Whether the logs are still those that the spans are of."""
        return all(self._root(span.unit_id, span.log_id, span.end).hex() == span.root for span in spans)

    def is_own(self, unit_id: str, log_id: str) -> bool:
        """Whether a log is the department's own."""
        return (unit_id, log_id) == (DEPARTMENT, self.log.log_id)

    def _sizes(self) -> dict[tuple[str, str], int]:
        """Number of records by unit and log, the department's own first."""
        row = unit_logs.c
        with self.database.reading() as connection:
            query = select(row.unit_id, row.log_id, row.size).order_by(row.unit_id, row.begun_at, row.log_id)
            of_units = {(unit_id, log_id): size for unit_id, log_id, size in connection.execute(query)}
        return {(DEPARTMENT, self.log.log_id): self.log.size()} | of_units

    def _root(self, unit_id: str, log_id: str, size: int) -> bytes:
        with self.database.reading() as connection:
            if self.is_own(unit_id, log_id):
                return range_root(node_reader(connection), 0, size)
            return StoredTree(connection, LogIdentity(unit_id, log_id)).root(size)

    def _records(self, unit_id: str, log_id: str, first: int, end: int) -> Iterator[tuple[int, AccessRecord | None]]:
        """The records of a part of a log, by their numbers."""
        is_own = self.is_own(unit_id, log_id)
        read = self._own_bodies if is_own else lambda *part: self._bodies(unit_id, log_id, *part)
        for begin in range(first, end, BATCH):
            stop = min(begin + BATCH, end)
            bodies = read(begin, stop)
            for sequence in range(begin, stop):
                yield sequence, _record_of(bodies.get(sequence))

    def _dates(self, unit_id: str, log_id: str, first: int, end: int) -> Iterator[tuple[int, "_RecordDate"]]:
        """When the records of a part of a log were made, by their numbers."""
        for begin in range(first, end, BATCH):
            stop = min(begin + BATCH, end)
            latest = self._latest_moments(unit_id, log_id, begin, stop)
            for sequence, record in self._records(unit_id, log_id, begin, stop):
                yield sequence, _RecordDate.of(record, latest.get(sequence))

    def _latest_moments(self, unit_id: str, log_id: str, first: int, end: int) -> dict[int, datetime]:
        """By which moment each record of a part of a log was there, by this server's clock.

        That of a unit was there when it arrived. The department's own were all there when its newest was made.
        """
        if self.is_own(unit_id, log_id):
            return {number: each.received_at for each in self.log.newest(1) for number in range(first, end)}
        with self.database.reading() as connection:
            return record_arrivals(connection, LogIdentity(unit_id, log_id), first, end)

    def _own_bodies(self, first: int, end: int) -> dict[int, bytes]:
        return {each.sequence: each.body for each in self.log.read(first, end - first)}

    def _bodies(self, unit_id: str, log_id: str, first: int, end: int) -> dict[int, bytes]:
        with self.database.reading() as connection:
            return record_bodies(connection, LogIdentity(unit_id, log_id), first, end)


def _record_of(body: bytes | None) -> AccessRecord | None:
    """The record of a body; None: there is none, or a unit sent something else."""
    try:
        return None if body is None else parse_record(body)
    except AuditError:
        return None


class _RecordDate(NamedTuple):
    """When a record was made."""

    moment: datetime | None
    """By the clock of then; None: it was not set."""
    latest: datetime | None
    """By this server's clock it was there by then; None: it is not there."""
    is_trusted: bool
    """Whether a receiver or a time server had set the clock."""

    @classmethod
    def of(cls, record: AccessRecord | None, latest: datetime | None) -> "_RecordDate":
        if record is None or record.received.utc is None:
            return cls(None, latest, is_trusted=False)
        moment, is_trusted = datetime.fromisoformat(record.received.utc), record.received.source in TRUSTED_SOURCES
        return cls(moment, latest, is_trusted)

    @property
    def is_sure(self) -> bool:
        """Whether it was made at that moment: the clock was set, and the record was not there before."""
        is_early = self.moment is not None and self.latest is not None and self.latest < self.moment
        return self.is_trusted and not is_early

    def is_behind(self, end: datetime) -> bool:
        """Whether it was made at a moment or later, as far as anybody can tell."""
        return self.moment is not None and min(self.moment, self.latest or self.moment) >= end
