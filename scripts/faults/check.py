"""Compare the disk after a fault, and the department in the end, with what was acknowledged."""

import json
import sqlite3
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from random import Random

from sqlalchemy import Connection, text
from sqlalchemy.exc import DBAPIError

from alpr_edge.app.connections.department import open_department
from alpr_edge.app.factories import open_lists
from alpr_edge.department.db.engines.sqlite import DATABASE_NAME
from alpr_edge.domain.errors import StoreError
from alpr_edge.domain.feed_formats import FormatName
from alpr_edge.domain.plates import canonical
from alpr_edge.domain.protocol.items import BODY_BYTES_MAX
from alpr_edge.hotlist.index.index import HotlistIndex, SealedList
from alpr_edge.hotlist.ingest.importer import ImportRequest, import_feed
from alpr_edge.runtime.clock import SystemClock
from alpr_edge.services.upload import send_all
from alpr_edge.settings import Settings
from alpr_edge.store.db.migrate import RELEASE
from alpr_edge.store.evidence.images import PREFIXES
from alpr_edge.store.hotlists import generations
from alpr_edge.store.recovery.damaged_databases import damaged_databases, waiting
from alpr_edge.store.recovery.salvage import Salvage
from alpr_edge.store.unit_store import UnitStore, open_store
from alpr_edge.uplink.uploader import Uploader
from scripts.faults import records
from scripts.faults.ledger import CampaignTally, Ledger
from scripts.faults.refusal import RefusingStorage
from scripts.faults.rig import LATER_RELEASES, LIST, Rig, entries_of

SEND_S_MAX = 300.0
DUE_MAX = 20
LOCK = ".import.lock"
_READS = "SELECT read_id FROM reads"
_ENDED = "SELECT read_id FROM reads WHERE closed = 1 AND vote_count = :votes"
_READS_QUEUED = "SELECT item_id FROM outbox WHERE kind = 'read'"
_UNQUEUED = (
    "SELECT 'read ' || read_id FROM reads WHERE read_id NOT IN (SELECT item_id FROM outbox WHERE kind = 'read')",
    "SELECT 'hit ' || hit_id FROM hits WHERE hit_id NOT IN (SELECT item_id FROM outbox WHERE kind = 'hit')",
    "SELECT 'alert ' || hit_id FROM alerts WHERE 'alert:' || hit_id NOT IN (SELECT item_id FROM outbox)",
    "SELECT 'withdrawal:' || hit_id FROM alerts WHERE withdrawn_boot_id NOT NULL EXCEPT SELECT item_id FROM outbox",
    "SELECT 'image ' || sha256 FROM evidence WHERE sha256 NOT IN (SELECT item_id FROM outbox WHERE kind = 'image')",
)


