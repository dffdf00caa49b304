"""Opens a unit's store with its keys."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TypeVar

import structlog

from alpr_edge.domain.errors import DamagedError, StoreError
from alpr_edge.runtime.key_derivation import derive_key
from alpr_edge.settings import Settings
from alpr_edge.store.canvass.canvass_reads import hold_new_reads
from alpr_edge.store.db.access_rights import QUEUE
from alpr_edge.store.db.database import Database
from alpr_edge.store.evidence.images import ImageStore
from alpr_edge.store.hotlists.download_spool import DownloadSpool
from alpr_edge.store.keys import IMAGES, load_key
from alpr_edge.store.outbox.outbox import Outbox
from alpr_edge.store.reads.repository import ReadStore
from alpr_edge.store.recovery.damaged_databases import waiting
from alpr_edge.store.recovery.record_intake import RecordIntake
from alpr_edge.store.recovery.refused_records import RefusedRecords
from alpr_edge.store.recovery.replacement import DatabaseReplacement
from alpr_edge.store.retention.earlier_holds import take_in_earlier_holds

INTAKE_S_MAX = 10.0
"""Longest time of a start for records that earlier runs set aside: no plate is read meanwhile."""
MENDED_MAX = 2
"""How often a database is mended for one step of a start: it is checked first, and then replaced."""

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
    intake: RecordIntake
    """Brings those of earlier runs back."""
    replacement: DatabaseReplacement
    """For the process that has locked the data folder: replaces the database when it turns out damaged."""

    def with_replacement(self, step: Callable[[], Result]) -> Result:
        """Take a step; where the database shows damage on the way, it is mended, and the step taken again.

        The check before a start looks for a short while only, and what it did not come to must not end each start anew.
        A database that is sound by the check and fails again is replaced.
        """
        for _ in range(MENDED_MAX):
            try:
                return step()
            except DamagedError:
                if self.database.damage is None:
                    raise  # something else is damaged
                self.replacement.mend(self.database)
        return step()

    def recover(self) -> list[str]:
        """Repair what the last run left unfinished and a commit must not come before; to be called before the first.

        Records set aside by earlier runs come first, for at most :data:`INTAKE_S_MAX`; :attr:`intake` goes on with the
        rest while the unit works. Reads that were open are closed and queued after the last of them. Holds of an
        earlier release are taken in. How long it takes does not grow with the number of reads: images are left to
        :meth:`reconcile_images`.

        Returns:
            What could not be repaired, a short line each: the unit works without, and the next start tries again.
            Nothing of the records themselves, with which :attr:`intake` goes on.

        Raises:
            DamagedError: the database is damaged.
        """
        faults = _attempt(self.intake.begin)
        _attempt(lambda: self.intake.step(INTAKE_S_MAX))
        return [*faults, *_attempt(lambda: take_in_earlier_holds(self.database))]

    def reconcile_images(self, prefix: str) -> list[str]:
        """Repair what a power cut left of the images of a prefix; the process that commits reads may go on with it.

        An image file without a row was never acknowledged, as its row comes in the same commit as the read: it is
        removed. A row without its file keeps saying what there was, and its item is quarantined for somebody to see.
        While a database waits to be salvaged no image goes: the rows that name it may lie there.

        Returns:
            What could not be looked at or removed, a short line each.

        Raises:
            DamagedError: the database is damaged.
        """
        faults = _attempt(lambda: self.reads.sweep_images(prefix, self._is_salvaged))
        return list(dict.fromkeys(faults + _attempt(lambda: self.outbox.quarantine_lost_images(prefix))))

    def _is_salvaged(self) -> bool:
        """Whether no damaged database waits to be salvaged."""
        return not waiting(self.database.path.parent)


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
def open_store(settings: Settings, *, migrate: bool, replace_damaged: bool = False) -> Iterator[UnitStore]:
    """Open the store of ``settings.unit``; closes it at the end.

    Args:
        replace_damaged: whether to replace a damaged database; only for the process that has locked the data folder.

    Raises:
        StoreError: no key, a wrong one, or a database this release cannot use.
    """
    key = load_key("outbox", settings.store.keys_directory)
    directory = settings.unit.data_directory
    replacement = DatabaseReplacement(directory, key)
    database = replacement.open() if replace_damaged else Database.open(directory, key, migrate=migrate)
    try:
        images = ImageStore(directory / IMAGES, derive_key(key, IMAGES))
        reads, outbox = ReadStore(database, images, hold_new_reads), Outbox(database, images)
        incoming, refused_records = DownloadSpool(directory, key), RefusedRecords(directory, key)
        intake = RecordIntake(refused_records, reads)
        yield UnitStore(database, images, reads, outbox, incoming, refused_records, intake, replacement)
    finally:
        database.close()
