"""Imports reads of another system from CSV with pictures, as a department does that changes its vendor.

Each row becomes a stored read that says where it is from. It is never certain and nobody verified it, it makes no hit,
and it goes out to no other system. The id of a read follows from what the row says, so that a file imported again, or
an import that broke off and is run again, stores each read once. Days are counted from the capture (policy 462.5).
"""

import itertools
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import Connection, select

from alpr_edge.department.db.exchange_schema import IMPORT_PREFIX
from alpr_edge.department.db.schema import certificates, items
from alpr_edge.department.ingest.storage import Storage
from alpr_edge.department.interchange import import_rows
from alpr_edge.department.interchange.import_files import (
    ImportFiles,
    Reject,
    file_digest,
    opened_pictures,
    reject_list,
)
from alpr_edge.department.interchange.import_map import ImportMap
from alpr_edge.department.interchange.import_pictures import read_pictures
from alpr_edge.department.interchange.import_rows import ImportedRead, ImportRow, RowError
from alpr_edge.department.interchange.import_runs import ImportCounts, ImportOrder, begin_run, note_counts
from alpr_edge.department.interchange.imported_records import Pictures, id_of, picture_records, read_record
from alpr_edge.department.retention.leases import held_lease
from alpr_edge.domain.errors import DepartmentError, StoreError
from alpr_edge.domain.protocol.items import Outcome
from alpr_edge.settings.base import is_name

ROWS_AT_ONCE = 200
BYTES_AT_ONCE = 32 * 1024 * 1024
"""Most bytes of pictures that are held in memory at a time, beside those of one row."""
SOURCE_CHARACTERS_MAX = 40

Show = Callable[[int], None]
"""Is told the number of rows looked at so far."""


@dataclass(slots=True, eq=False)
class _Batch:
    """Reads that are stored together."""

    reads: list[tuple[ImportedRead, str]] = field(default_factory=list)
    """Each with its id."""
    pictures: dict[str, Pictures] = field(default_factory=dict)
    """By id of the read."""
    bytes: int = 0

    def add(self, read: ImportedRead, read_id: str, pictures: Pictures) -> None:
        self.reads.append((read, read_id))
        self.pictures[read_id] = pictures
        self.bytes += sum(map(len, pictures.values()))


class ReadImport:
    """Imports one file.

    Raises:
        DepartmentError: the source is no name, or a unit of this department has what stands for it.
    """

    def __init__(
        self,
        storage: Storage,
        source: str,
        rules: ImportMap,
        read_days: float,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        if not is_name(source) or len(source) > SOURCE_CHARACTERS_MAX:
            raise DepartmentError(
                f"source: a name of letters, digits, dots, dashes and underscores, at most {SOURCE_CHARACTERS_MAX}"
            )
        self._storage = storage
        self._source = source
        self._unit_id = IMPORT_PREFIX + source
        self._rules = rules
        self._read_days = read_days
        self._clock = clock
        self._counts = ImportCounts()
        self._number: int | None = None
        with storage.database.reading() as connection:
            if connection.scalar(
                select(certificates.c.unit_id).where(certificates.c.unit_id == self._unit_id).limit(1)
            ):
                raise DepartmentError(f"{self._unit_id}: is a unit of this department; choose another source")

    def run(self, files: ImportFiles, by: str, show: Show = lambda _: None, *, is_dry: bool = False) -> ImportCounts:
        """Import a file; run again after a failure it goes on, and a file that was imported changes nothing.

        Raises:
            DepartmentError: a file cannot be read or written, or another process imports from there.
            StoreError: the database or the place of pictures failed; what was stored until then is counted on record.
        """
        if self._rules.columns.picture_columns and files.pictures is None:
            raise DepartmentError("the map names columns of pictures; give --images DIR, or leave them out of the map")
        with held_lease(self._storage.database, f"the import of {self._source}", str(uuid.uuid4())) as lease:
            if not is_dry:
                order = ImportOrder(self._source, self._unit_id, by, file_digest(files.rows), self._rules.sha256)
                with self._storage.database.writing() as connection:
                    self._number = begin_run(connection, order)
            with reject_list(files.rejects) as reject, opened_pictures(files.pictures) as folder:
                for batch in self._batches(files.rows, folder, reject):
                    if not is_dry:
                        self._store(batch)
                    self._counts.stored += len(batch.reads)
                    self._counts.pictures += sum(len(each) for each in batch.pictures.values())
                    with self._storage.database.writing(self._unit_id) as connection:
                        lease.renew(connection)
                        self._note(connection)
                    show(self._counts.rows)
            with self._storage.database.writing(self._unit_id) as connection:
                self._note(connection, is_over=True)
        return self._counts

    def _note(self, connection: Connection, *, is_over: bool = False) -> None:
        if self._number is not None:
            note_counts(connection, self._number, self._counts, is_over=is_over)

    def _batches(self, path: Path, folder: int | None, reject: Reject) -> Iterator[_Batch]:
        """The reads of a file that are new, some rows at a time; a batch may be empty."""
        rows = import_rows.file_rows(path, self._rules)
        while some := list(itertools.islice(rows, ROWS_AT_ONCE)):
            batch = _Batch()
            for read, read_id in self._new_reads(some, reject):
                try:
                    pictures = {} if folder is None else read_pictures(folder, read.pictures)
                except RowError as error:
                    self._reject(reject, read.line, str(error))
                    continue
                batch.add(read, read_id, pictures)
                if batch.bytes >= BYTES_AT_ONCE:
                    yield batch
                    batch = _Batch()
            yield batch

    def _new_reads(self, rows: list[ImportRow | tuple[int, str]], reject: Reject) -> list[tuple[ImportedRead, str]]:
        """The reads of rows that are to be stored, each with its id; the others are counted."""
        found, now = dict[str, ImportedRead](), self._clock()
        for row in rows:
            self._counts.rows += 1
            if not isinstance(row, ImportRow):
                self._reject(reject, *row)
                continue
            try:
                read = import_rows.read_of(row, self._rules, now)
            except RowError as error:
                self._reject(reject, row.line, str(error))
                continue
            read_id = id_of(read, self._unit_id)
            if import_rows.is_too_old(read, now, self._read_days):
                self._counts.too_old += 1
            elif read_id in found:
                self._counts.before += 1
            else:
                found[read_id] = read
        of_unit = (items.c.unit_id == self._unit_id) & items.c.item_id.in_([*found])
        with self._storage.database.reading() as connection:
            known = set(connection.scalars(select(items.c.item_id).where(of_unit)))
        self._counts.before += len(known)
        return [(read, read_id) for read_id, read in found.items() if read_id not in known]

    def _reject(self, reject: Reject, line: int, reason: str) -> None:
        self._counts.rejected += 1
        reject(line, reason)

    def _store(self, batch: _Batch) -> None:
        records = [
            read_record(read, read_id, self._source, self._unit_id, batch.pictures[read_id])
            for read, read_id in batch.reads
        ]
        answers = self._storage.store_records(self._unit_id, [*picture_records(batch.pictures), *records])
        if any(answer.outcome != Outcome.RECEIPT for answer in answers):
            raise StoreError("a read or a picture was not stored; run the import again")
