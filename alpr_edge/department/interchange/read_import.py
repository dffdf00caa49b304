"""Imports reads of another system from CSV with pictures, as a department does that changes its vendor.

Each row becomes a stored read that says where it is from. It is never certain and nobody verified it, it makes no hit,
and it goes out to no other system. The id of a read follows from what the row says, so that a file imported again, or
an import that broke off and is run again, stores each read once. Days are counted from the capture (policy 462.5).
"""

import errno
import hashlib
import itertools
import struct
import uuid
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath
from typing import Literal

from sqlalchemy import Connection, select

from alpr_edge.department.db.exchange_schema import IMPORT_PREFIX
from alpr_edge.department.db.schema import certificates, items, reads
from alpr_edge.department.ingest.records import JPEG_START, ItemRecord
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
from alpr_edge.department.interchange.import_rows import ImportedRead, ImportRow, RowError
from alpr_edge.department.interchange.import_runs import ImportCounts, ImportOrder, begin_run, note_counts
from alpr_edge.department.retention.leases import held_lease
from alpr_edge.domain.errors import DepartmentError, StoreError
from alpr_edge.domain.ground.cells import cell_of
from alpr_edge.domain.instants import rfc3339
from alpr_edge.domain.plates import canonical
from alpr_edge.domain.protocol.items import (
    BODY_BYTES_MAX,
    EvidencePayload,
    InstantPayload,
    ItemKind,
    Outcome,
    PositionPayload,
    ReadPayload,
    digest,
    encode,
)
from alpr_edge.runtime import no_follow
from alpr_edge.settings.base import is_name

ORIGIN = "imported"
"""Stands for the source of a time and of a place that another system gave."""

Pictures = Mapping[Literal["crop", "scene"], bytes]
"""JPEG files by kind."""


def id_of(read: ImportedRead, unit_id: str) -> str:
    """The id of a read: the same for the same plate, moment and place of the same source."""
    parts = (read.vendor_id, canonical(read.plate), rfc3339(read.seen), read.camera, str(read.place))
    return f"{unit_id}:{hashlib.sha256(chr(10).join(parts).encode()).hexdigest()[:40]}"


def read_record(read: ImportedRead, read_id: str, source: str, unit_id: str, pictures: Pictures) -> ItemRecord:
    payload = _payload(read, read_id, source, unit_id, pictures)
    body = encode(payload)
    row = {
        "read_id": read_id,
        "unit_id": unit_id,
        "camera_id": read.camera,
        "plate": canonical(read.plate),
        "state": read.state,
        "confidence": read.confidence,
        "vote_count": 0,
        "first_seen": rfc3339(read.seen),
        "last_seen": rfc3339(read.seen),
        "utc_source": ORIGIN,
        "lat_deg": None if read.place is None else read.place[0],
        "lon_deg": None if read.place is None else read.place[1],
        "supersedes": None,
        "corrected_by": None,
        "seen_at": read.seen.replace(tzinfo=None),
        "cell": None if read.place is None else cell_of(*read.place),
        "origin": source,
    }
    named = tuple(dict.fromkeys(each.sha256 for each in payload.evidence))
    return ItemRecord(read_id, ItemKind.READ, body, digest(body), reads, row, pictures=named)


def picture_records(pictures: Mapping[str, Pictures]) -> list[ItemRecord]:
    """The records of the pictures of reads, each once."""
    by_digest = {digest(body): body for some in pictures.values() for body in some.values()}
    return [ItemRecord(sha256, ItemKind.IMAGE, body, sha256) for sha256, body in by_digest.items()]


def _payload(read: ImportedRead, read_id: str, source: str, unit_id: str, pictures: Pictures) -> ReadPayload:
    seen = InstantPayload(
        boot_id=ORIGIN,
        boottime_ns=0,
        utc=rfc3339(read.seen),
        utc_source=ORIGIN,
        uncertainty_ms=read.uncertainty_ms,
    )
    place = None
    if read.place is not None:
        lat_deg, lon_deg = read.place
        place = PositionPayload(lat_deg=lat_deg, lon_deg=lon_deg, age_ms=0.0, hdop=None, source=ORIGIN)
    evidence = [EvidencePayload(kind=kind, sha256=digest(body), length=len(body)) for kind, body in pictures.items()]
    return ReadPayload(
        read_id=read_id,
        unit_id=unit_id,
        camera_id=read.camera,
        plate=read.plate,
        confidence=read.confidence,
        alternatives=[],
        vote_count=0,
        state=read.state,
        first_seen=seen,
        last_seen=seen,
        first_frame=0,
        last_frame=0,
        box_px=(0.0, 0.0, 0.0, 0.0),
        position=place,
        evidence=evidence,
        model_ids=[f"imported from {source}"],
        supersedes=None,
    )


PictureKind = Literal["crop", "scene"]
PIXELS_MAX = 64_000_000
"""A small file may stand for a picture that fills the memory of whoever opens it."""
_FRAME_MARKERS = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
_SEGMENTS_MAX = 1_000


def read_pictures(folder: int, names: Mapping[PictureKind, str]) -> dict[PictureKind, bytes]:
    """The pictures of a row.

    Args:
        names: names of files below it by kind; either slash may part folders.
    """
    return {kind: _read(folder, kind, name) for kind, name in names.items()}


def _read(folder: int, kind: str, name: str) -> bytes:
    path = PurePosixPath(name.replace("\\", "/"))
    if path.is_absolute() or ".." in path.parts or not path.parts:
        raise RowError(f"{kind}: a name that leads out of the folder of pictures")
    try:
        content = no_follow.read_file(folder, path, BODY_BYTES_MAX + 1)
    except OSError as error:
        if error.errno == errno.ELOOP:
            raise RowError(f"{kind}: behind a link") from None
        raise RowError(f"{kind}: cannot be read: {error.strerror}") from None
    except ValueError:
        raise RowError(f"{kind}: no name of a file") from None
    if len(content) > BODY_BYTES_MAX:
        raise RowError(f"{kind}: longer than {BODY_BYTES_MAX >> 20} MiB")
    width, height = jpeg_size(content)
    if not 0 < width * height <= PIXELS_MAX:
        raise RowError(f"{kind}: no JPEG of at most {PIXELS_MAX // 1_000_000} million pixels")
    return content


def jpeg_size(content: bytes) -> tuple[int, int]:
    """Width and height of a JPEG file by its frame header (ITU T.81, B.2.2); 0, 0: it is none."""
    if not content.startswith(JPEG_START):
        return 0, 0
    place = 2
    for _ in range(_SEGMENTS_MAX):
        if place + 9 > len(content) or content[place] != 0xFF:
            return 0, 0
        marker = content[place + 1]
        if marker == 0xFF:  # a filler
            place += 1
            continue
        if marker in _FRAME_MARKERS:
            height, width = struct.unpack_from(">HH", content, place + 5)
            return width, height
        if marker in {0xD9, 0xDA}:
            return 0, 0
        place += 2 + struct.unpack_from(">H", content, place + 2)[0]
    return 0, 0


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