@dataclass(slots=True)
class DiskCheck:
    """A check of a disk that was mounted again.

    Args:
        rig: the keys and the department, which no fault reaches.
        disk: the mounted folder.
        ledger: the reads and lists that were acknowledged on it.
        tally: the tally that findings are added to.
        whole: digests of images that an earlier look opened.
    """

    rig: Rig
    disk: Path
    ledger: Ledger
    tally: CampaignTally
    whole: set[str]
    car: bool = False
    """Whether the disk is that of a whole unit, whose reads nobody made up."""
    known_aside: int = 0
    """Databases that may be set aside: those that were damaged on purpose."""

    def run(self) -> None:
        """Open the store as the unit does, and check all that is in it."""
        try:
            with open_store(self._settings, migrate=True, replace_damaged=True) as store:
                self._came_in_place(store)
                self._open(store, self.ledger.pictures)
                store.recover()
                for prefix in PREFIXES:
                    store.reconcile_images(prefix)
                with store.database.engine.connect() as connection:
                    self._database(connection)
                    self._reads(connection)
                    self._parts(connection)
                    self._aside(store)
                    self._receipts(connection)
                    self._images(connection, store)
                self._lists(store)
        except (StoreError, DBAPIError) as error:
            self.tally.corrupt.append(f"the store is damaged: {error}")

    def go_on(self, promised_reads: set[str], run: int, random: Random) -> None:
        """After damage: open as the unit does, keep a batch, salvage, and hold what is there against what was promised.

        Args:
            promised_reads: reads on pages that the damage did not touch.
            run: number for the new batch.
            random: the generator that draws the batch.
        """
        with open_store(self._settings, migrate=True, replace_damaged=True) as store:
            store.recover()
            new_records = records.batch(random, run, 0)
            store.reads.commit([*new_records, *(records.closing(random, record) for record in new_records)])
            self.ledger.reads.update(record.read.read_id for record in new_records)
            for aside in waiting(store.database.path.parent):
                Salvage(store.database, store.images, store.replacement.key).run(aside, lambda _, __: None)
                self.known_aside += 1
            with store.database.engine.connect() as connection:
                stored_ids, queued_ids = (
                    {str(row[0]) for row in connection.execute(text(q))} for q in (_READS, _READS_QUEUED)
                )
        there = stored_ids | queued_ids | self._department_reads()[0]
        self.tally.losses += [f"read {read_id} was on a whole page" for read_id in promised_reads - there]
        self.tally.reads_salvaged += len(promised_reads & there)
        # A read whose row was damaged is not lost while its item is there: that says all that the department needs.
        self.ledger.excused_reads |= self.ledger.reads - stored_ids
        self.ledger.reads &= there

    def send_all(self) -> None:
        """Deliver everything, and look at what the department holds of this disk."""
        department = open_department(self._settings)
        with open_store(self._settings, migrate=True) as store:
            uploader = Uploader(store.outbox, department, self._settings.uplink, SystemClock())
            left = send_all(uploader, store.outbox, SEND_S_MAX, lambda _: None)
            department.close()
            self.tally.losses += [f"{left} items do not leave: {uploader.state.last_error}"] * bool(left)
            # An item whose images' rows are lost differs from what was delivered before: the first one stands.
            there = {item for item, _ in self._department("SELECT item_id, sha256 FROM items WHERE unit_id = ?")}
            refused_items = [
                item for item in store.outbox.quarantined_items() if not (self.known_aside and item.item_id in there)
            ]
            self.tally.corrupt += [f"{len(refused_items)} items were refused by the department"] * bool(refused_items)
        department_ids, frames = self._department_reads()
        self.tally.losses += [
            f"read {read_id} is not at the department" for read_id in self.ledger.reads - department_ids
        ]
        twice = [] if self.car else [(frame, n) for frame, n in frames.items() if n > 1]
        self.tally.duplicates += [f"frame {frame} is there {n} times" for frame, n in twice]

    def count_without_pictures(self, run: int) -> int:
        """Reads of a victim that were kept without some of their pictures."""
        query = text("SELECT count(DISTINCT read_id) FROM missing_evidence WHERE read_id GLOB :of_run")
        with open_store(self._settings, migrate=True) as store, store.database.read() as connection:
            return int(connection.execute(query, {"of_run": f"{run}.*"}).scalar_one())

    def outlast(self, url: str, refusing: RefusingStorage) -> None:
        """Send everything to a department that refuses an item: all others arrive, and it alone is set aside.

        Then it is queued again, and goes to a department that takes it.
        """
        settings = replace(self.rig, url=url).settings(self.disk)
        department = open_department(settings)
        with open_store(settings, migrate=True) as store:
            uploader = Uploader(store.outbox, department, settings.uplink, SystemClock())
            left = send_all(uploader, store.outbox, SEND_S_MAX, lambda _: self._waits_behind(store, refusing))
            department.close()
            self.tally.losses += [f"{left} items wait behind one that is refused"] * bool(left)
            aside = {item.item_id for item in store.outbox.quarantined_items()}
            expected_ids = {refusing.item_id} if refusing.item_id else set()
            self.tally.losses += [f"item {item} was set aside with the refused one" for item in aside - expected_ids]
            self.tally.corrupt += [f"item {item} was refused and is not set aside" for item in expected_ids - aside]
            store.outbox.requeue()
        self.send_all()

    def _waits_behind(self, store: UnitStore, refusing: RefusingStorage) -> None:
        """An item that failed alone comes after all others."""
        item = store.outbox.find(refusing.item_id)
        if item is not None and item.failures_alone:
            due = store.outbox.due(DUE_MAX, BODY_BYTES_MAX)
            behind = any(other.item_id == item.item_id for other in due[:-1])
            self.tally.corrupt += ["an item that failed alone waits before others"] * behind

    @property
    def _settings(self) -> Settings:
        return self.rig.car(self.disk) if self.car else self.rig.settings(self.disk)

    def _came_in_place(self, store: UnitStore) -> None:
        """No cut, kill or full disk may pass for damage."""
        aside = len(damaged_databases(store.database.path.parent)) - self.known_aside
        self.tally.corrupt += [f"{aside} sound databases were set aside"] * bool(aside)

    def _database(self, connection: Connection) -> None:
        for pragma in ("integrity_check", "foreign_key_check", "cipher_integrity_check"):
            problems = [str(row) for row in connection.exec_driver_sql(f"PRAGMA {pragma}") if row[0] != "ok"]
            self.tally.corrupt += [f"{pragma}: {line}" for line in problems]
        schema = int(connection.execute(text("SELECT value FROM meta WHERE name = 'schema'")).scalar_one())
        later = schema - RELEASE.schema
        if later < self.ledger.later:
            self.tally.losses.append(f"migration {self.ledger.later} was undone")
        has = connection.execute(text("SELECT count(*) FROM sqlite_schema WHERE name GLOB 'later_[0-9]'")).scalar_one()
        if has != later or later > LATER_RELEASES:
            self.tally.corrupt.append(f"schema {schema} and {has} later tables: a migration is there in part")

    def _reads(self, connection: Connection) -> None:
        read_ids = {row[0] for row in connection.execute(text(_READS))}
        self.tally.losses += [f"read {read_id}" for read_id in self.ledger.reads - read_ids - self.ledger.excused_reads]
        for statement in _UNQUEUED:
            self.tally.losses += [f"{row[0]} never leaves" for row in connection.execute(text(statement))]

    def _parts(self, connection: Connection) -> None:
        """Made-up reads tell their batch and are told apart by their frame; those of a camera do not."""
        if self.car:
            return
        read_ids = {row[0] for row in connection.execute(text(_READS))}
        batches = Counter(_batch_of(read_id) for read_id in read_ids)
        excused_batches = {_batch_of(read_id) for read_id in self.ledger.excused_reads}
        parts = [
            batch for batch, n in batches.items() if n != int(batch.rsplit(".", 1)[1]) and batch not in excused_batches
        ]
        self.tally.corrupt += [f"batch {batch} is there in part" for batch in parts]
        ended = set(connection.scalars(text(_ENDED), {"votes": records.LAST_VOTES}))
        lost_ends = self.ledger.closed - ended - self.ledger.excused_reads
        self.tally.losses += [f"the end of read {read_id}" for read_id in lost_ends if not self.known_aside]
        twice = text("SELECT first_frame FROM reads GROUP BY first_frame HAVING count(*) > 1")
        self.tally.duplicates += [f"frame {row[0]} was read twice" for row in connection.execute(twice)]

    def _aside(self, store: UnitStore) -> None:
        """What no row can hold stays aside; everything else that was set aside was taken in."""
        aside = {record.read_id for record in store.refused_records.list_records()}
        self.tally.losses += [f"read {read_id} is not aside any more" for read_id in self.ledger.spoilt - aside]
        self.tally.corrupt += [f"read {read_id} stays aside" for read_id in aside if not records.is_spoilt(read_id)]

    def _receipts(self, connection: Connection) -> None:
        """What the car believes delivered has to be there."""
        rows = connection.execute(text("SELECT item_id, sha256 FROM outbox WHERE state = 'delivered'")).all()
        if rows:
            there = dict(self._department("SELECT item_id, sha256 FROM items WHERE unit_id = ?"))
            self.tally.losses += [
                f"item {item} has a receipt only" for item, sha256 in rows if there.get(item) != sha256
            ]

    def _images(self, connection: Connection, store: UnitStore) -> None:
        named_digests = {str(row[0]) for row in connection.execute(text("SELECT sha256 FROM images"))}
        self.tally.corrupt += [f"image {sha256} is nobody's" for sha256 in store.images.orphans(named_digests)]
        self._open(store, named_digests - self.whole)
        self.whole |= named_digests

    def _open(self, store: UnitStore, digests: Iterable[str]) -> None:
        for sha256 in digests:
            try:
                store.images.get(sha256)
            except StoreError as error:
                self.tally.corrupt.append(str(error))

    def _lists(self, store: UnitStore) -> None:
        """The live list opens, is one that was asked for, and holds what its feed held."""
        if not self.ledger.live:
            return
        _, loader = open_lists(self._settings, store.database)
        index = loader.load()
        self.tally.corrupt += [f"list: {fault}" for fault in index.faults]
        serials = [sealed_list.generation.serial for sealed_list in index.lists]
        if not serials and self.ledger.has_list:
            self.tally.losses.append("no list is live")
        for held in index.lists:
            self._list(held, index)
        self.ledger.live = set(serials)
        if self._lists_of_nobody(store, loader.directory):
            self._import(store)
            over = self._lists_of_nobody(store, loader.directory)
            self.tally.corrupt += [f"{', '.join(over)}: nobody's, and an import leaves it there"] * bool(over)

    def _lists_of_nobody(self, store: UnitStore, directory: Path) -> list[str]:
        known = {LOCK, *(stored_list.file for stored_list in generations.all_generations(store.database, LIST))}
        return [path.name for path in directory.glob("*") if path.suffix != ".json" and path.name not in known]

    def _import(self, store: UnitStore) -> None:
        lists, _ = open_lists(self._settings, store.database)
        serial = generations.next_serial(store.database, LIST)
        request = ImportRequest(self.rig.feed(serial), LIST, FormatName.GENERIC_CSV, accept_shrink=True)
        import_feed(request, lists, datetime.now(UTC))
        self.ledger.live, self.ledger.has_list = {serial}, True

    def _list(self, sealed_list: SealedList, index: HotlistIndex) -> None:
        serial = sealed_list.generation.serial
        if serial not in self.ledger.live:
            self.tally.losses.append(f"list {serial} is live, not one of {sorted(self.ledger.live)}")
        last = canonical(f"{serial:05d}{entries_of(serial) - 1:02d}")
        if sealed_list.generation.entries != entries_of(serial) or not index.exact(last):
            self.tally.corrupt.append(f"list {serial} is not what its feed was")

    def _department_reads(self) -> tuple[set[str], Counter[int]]:
        rows = list(self._department("SELECT item_id, body FROM items WHERE unit_id = ? AND kind = 'read'"))
        return {item for item, _ in rows}, Counter(json.loads(body)["first_frame"] for _, body in rows)

    def _department(self, query: str) -> Iterator[tuple[str, str]]:
        database = sqlite3.connect(f"file:{self.rig.department / DATABASE_NAME}?mode=ro", uri=True)
        try:
            yield from database.execute(query, (self._settings.unit.id,)).fetchall()
        finally:
            database.close()


def _batch_of(read_id: str) -> str:
    """``run.batch.size`` of ``run.batch.place.size``."""
    return read_id.rsplit(".", 2)[0] + "." + read_id.rsplit(".", 1)[1]
