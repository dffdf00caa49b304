"""Counts reads, hits, verifications and misreads of some days, unit by unit; no plate and no person is in it.

Covert hits are in no count: whoever reads a report need not be cleared for them, and a month is published.
"""

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, and_, exists, func, literal, select

from alpr_edge.department.db.database import DepartmentDatabase
from alpr_edge.department.db.schema import certificates, dispositions, hits, items, reads, withdrawals
from alpr_edge.domain.dispositions.disposition import Disposition, DispositionPart, DispositionText, ReadAnswer
from alpr_edge.domain.dispositions.hit_state import HitState
from alpr_edge.domain.instants import Instant, UtcSource
from alpr_edge.domain.protocol.dispositions import PREFIX
from alpr_edge.domain.statistics.department_counts import DepartmentCounts
from alpr_edge.domain.statistics.judgements import JUDGING
from alpr_edge.domain.statistics.periods import ReportPeriod

_NEWER = reads.alias()
_NEWER_UNIT = _NEWER.c.unit_id.concat("")
"""The unit as no index has it: by one of units SQLite would look through all reads of a unit for each of them."""
_IS_SUPERSEDED = exists().where(
    _NEWER.c.supersedes == reads.c.read_id, reads.c.unit_id == _NEWER_UNIT, _NEWER.c.read_id != reads.c.read_id
)
_IS_WITHDRAWN = exists().where(withdrawals.c.hit_id == hits.c.hit_id, withdrawals.c.unit_id == hits.c.unit_id)
_OF_READ = and_(reads.c.read_id == hits.c.read_id, reads.c.unit_id == hits.c.unit_id)
_OF_HIT = and_(dispositions.c.hit_id == hits.c.hit_id, dispositions.c.unit_id == hits.c.unit_id)
_OF_ITEM = and_(
    items.c.item_id == literal(PREFIX) + dispositions.c.disposition_id, items.c.unit_id == dispositions.c.unit_id
)
_IS_PLAIN = hits.c.covert.is_(False)
"""A hit of a unit too old to say so is not known to be plain."""
HitNote = Callable[[str, HitState], None]
"""Takes the reason and the state of each hit that holds."""
_NO_MOMENT = Instant("", 0, None, UtcSource.UNKNOWN, None)
"""Of a disposition whose order is known: its moment is asked for by nobody here."""


@dataclass(frozen=True, slots=True)
class DepartmentReport:
    """The counts of some days."""

    units: dict[str, DepartmentCounts]
    """By unit, those alone that have any."""
    untimed_reads: int
    """Reads that no other replaced and whose time is not sure; they are in no count."""
    untimed_hits: int
    """Hits of such reads, or of reads that are not here (yet)."""

    @property
    def total(self) -> DepartmentCounts:
        """The counts of all units."""
        return DepartmentCounts.sum_of(self.units.values())


class DepartmentReports:
    """The reports of a department."""

    def __init__(self, database: DepartmentDatabase) -> None:
        self._database = database

    def counts(self, period: ReportPeriod, note_hit: HitNote = lambda _reason, _state: None) -> DepartmentReport:
        """The counts of some days, by when the vehicles were seen. Waits for no unit, and none waits for it.

        Raises:
            StoreError: the database does not answer.
        """
        with self._database.reading() as connection:
            names = connection.scalars(select(certificates.c.unit_id).distinct().order_by(certificates.c.unit_id)).all()
            counted = {unit_id: _counts_of(connection, unit_id, period, note_hit) for unit_id in names}
            untimed = [connection.scalar(_untimed_reads(unit_id)) or 0 for unit_id in names]
            untimed_hits = connection.scalar(_UNTIMED_HITS) or 0
        units = {unit_id: counts for unit_id, counts in counted.items() if counts != DepartmentCounts()}
        return DepartmentReport(units, sum(untimed), untimed_hits)


