"""The department's storage: each item once, and the digest of what is stored read back before it is answered.

Images lie beside the database, in a folder or a bucket. A batch is one transaction that keeps out whatever else is of
its unit, so a batch sent twice at the same time is stored once. Images are in their place before the row that speaks of
them, and are read back from there; a crash between the two leaves an image that the next attempt uses.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from sqlalchemy import func, literal, select, text, tuple_

from alpr_edge.department.db.database import DepartmentDatabase
from alpr_edge.department.db.day_keys.day_keys import CountedKey, counted_keys, key_records
from alpr_edge.department.db.day_keys.item_bodies import open_bodies, select_bodies
from alpr_edge.department.db.schema import IMAGE_ITEMS, hits, items, reads
from alpr_edge.department.evidence.bookings import EvidenceBookings
from alpr_edge.department.heartbeats import Heartbeats
from alpr_edge.department.held_versions import HeldVersions
from alpr_edge.department.holds.department_holds import DepartmentHolds
from alpr_edge.department.hotlists import LISTS_NAME, ListRepository
from alpr_edge.department.images.choice import image_objects
from alpr_edge.department.images.department_images import DepartmentImages
from alpr_edge.department.ingest.batches import Batch
from alpr_edge.department.ingest.looked_up import StoredItem, compare_rows
from alpr_edge.department.ingest.part_checks import PartError
from alpr_edge.department.ingest.records import ItemRecord, Part, record_of
from alpr_edge.department.list_requests import ListRequests
from alpr_edge.department.people.rosters import Rosters
from alpr_edge.department.pki.authority import TlsFiles
from alpr_edge.department.pki.server_certificate import utc_now
from alpr_edge.department.pki.units import Units
from alpr_edge.department.publishing.settings_holders import UnitSettingsRecord
from alpr_edge.department.publishing.settings_register import SettingsRegister
from alpr_edge.department.retention.deletion_log import LoggedRun, last_whole_run, logged_runs
from alpr_edge.department.retention.purge import DepartmentPurge
from alpr_edge.department.settings import load_periods
from alpr_edge.department.unit_logs.log_repository import LogRepository
from alpr_edge.department.unit_logs.witness import Witness
from alpr_edge.domain.collection.deletion_runs import DeletionRun
from alpr_edge.domain.errors import DepartmentError, StoreError
from alpr_edge.domain.protocol.items import ItemAnswerPayload, ItemKind, Outcome

READ_ITEMS = 50
"""Items read at a time: a body may have megabytes."""


@dataclass(frozen=True, slots=True)
class StorageCounts:
    """Counts of what is stored; no plates."""

    items: dict[str, int]
    """Items by kind."""
    units: dict[str, int]
    """Items by the unit that sent them."""
    reads: int
    """Reads as they came, those too that a correction replaced."""
    corrections: int
    """Those of them that replace another of the same pass."""
    hits: int
    last_received: datetime | None


@dataclass(frozen=True, slots=True)
class Encryption:
    """Whether what comes is encrypted, and how much is not."""

    is_on: bool
    keys: int
    """Keys that are not destroyed."""
    open_bodies: int
    """Bodies that lie as they came."""


class Storage:
    """An open storage; threads may share it.

    Args:
        directory: the folder of the storage; made with mode 0700 when missing.

    Raises:
        DepartmentError: no storage there, one of a newer release, or one without the master key of its images.
        StoreError: it cannot be opened.
    """

    def __init__(self, directory: Path, *, create: bool = True) -> None:
        self.directory = directory
        self.database = DepartmentDatabase(directory, create=create)
        """The database, for what stands above this package."""
        try:
            self.images = self._open_images()
            """The images of reads."""
        except (DepartmentError, StoreError):
            self.database.close()
            raise
        self.lists = ListRepository(directory / LISTS_NAME)
        """Hotlists for the units."""
        self.list_requests = ListRequests(self.database)
        """The lists that units asked for."""
        self.held_versions = HeldVersions(self.database)
        """What units have of lists and roster."""
        self.units = Units(self.database, TlsFiles(directory))
        """The units that may connect to this department."""
        self._witness = Witness(directory)
        self.logs = LogRepository(self.database, self._witness)
        """The access logs of the units."""
        self.holds = DepartmentHolds(self.database)
        """The holds of units and of the department."""
        self.heartbeats = Heartbeats(self.database)
        """What units say of themselves."""
        self.rosters = Rosters(directory, self.database)
        """The rosters of the department's people."""
        self.settings = SettingsRegister(directory, self.database)
        """The settings that the department gives its units."""
        self.held_settings = UnitSettingsRecord(self.database)
        """What units have of these settings."""
        self.bookings = EvidenceBookings(self.database)
        """The evidence packages that units booked out."""

    def open_purge(self, clock: Callable[[], datetime] = utc_now, *, is_clock_trusted: bool = False) -> DepartmentPurge:
        """What deletes reads that were kept long enough, by the settings as they are now.

        Raises:
            DepartmentError: the settings are wrong.
        """
        periods = load_periods(self.directory)
        return DepartmentPurge(
            self.database, self.images, self._witness, periods, clock, is_clock_trusted=is_clock_trusted
        )

    def deletions(self) -> list[LoggedRun]:
        """What was deleted, run by run.

        Raises:
            StoreError: the database does not answer.
        """
        with self.database.reading() as connection:
            return logged_runs(connection)

    def last_deletion(self) -> DeletionRun | None:
        """The last deletion that did all there was to do; None: there was none lately.

        Raises:
            StoreError: the database does not answer.
        """
        with self.database.reading() as connection:
            return last_whole_run(connection)

    def store(self, unit_id: str, parts: Sequence[Part]) -> list[ItemAnswerPayload]:
        """Store a batch and answer each part in order; what is answered as a receipt is on disk.

        Raises:
            StoreError: nothing of the batch can be relied on (disk full, database locked); it may be sent again.
        """
        return self.store_records(unit_id, [_check(part, unit_id) for part in parts])

    def store_records(self, unit_id: str, results: Sequence[ItemRecord | ItemAnswerPayload]) -> list[ItemAnswerPayload]:
        """Store records that were checked, as :meth:`store` does; what is answered already is left as it is."""
        records = [each for each in results if isinstance(each, ItemRecord)]
        self.images.put(unit_id, {each.sha256: each.body for each in records if each.kind is ItemKind.IMAGE})
        with self.database.writing(unit_id) as connection:
            answers = Batch(connection, unit_id, self.images, self.logs).store(results)
            self.logs.take_in(connection, unit_id, _stored_ids(answers))
            return answers

    def counts(self) -> StorageCounts:
        """Count what is stored, by indexes alone: bodies, which are the bulk of it, are not read."""
        kinds, units = Counter[str](), Counter[str]()
        with self.database.reading() as connection:
            by_both = select(items.c.unit_id, items.c.kind, func.count()).group_by(items.c.unit_id, items.c.kind)
            for unit_id, kind, count in connection.execute(by_both):
                units[unit_id] += count
                kinds[kind] += count
            corrections = select(func.count()).select_from(reads).where(reads.c.supersedes.is_not(None))
            return StorageCounts(
                items=dict(kinds),
                units=dict(units),
                reads=connection.scalar(select(func.count()).select_from(reads)) or 0,
                corrections=connection.scalar(corrections) or 0,
                hits=connection.scalar(select(func.count()).select_from(hits)) or 0,
                last_received=connection.scalar(select(func.max(items.c.received_at))),
            )

    def stored_items(self) -> Iterator[StoredItem]:
        """Every item in the order of ids, read a few at a time, compared with what searches look it up by.

        Raises:
            StoreError: the database does not answer.
        """
        key = (items.c.item_id, items.c.unit_id)
        query = select_bodies().add_columns(items.c.kind, items.c.sha256).order_by(*key).limit(READ_ITEMS)
        last = ("", "")
        while True:
            with self.database.reading() as connection:
                rows = connection.execute(query.where(tuple_(*key) > tuple_(*map(literal, last)))).all()
                bodies = zip(rows, open_bodies(connection, rows), strict=True)
                some = [StoredItem(row.item_id, row.unit_id, row.kind, row.sha256, body) for row, body in bodies]
                compared = list(compare_rows(connection, some))
            if not rows:
                return
            yield from compared
            last = (rows[-1].item_id, rows[-1].unit_id)

    def image(self, sha256: str) -> bytes | None:
        """An image as it came; None: it is not there, is damaged, or its key is destroyed.

        Raises:
            StoreError: the place of images does not answer.
        """
        with self.database.reading() as connection:
            stored = self.images.read(connection, [sha256])[sha256]
        return None if stored is None else stored.jpeg

    def image_keys(self) -> list[CountedKey]:
        """The keys of images and bodies, those that are destroyed as well.

        Raises:
            StoreError: the database does not answer.
        """
        with self.database.reading() as connection:
            return counted_keys(connection)

    def encryption(self) -> Encryption:
        """Whether images and bodies are encrypted.

        Raises:
            StoreError: the database does not answer, or the master key is not the one that its keys need.
        """
        counted = select(func.count()).select_from(items)
        sealed, pictures = counted.where(items.c.key_id.is_not(None)), counted.where(text(IMAGE_ITEMS))
        with self.database.reading() as connection:
            count, without_body, under_key = (connection.scalar(each) or 0 for each in (counted, pictures, sealed))
            return Encryption(
                is_on=self.database.keys.are_used(connection),
                keys=sum(each.destroyed_at is None for each in key_records(connection)),
                open_bodies=count - without_body - under_key,
            )

    def check(self) -> None:
        """Read from the database, and ask the place of images.

        Raises:
            StoreError: one of them does not answer.
        """
        with self.database.reading() as connection:
            connection.execute(select(items.c.item_id).limit(1)).all()
        self.images.check()

    def close(self) -> None:
        """Close every connection."""
        self.database.close()

    def _open_images(self) -> DepartmentImages:
        with self.database.reading() as connection:
            self.database.keys.require_key(connection)
        return DepartmentImages(self.database, image_objects(self.directory))


def _stored_ids(answers: Sequence[ItemAnswerPayload]) -> list[str]:
    return [answer.item_id for answer in answers if answer.outcome == Outcome.RECEIPT]


def _check(part: Part, unit_id: str) -> ItemRecord | ItemAnswerPayload:
    try:
        return record_of(part, unit_id)
    except PartError as error:
        return error.answer(part.item_id)
