"""The log of what was deleted: a record for each run, and the department's signature over all of them so far."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, RowMapping, func, insert, select, update

from alpr_edge.department.db.retention_schema import deletion_runs
from alpr_edge.department.retention.row_deletion import DeletedRows
from alpr_edge.department.unit_logs.witness import Witness
from alpr_edge.domain.collection.deletion_runs import NO_IDS, DeletionRun, root_of
from alpr_edge.domain.collection.department_periods import DepartmentPeriods
from alpr_edge.domain.errors import AuditError
from alpr_edge.domain.instants import rfc3339
from alpr_edge.domain.log_proofs.checkpoints import Checkpoint
from alpr_edge.domain.log_proofs.cosignatures import check_cosignature
from alpr_edge.domain.log_proofs.notes import NoteKey, SignedNote

ORIGIN = "alpr-edge/department/deletions"
"""Which log the checkpoints are of."""
RUNS_LOOKED_AT = 100
CLOCK_CONFIRMED = "is_clock_confirmed"
"""Key, in the terms of a run, of whether a person said that the clock is right."""
_COUNTS = ("reads", "hits", "pictures", "items", "held")


@dataclass(frozen=True, slots=True)
class LoggedRun:
    """A run, as it is on record."""

    number: int
    record: bytes
    checkpoint: str
    """The signed note over the log up to this run."""


def begin_run(
    connection: Connection, periods: DepartmentPeriods, by: str, now: datetime, *, is_clock_confirmed: bool = False
) -> int:
    """Begin a run; returns its number. One that broke off before has to be sealed first."""
    number = connection.scalar(select(func.count()).select_from(deletion_runs)) or 0
    terms = _terms_of(periods) | {CLOCK_CONFIRMED: is_clock_confirmed}
    row = {"number": number, "begun": rfc3339(now), "by": by, "terms": terms, "ids_digest": NO_IDS}
    connection.execute(insert(deletion_runs).values(**row, **dict.fromkeys(_COUNTS, 0)))
    return number


def note_batch(
    connection: Connection, number: int, counts: DeletedRows, held: int = 0, ids_digest: str | None = None
) -> None:
    """Add to a run what a transaction deletes, inside that transaction.

    Args:
        ids_digest: of the ids of all that the run deleted, with these; None: no read is deleted.
    """
    row, more = deletion_runs.c, (counts.reads, counts.hits, counts.pictures, counts.items, held)
    values: dict[str, Any] = {name: row[name] + value for name, value in zip(_COUNTS, more, strict=True)}
    if ids_digest is not None:
        values["ids_digest"] = ids_digest
    connection.execute(update(deletion_runs).where(row.number == number).values(**values))


def seal_runs(connection: Connection, witness: Witness, now: datetime, *, whole: int | None = None) -> None:
    """Write the record of each run that has none, and sign the log up to it.

    Args:
        connection: the connection of a transaction that may write.
    """
    records = list(connection.scalars(select(deletion_runs.c.record).order_by(deletion_runs.c.number)))
    for number, record in enumerate(records):
        if record is None:
            row = connection.execute(select(deletion_runs).where(deletion_runs.c.number == number)).mappings().one()
            records[number] = _run_of(row, rfc3339(now), is_whole=number == whole).record
            text = Checkpoint(ORIGIN, number + 1, root_of(records[: number + 1])).text
            note = f"{text}\n{witness.cosign(text, now)}"
            sealed = update(deletion_runs).where(deletion_runs.c.number == number)
            connection.execute(sealed.values(record=records[number], checkpoint=note))


def sealed_run(connection: Connection, number: int) -> DeletionRun:
    """A run that is on record."""
    record: bytes = connection.execute(
        select(deletion_runs.c.record).where(deletion_runs.c.number == number)
    ).scalar_one()
    return DeletionRun(**json.loads(record))


def logged_runs(connection: Connection) -> list[LoggedRun]:
    """Every sealed run in order."""
    query = select(deletion_runs.c.number, deletion_runs.c.record, deletion_runs.c.checkpoint)
    rows = connection.execute(query.where(deletion_runs.c.record.is_not(None)).order_by(deletion_runs.c.number))
    return [LoggedRun(row.number, bytes(row.record), row.checkpoint) for row in rows]


def last_whole_run(connection: Connection) -> DeletionRun | None:
    """The last run on record that did all there was to do; None: there is none among the last hundred."""
    query = select(deletion_runs.c.record).where(deletion_runs.c.record.is_not(None))
    records = connection.scalars(query.order_by(deletion_runs.c.number.desc()).limit(RUNS_LOOKED_AT))
    runs = (DeletionRun(**json.loads(record)) for record in records)
    return next((run for run in runs if run.is_whole), None)


def was_whole_since(connection: Connection, periods: DepartmentPeriods, begin: datetime, now: datetime) -> bool:
    """Whether a run that began since a moment did all there was to do by the periods that hold now."""
    run = last_whole_run(connection)
    if run is None or not begin <= datetime.fromisoformat(run.begun) <= now:
        return False
    return all(getattr(run, name) == value for name, value in _terms_of(periods).items())


def check_log(runs: Sequence[LoggedRun], key: NoteKey) -> None:
    """Check that no record was changed, left out or put in since the department signed."""
    records = []
    for place, run in enumerate(runs):
        records.append(run.record)
        if run.number != place:
            raise AuditError(f"deletion {place}: its record is missing; restore the database")
        note = SignedNote.parse(run.checkpoint)
        check_cosignature(note, key)
        checkpoint = Checkpoint.parse(note.text)
        if (checkpoint.origin, checkpoint.size, checkpoint.root) != (ORIGIN, place + 1, root_of(records)):
            raise AuditError(f"deletion {place}: the records up to it are not those that were signed")


def _terms_of(periods: DepartmentPeriods) -> dict[str, Any]:
    """What a run goes by, as its record has it."""
    return {
        "state": periods.state,
        "read_days": periods.read_days,
        "hit_days": periods.hit_days,
        "law": periods.law.source,
        "is_law_verified": periods.law.is_verified,
    }


def _run_of(row: RowMapping, ended: str, *, is_whole: bool) -> DeletionRun:
    terms: dict[str, Any] = row["terms"]
    values = {name: row[name] for name in ("number", "begun", "by", *_COUNTS, "ids_digest")}
    return DeletionRun(**values, **terms, ended=ended, is_whole=is_whole)
