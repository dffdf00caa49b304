"""The record of imports: what was imported from where, by whom, and what came of it."""

from dataclasses import asdict, dataclass
from datetime import UTC, datetime

from sqlalchemy import Connection, func, insert, select, update

from alpr_edge.department.db.database import DepartmentDatabase, naive_utc_now
from alpr_edge.department.db.exchange_schema import import_runs
from alpr_edge.department.db.schema import reads


@dataclass(slots=True)
class ImportCounts:
    """What became of the rows of a file."""

    rows: int = 0
    stored: int = 0
    before: int = 0
    """Rows whose read was stored before."""
    too_old: int = 0
    """Rows of reads that were kept for their period already, by their capture: those are not taken (policy 462.5)."""
    rejected: int = 0
    pictures: int = 0
    """Pictures of the reads that were stored."""


@dataclass(frozen=True, slots=True)
class ImportOrder:
    """What is imported, and by whom."""

    source: str
    unit_id: str
    """What stands for a unit of its reads."""
    by: str
    file_sha256: str
    map_sha256: str


@dataclass(frozen=True, slots=True)
class ImportSource:
    """A system that reads were imported from."""

    source: str
    reads: int
    """Reads of it that are stored now."""
    runs: int
    broken_off: int
    """Runs that did not end: run again they go on."""
    last: datetime


def begin_run(connection: Connection, order: ImportOrder) -> int:
    """Put on record that an import begins; its number."""
    number = (connection.scalar(select(func.max(import_runs.c.number))) or 0) + 1
    values = {"number": number, "begun_at": naive_utc_now(), **asdict(order), **asdict(ImportCounts())}
    connection.execute(insert(import_runs).values(values))
    return number


def note_counts(connection: Connection, number: int, counts: ImportCounts, *, is_over: bool = False) -> None:
    """Note how far an import is, or that it ended."""
    ended = {"ended_at": naive_utc_now()} if is_over else {}
    connection.execute(update(import_runs).where(import_runs.c.number == number).values(asdict(counts) | ended))


def import_sources(database: DepartmentDatabase) -> list[ImportSource]:
    """The systems that reads were imported from.

    Raises:
        StoreError: the database does not answer.
    """
    run = import_runs.c
    query = select(run.source, run.unit_id, func.count(), func.count(run.ended_at), func.max(run.begun_at))
    with database.reading() as connection:
        rows = connection.execute(query.group_by(run.source, run.unit_id).order_by(run.source)).all()
        return [
            ImportSource(
                source=row.source,
                reads=connection.scalar(select(func.count()).where(reads.c.unit_id == row.unit_id)) or 0,
                runs=row[2],
                broken_off=row[2] - row[3],
                last=row[4].replace(tzinfo=UTC),
            )
            for row in rows
        ]
