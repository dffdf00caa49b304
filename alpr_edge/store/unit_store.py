"""Opens a unit's store with its keys."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import TypeVar

import structlog

from alpr_edge.domain.errors import DamagedError, StoreError
from alpr_edge.runtime.key_derivation import derive_key
from alpr_edge.settings import Settings
from alpr_edge.store.canvass.canvass_reads import hold_new_reads
from alpr_edge.store.db.access_rights import QUEUE
from alpr_edge.store.db.database import Database
from alpr_edge.store.evidence.images import PREFIXES, ImageStore
from alpr_edge.store.hotlists.download_spool import DownloadSpool
from alpr_edge.store.keys import IMAGES, load_key
from alpr_edge.store.outbox.outbox import Outbox
from alpr_edge.store.reads.repository import ReadStore
from alpr_edge.store.recovery.damaged_databases import waiting
from alpr_edge.store.recovery.refused_records import RefusedRecords
from alpr_edge.store.recovery.replacement import DatabaseReplacement
from alpr_edge.store.retention.earlier_holds import take_in_earlier_holds

log = structlog.get_logger(__name__)
Result = TypeVar("Result")


@dataclass(frozen=True, slots=True, eq=False)
class UnitStore:
    """The store's objects over one open database."""

    database: Database
    images: ImageStore
    reads: ReadStore
    outbox: Outbox
    incoming: DownloadSpool
    """Feeds downloaded and not imported yet."""
    refused_records: RefusedRecords
    """Records that the store refused."""
    renewal: DatabaseReplacement
    """For the process that has locked the data folder: replaces the database when it turns out damaged."""

    def with_renewal(self, step: Callable[[], Result]) -> Result:
        """Take a step; where the database shows damage on the way, it is replaced, and the step taken again.

        The check before a start looks for a short while only, and what it did not come to must not end each start anew.
        """
        try:
            return step()
        except DamagedError:
            if not self.database.damage:
                raise  # something else is damaged
            self.renewal.renew(self.database)
            return step()

    def recover(self) -> list[str]:
        """Repair what a power cut left; before the first commit of a run.

        Records set aside by earlier runs come first: an end among them still finds its read open. Holds of an earlier
        release are taken in.

        Reads that were open are closed and queued. Image files without a row were never acknowledged, as their rows
        come in the same commit as the read: they are removed. A row without its file keeps saying what there was, and
        its item is set aside for somebody to see. While a database waits to be salvaged no image goes: the rows that
        name it may lie there.

        Returns:
            What could not be repaired, a short line each: the unit works without, and the next start tries again.

        Raises:
            DamagedError: the database is damaged.
        """
        faults = [*_attempt(lambda: self.refused_records.take_in(self.reads)), *_attempt(self.reads.close_open_reads)]
        faults += _attempt(lambda: take_in_earlier_holds(self.database))
        sweep = self.images.remove_temporaries if waiting(self.database.path.parent) else self.reads.sweep_images
        for prefix in PREFIXES:
            faults += _attempt(partial(sweep, prefix))
            faults += _attempt(partial(self.outbox.quarantine_lost_images, prefix))
        return list(dict.fromkeys(faults))


def _attempt(step: Callable[[], object]) -> list[str]:
    """Take a step; returns why it failed, if it did."""
    try:
        step()
    except DamagedError:
        raise
    except StoreError as error:
        log.error("store.not_recovered", failure=str(error))
        return [str(error)]
    return []


@dataclass(frozen=True, slots=True, eq=False)
class QueueStore:
    """The part of the store that the network-facing daemon may use: the queue, and the downloads of lists."""

    database: Database
    """A connection that refuses every statement on anything else."""
    outbox: Outbox
    incoming: DownloadSpool


@contextmanager
def open_queue(settings: Settings) -> Iterator[QueueStore]:
    """Open the queue of ``settings.unit``; closes it at the end.

    Raises:
        StoreError: no key, a wrong one, or a database this release cannot use.
    """
    key = load_key("outbox", settings.store.keys_directory)
    directory = settings.unit.data_directory
    database = Database.open(directory, key, migrate=False, rights=QUEUE)
    try:
        outbox = Outbox(database, ImageStore(directory / IMAGES, derive_key(key, IMAGES)))
        yield QueueStore(database, outbox, DownloadSpool(directory, key))
    finally:
        database.close()


@contextmanager
def open_store(settings: Settings, *, migrate: bool, renew: bool = False) -> Iterator[UnitStore]:
    """Open the store of ``settings.unit``; closes it at the end.

    Args:
        settings: the settings of the unit.
        migrate: make the database, or bring its schema up to date.
        renew: whether to replace a damaged database; only for the process that has locked the data folder.

    Raises:
        StoreError: no key, a wrong one, or a database this release cannot use.
    """
    key = load_key("outbox", settings.store.keys_directory)
    directory = settings.unit.data_directory
    renewal = DatabaseReplacement(directory, key)
    database = renewal.open() if renew else Database.open(directory, key, migrate=migrate)
    try:
        images = ImageStore(directory / IMAGES, derive_key(key, IMAGES))
        reads, outbox = ReadStore(database, images, hold_new_reads), Outbox(database, images)
        incoming, refused_records = DownloadSpool(directory, key), RefusedRecords(directory, key)
        yield UnitStore(database, images, reads, outbox, incoming, refused_records, renewal)
    finally:
        database.close()
