"""Copies what can be read of a damaged database into today's: rows by id, images, and items still to be sent.

Rows keep their ids and are never overwritten, so a second salvage, or one after a power cut, changes nothing more; what
was deleted since stays so. What has no readable row in the queue is queued again; the department stores it once, and
what has a receipt keeps it. An image file whose row is lost gets one and is sent by itself: it is evidence.

An older version of a page may be read in place of a damaged one, with rows of an image that was deleted since. So rows
of an image without a file are copied only when it is in the queue: its file is lost, and somebody may restore it.
"""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import structlog
from sqlalchemy import ColumnElement, Connection, Exists, Table, exists, literal, or_, select, true, update
from sqlalchemy.dialects.sqlite import insert

from alpr_edge.domain.errors import StoreError
from alpr_edge.domain.protocol.dispositions import disposition_item_id
from alpr_edge.domain.protocol.hits import alert_item_id, late_tone_item_id, withdrawal_item_id
from alpr_edge.store.db.database import Database
from alpr_edge.store.db.schema import alerts, dispositions, evidence, generations, hits, images, outbox, reads
from alpr_edge.store.evidence.images import PREFIXES, ImageStore
from alpr_edge.store.outbox import enqueue
from alpr_edge.store.reads import queries
from alpr_edge.store.reads.dispositions import dispositions_of
from alpr_edge.store.recovery.damaged_databases import DamagedDatabase
from alpr_edge.store.recovery.key_check import KeyMark
from alpr_edge.store.recovery.row_merge import TABLES, Fate, Row, batches, put, shapes
from alpr_edge.store.retention.deleted_list import is_deleted
from alpr_edge.store.retention.holds import forget_released
from alpr_edge.store.retention.left_images import forget_dates
from alpr_edge.store.sqlite_forensics.carver import Carver
from alpr_edge.store.sqlite_forensics.pages import Pages

BATCH = 200
log = structlog.get_logger(__name__)

_RECEIPT = ("state", "receipt_sha256", "delivered_utc", "attempts", "medium_id", "offloaded_utc")
Progress = Callable[[int, int], None]
"""Receives how many pages were read, and of how many."""


@dataclass(slots=True)
class SalvageReport:
    """The result of a salvage; holds no plates."""

    new_rows: Counter[str] = field(default_factory=Counter)
    """New rows by table."""
    there: Counter[str] = field(default_factory=Counter)
    """Rows that had come over before, or were never lost, by table."""
    hanging: Counter[str] = field(default_factory=Counter)
    """Rows that refer to a lost one, by table: they stay in the damaged database alone."""
    over: Counter[str] = field(default_factory=Counter)
    """Rows that tell of images let go of before the damage, by table."""
    requeued_items: int = 0
    """Reads, hits and images that had lost their place in the queue."""
    images_adopted: int = 0
    """Image files whose rows are lost."""
    images_damaged: int = 0
    """Image files without a row that do not open either."""
    pages_unreadable: int = 0
    """Pages in use of which the last version is damaged; an older one was read where there was one."""
    rows_unreadable: int = 0
    """Rows that continue on a damaged page."""
    folders_unreadable: int = 0
    """Folders of images that cannot be looked into; they may hold images whose rows are lost."""

    @property
    def is_complete(self) -> bool:
        """Whether everything that can be read came over."""
        return not self.hanging and not self.folders_unreadable

    def figures(self) -> dict[str, Any]:
        """The counts by their names in the report."""
        return {
            "saved": dict(self.new_rows),
            "already_there": dict(self.there),
            "hanging": dict(self.hanging),
            "over": dict(self.over),
            "queued_again": self.requeued_items,
            "images_adopted": self.images_adopted,
            "images_damaged": self.images_damaged,
            "pages_unreadable": self.pages_unreadable,
            "rows_unreadable": self.rows_unreadable,
            "folders_unreadable": self.folders_unreadable,
            "complete": self.is_complete,
        }