def _untimed_reads(unit_id: str) -> Select[Any]:
    untimed = (reads.c.unit_id == unit_id) & reads.c.seen_at.is_(None) & ~_IS_SUPERSEDED
    return select(func.count()).select_from(reads).where(untimed)


_UNTIMED_HITS = (
    select(func.count()).select_from(hits).outerjoin(reads, _OF_READ).where(reads.c.seen_at.is_(None), _IS_PLAIN)
)


def _counts_of(connection: Connection, unit_id: str, period: ReportPeriod, note_hit: HitNote) -> DepartmentCounts:
    begin, end = (moment.replace(tzinfo=None) for moment in period.span)
    is_counted = (reads.c.unit_id == unit_id) & (reads.c.seen_at >= begin) & (reads.c.seen_at < end)
    counts = DepartmentCounts()
    _count_reads(connection, is_counted, counts)
    _count_hits(connection, is_counted, counts, note_hit)
    return counts


def _count_reads(connection: Connection, is_counted: ColumnElement[bool], counts: DepartmentCounts) -> None:
    by_person = reads.c.corrected_by.is_not(None)
    each = select(_IS_SUPERSEDED.label("superseded"), by_person.label("by_person")).where(is_counted).subquery()
    query = select(each.c.superseded, each.c.by_person, func.count().label("n"))
    for row in connection.execute(query.group_by(each.c.superseded, each.c.by_person)):
        if row.superseded:
            counts.superseded_reads += row.n
        else:
            counts.reads += row.n
            counts.corrected_reads += row.n if row.by_person else 0


def _count_hits(
    connection: Connection, is_counted: ColumnElement[bool], counts: DepartmentCounts, note_hit: HitNote
) -> None:
    states, places = _states(connection, is_counted)
    columns = select(hits.c.hit_id, hits.c.read_id, hits.c.reason, reads.c.corrected_by)
    columns = columns.add_columns(_IS_SUPERSEDED.label("superseded"), _IS_WITHDRAWN.label("withdrawn"))
    judged: dict[str, tuple[int, bool]] = {}
    for row in connection.execute(columns.join(reads, _OF_READ).where(is_counted, _IS_PLAIN).order_by(hits.c.hit_id)):
        state = states.get(row.hit_id, HitState())
        if row.withdrawn:
            counts.withdrawn_hits += 1
        elif row.superseded:
            counts.superseded_hits += 1
        else:
            counts.hits += 1
            counts.verifications[state.verification] += 1
            note_hit(row.reason, state)
        if row.corrected_by is None and state.read is not None and state.read.answer in JUDGING:
            said = places[state.read.disposition_id], state.read.answer == ReadAnswer.MISREAD
            judged[row.read_id] = max(said, judged.get(row.read_id, said))
    counts.judged_reads, counts.misread_reads = len(judged), sum(is_misread for _, is_misread in judged.values())


def _states(connection: Connection, is_counted: ColumnElement[bool]) -> tuple[dict[str, HitState], dict[str, int]]:
    """What counts of each hit that was answered, by all answers as they came; and the place of each in that order."""
    query = select(dispositions).join(hits, _OF_HIT).join(reads, _OF_READ).outerjoin(items, _OF_ITEM)
    query = query.where(is_counted, _IS_PLAIN, dispositions.c.part.in_(list(DispositionPart)))
    order = items.c.received_at, dispositions.c.made, dispositions.c.disposition_id
    answers, places = defaultdict[str, list[Disposition]](list), dict[str, int]()
    for row in connection.execute(query.order_by(*order)):
        about = (row.disposition_id, row.hit_id, DispositionPart(row.part), row.answer, DispositionText(), row.undoes)
        answers[row.hit_id].append(Disposition(*about, row.person_id, row.person, "", _NO_MOMENT))
        places[row.disposition_id] = len(places)
    return {hit_id: HitState.of(some) for hit_id, some in answers.items()}, places
