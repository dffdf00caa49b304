"""A unit's database with reads, and ways to damage its files for real."""

import os
import shutil
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import select

from alpr_edge.domain.protocol.items import Answer, Outcome
from alpr_edge.domain.reads import ReadUpdate
from alpr_edge.runtime.key_derivation import derive_key
from alpr_edge.store.db.database import DATABASE_NAME, Database
from alpr_edge.store.db.schema import outbox
from alpr_edge.store.evidence.images import ImageStore
from alpr_edge.store.keys import IMAGES
from alpr_edge.store.outbox.outbox import Outbox
from alpr_edge.store.reads.repository import ReadStore
from alpr_edge.store.recovery.damaged_databases import DamagedDatabase, damaged_databases
from alpr_edge.store.recovery.replacement import DatabaseReplacement
from alpr_edge.store.recovery.row_merge import shapes
from alpr_edge.store.recovery.salvage import Salvage, SalvageReport
from alpr_edge.store.sqlite_forensics.carver import Carver
from alpr_edge.store.sqlite_forensics.pages import Pages
from alpr_edge.store.sqlite_forensics.wal import Log, read_log
from tests.store.records import CROP, closed, decided, hit, plate_read

KEY = bytes(range(32))
PAGE = 4096
FRAME = PAGE + 24
WAL, SHM = f"{DATABASE_NAME}-wal", f"{DATABASE_NAME}-shm"
READS = 200


class ReadFailedError(Exception):
    """What the driver raises when the disk does not read a page."""

    sqlite_errorname = "SQLITE_IOERR_READ"


@dataclass
class OpenUnit:
    database: Database
    images: ImageStore
    reads: ReadStore
    outbox: Outbox
    replacement: DatabaseReplacement

    @property
    def asides(self) -> list[DamagedDatabase]:
        return damaged_databases(self.database.path.parent)

    def ids(self) -> set[str]:
        return {each.read.read_id for each in self.reads.recent(1000)}

    def queue_ids(self, kind: str) -> set[str]:
        with self.database.read() as connection:
            return set(connection.scalars(select(outbox.c.item_id).where(outbox.c.kind == kind)))

    def salvage(self, aside: DamagedDatabase | None = None) -> SalvageReport:
        salvage = Salvage(self.database, self.images, KEY)
        return salvage.run(aside or self.asides[-1], lambda done, total: None)


@contextmanager
def unit(data: Path, key: bytes = KEY) -> Iterator[OpenUnit]:
    """The store as the unit opens it."""
    replacement = DatabaseReplacement(data, key)
    database = replacement.open()
    images = ImageStore(data / "images", derive_key(key, IMAGES))
    try:
        yield OpenUnit(database, images, ReadStore(database, images), Outbox(database, images), replacement)
    finally:
        database.close()


def record(number: int) -> ReadUpdate:
    read_id = f"read-{number}"
    hits = (hit(f"hit-{number}", read_id),) if number % 3 == 0 else ()
    return decided(plate_read(read_id), hits=hits, images=((CROP, f"crop of {read_id}".encode()),))


def fill(data: Path, reads: int = READS) -> None:
    """Reads, all closed but the last, every third with a hit; the first item is delivered."""
    with unit(data) as store:
        commit(store, range(reads))


def commit(store: OpenUnit, numbers: range) -> None:
    for start in range(numbers.start, numbers.stop, 20):
        store.reads.commit([record(number) for number in range(start, min(start + 20, numbers.stop))])
    store.reads.commit([closed(plate_read(f"read-{number}")) for number in numbers[:-1]])
    first = store.outbox.due(1, 10**6)[0]
    store.outbox.settle([Answer(first.item_id, Outcome.RECEIPT, first.sha256)], 5)


def copy_open_folder(data: Path, into: Path) -> Path:
    """A copy of the folder while it is open: with its log, as a kill leaves it."""
    shutil.copytree(data, into)
    return into


def pages_of(file: Path) -> int:
    return file.stat().st_size // PAGE


def overwrite(file: Path, start: int, length: int = PAGE) -> None:
    content = bytearray(file.read_bytes())
    content[start : start + length] = os.urandom(min(length, len(content) - start))
    file.write_bytes(content)


def log_of(data: Path) -> Log:
    return read_log(data / WAL, data / SHM)


def overwrite_frames(data: Path, numbers: Iterable[int], start: int = 0, length: int = FRAME) -> None:
    """Overwrite the same part of frames of the log, which are counted from 0."""
    for number in numbers:
        overwrite(data / WAL, 32 + number * FRAME + start, length)


def reads_by_page(data: Path) -> dict[int, set[str]]:
    """Reads by the page that they lie on, as far as pages tell; the database is not opened."""
    with unit(data.with_name("empty")) as store, store.database.read() as connection:
        row_shapes = shapes(connection)
    by_page: dict[int, set[str]] = {}
    with Pages(data / DATABASE_NAME, KEY) as pages:
        for row in Carver(pages, row_shapes).rows():
            if row.table == "reads":
                by_page.setdefault(row.page, set()).add(str(row.values["read_id"]))
    return by_page


def overwrite_page(data: Path, number: int) -> None:
    overwrite(data / DATABASE_NAME, (number - 1) * PAGE)