@dataclass(slots=True)
class Salvage:
    """Salvages damaged databases.

    Args:
        key: 32 bytes.
    """

    database: Database
    images: ImageStore
    key: bytes
    lists: frozenset[str] = frozenset()

    def run(self, aside: DamagedDatabase, progress: Progress) -> SalvageReport:
        """Salvage what can be read of a damaged database, and write the report.

        Raises:
            StoreError: today's database cannot be written; run it again.
        """
        report, read_ids, lone_images = SalvageReport(), list[str](), list[str]()
        mark = KeyMark.read(aside.folder)
        with self.database.read() as connection:
            row_shapes = shapes(connection)
        with Pages(aside.database, self.key, () if mark is None else (mark.salt,)) as pages:
            pages.name_frames()
            carver = Carver(pages, row_shapes)
            for batch in batches(carver.rows(), BATCH):
                self._insert(batch, report, read_ids, lone_images)
                progress(carver.pages_read, len(pages.numbers))
            report.pages_unreadable, report.rows_unreadable = carver.damaged_pages, carver.rows_broken
            progress(len(pages.numbers), len(pages.numbers))
        self._adopt(aside.since, report)
        self._queue_again(read_ids, report)
        self._queue_alone(lone_images, report)
        with self.database.write() as connection:
            forget_released(connection)
            forget_dates(connection)
        aside.keep_report(report.figures())
        return report

    def _insert(
        self, batch: list[tuple[str, Row]], report: SalvageReport, read_ids: list[str], lone_images: list[str]
    ) -> None:
        """Put rows in one transaction; note the reads, and the images of which the read is lost."""
        with self.database.write() as connection:
            for name, row in batch:
                table = _TABLES[name]
                fate = self._put(connection, table, row)
                _counter_of(fate, report)[name] += 1
                if table is reads:
                    read_ids.append(str(row["read_id"]))
                if table is evidence and fate is Fate.HANGING:
                    lone_images.append(str(row["sha256"]))

    def _put(self, connection: Connection, table: Table, row: Row) -> Fate:
        if table is generations:
            row["live"] = int(bool(row["live"]) and not _has_live(connection, row["source"]))
            if row["file"] not in self.lists:
                return Fate.THERE  # an import removed it since
        if table in {images, evidence} and self._is_deleted(connection, str(row["sha256"])):
            return Fate.OVER
        if any(is_deleted(connection, str(row[name])) for name in ("read_id", "item_id") if row.get(name)):
            return Fate.OVER
        fate = put(connection, table, row)
        if table is evidence and fate is Fate.HANGING and self._name_image(connection, str(row["sha256"])):
            fate = put(connection, table, row)
        if table is reads and fate is Fate.NEW:
            # Its pass is over; what a read that was open has not queued is queued below.
            connection.execute(update(reads).where(reads.c.read_id == row["read_id"]).values(closed=1))
        if table is outbox and fate is Fate.THERE:
            _keep_receipt(connection, row)
        return fate

    def _is_deleted(self, connection: Connection, sha256: str) -> bool:
        """Whether nothing but a row of it is left: neither its file nor its place in the queue."""
        return self.images.facts(sha256) is None and not _is_queued(connection, sha256)

    def _name_image(self, connection: Connection, sha256: str) -> bool:
        """Give an image file the row that it lost; False: there is no file either, or it has its row."""
        facts = self.images.facts(sha256)
        if facts is None:
            return False
        row = {"sha256": sha256, "length": facts.length, "created_utc": None}
        return connection.execute(insert(images).values(row).on_conflict_do_nothing()).rowcount > 0

    def _adopt(self, since: datetime, report: SalvageReport) -> None:
        """Give a row and a place in the queue to each image file without one that was there before ``since``.

        A younger one may belong to reads that are being written at this moment.
        """
        for prefix in PREFIXES:
            known_digests = queries.image_digests(self.database, prefix)
            for sha256 in self._orphans(known_digests, prefix, report):
                facts = self.images.facts(sha256)
                if facts is not None and facts.modified_at <= since:
                    self._adopt_file(sha256, facts.length, report)

    def _orphans(self, known_digests: set[str], prefix: str, report: SalvageReport) -> list[str]:
        """Files of a folder without a row; none of a folder that cannot be looked into."""
        try:
            return self.images.orphans(known_digests, prefix)
        except StoreError as error:
            log.error("salvage.folder_not_read", failure=str(error))
            report.folders_unreadable += 1
            return []

    def _adopt_file(self, sha256: str, length: int, report: SalvageReport) -> None:
        try:
            self.images.get(sha256)
        except StoreError:
            report.images_damaged += 1
            return
        with self.database.write() as connection:
            self._name_image(connection, sha256)
            report.requeued_items += enqueue.queue_image(connection, sha256, length)
        report.images_adopted += 1

    def _queue_again(self, read_ids: list[str], report: SalvageReport) -> None:
        """Queue what has no place in the queue of the reads that came over, their hits and their images."""
        for start in range(0, len(read_ids), BATCH):
            with self.database.write() as connection:
                for read_id in _reads_to_requeue(connection, read_ids[start : start + BATCH]):
                    report.requeued_items += _queue_read_again(connection, read_id)

    def _queue_alone(self, lone_images: list[str], report: SalvageReport) -> None:
        """Queue images of which the read is lost, as of a pass that was not over: they are evidence."""
        for start in range(0, len(lone_images), BATCH):
            with self.database.write() as connection:
                for sha256 in lone_images[start : start + BATCH]:
                    if (facts := self.images.facts(sha256)) is not None:
                        report.requeued_items += enqueue.queue_image(connection, sha256, facts.length)


_TABLES = {table.name: table for table in TABLES}


def _counter_of(fate: Fate, report: SalvageReport) -> Counter[str]:
    return {Fate.NEW: report.new_rows, Fate.THERE: report.there, Fate.HANGING: report.hanging, Fate.OVER: report.over}[
        fate
    ]


def _has_live(connection: Connection, source: object) -> bool:
    live = (generations.c.source == source) & (generations.c.live == 1)
    return bool(connection.execute(select(exists().where(live))).scalar_one())


def _keep_receipt(connection: Connection, row: Row) -> None:
    """What is queued anew may have been delivered long ago: the old row knows."""
    if row.get("state") == "ready":
        return
    assignments = ", ".join(f"{name} = ?" for name in _RECEIPT)
    values = (*(row.get(name) for name in _RECEIPT), row["item_id"], row["sha256"])
    statement = f"UPDATE outbox SET {assignments} WHERE item_id = ? AND sha256 = ? AND state = 'ready'"  # noqa: S608 - our own columns
    connection.exec_driver_sql(statement, values)


def _reads_to_requeue(connection: Connection, read_ids: list[str]) -> list[str]:
    """Of these reads, those that are to be sent themselves, or of which a hit, an alert, an answer or an image is."""
    of_hit = select(hits.c.seq).where(hits.c.read_id == reads.c.read_id, ~_item(hits.c.hit_id)).exists()
    of_image = select(evidence.c.place).where(evidence.c.read_id == reads.c.read_id, ~_item(evidence.c.sha256)).exists()
    of_alert = [
        select(alerts.c.hit_id).where(alerts.c.read_id == reads.c.read_id, has_come, ~_item(item_id)).exists()
        for item_id, has_come in (
            (literal(alert_item_id("")).concat(alerts.c.hit_id), true()),
            (literal(late_tone_item_id("")).concat(alerts.c.hit_id), alerts.c.late_tone_boot_id.is_not(None)),
            (literal(withdrawal_item_id("")).concat(alerts.c.hit_id), alerts.c.withdrawn_boot_id.is_not(None)),
        )
    ]
    said = literal(disposition_item_id("")).concat(dispositions.c.disposition_id)
    of_reads = (dispositions.c.hit_id == hits.c.hit_id) & (hits.c.read_id == reads.c.read_id)
    of_answer = select(dispositions.c.seq).where(of_reads, ~_item(said)).exists()
    lacking = or_(~_item(reads.c.read_id), of_hit, of_image, of_answer, *of_alert)
    return list(connection.scalars(select(reads.c.read_id).where(reads.c.read_id.in_(read_ids), lacking)))


def _item(item_id: ColumnElement[str]) -> Exists:
    return select(outbox.c.seq).where(outbox.c.item_id == item_id).exists()


def _queue_read_again(connection: Connection, read_id: str) -> int:
    """Queue a read, its hits and its images where they are not; returns how many items."""
    stored_read = queries.get(connection, read_id)
    if stored_read is None:
        return 0
    lost_hits = [hit for hit in stored_read.hits if not _is_queued(connection, hit.hit_id)]
    if lost_hits:
        enqueue.queue_hits(connection, lost_hits, stored_read.read)
    count = len(lost_hits) + sum(
        enqueue.queue_alert(connection, record, stored_read.read) for record in stored_read.alerts
    )
    answers = dispositions_of(connection, [hit.hit_id for hit in stored_read.hits])
    count += sum(
        enqueue.queue_disposition(connection, each, read_id, stored_read.read.unit_id)
        for of_hit in answers.values()
        for each in of_hit
    )
    count += sum(enqueue.queue_image(connection, ref.sha256, ref.length) for ref in stored_read.read.evidence)
    if not stored_read.closed or _is_queued(connection, read_id):
        return count
    enqueue.queue_read(connection, stored_read.read)
    return count + 1


def _is_queued(connection: Connection, item_id: str) -> bool:
    return connection.scalar(select(outbox.c.seq).where(outbox.c.item_id == item_id)) is not None
