"""Opens a unit's store with its keys."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from alpr_edge.settings import Settings
from alpr_edge.store.aside import waiting
from alpr_edge.store.damage import Renewal
from alpr_edge.store.database import Database
from alpr_edge.store.images import ImageStore
from alpr_edge.store.incoming import Incoming
from alpr_edge.store.keys import IMAGES, derive_key, load_key
from alpr_edge.store.outbox import Outbox
from alpr_edge.store.reads import ReadStore
from alpr_edge.store.rights import QUEUE


@dataclass(frozen=True, slots=True, eq=False)
class StoreRoom:
    """The store's objects over one open database."""

    database: Database
    images: ImageStore
    reads: ReadStore
    outbox: Outbox
    incoming: Incoming
    """Feeds fetched and not imported yet."""
    renewal: Renewal
    """For the process that holds the data folder: goes on with a new database when this one turns out damaged."""

    def recover(self) -> None:
        """Put right what a power cut left; before the first commit of a run.

        Reads that were open are closed and queued. Image files without a row were never acknowledged, as their rows
        come in the same commit as the read: they are removed. A row without its file keeps saying what there was, and
        its item is set aside for somebody to see. While a database waits to be salvaged no image goes: the rows that
        name it may lie there.
        """
        self.reads.close_open_reads()
        if waiting(self.database.path.parent):
            self.images.remove_temporaries()
        else:
            self.reads.sweep_images()
        self.outbox.quarantine_lost_images()


@dataclass(frozen=True, slots=True, eq=False)
class QueueRoom:
    """What the half that faces the network has of the store: the queue, and how lists are fetched."""

    database: Database
    """Refuses every statement that touches anything else."""
    outbox: Outbox
    incoming: Incoming


@contextmanager
def open_queue(settings: Settings) -> Iterator[QueueRoom]:
    """Open the queue of ``settings.unit``; closes it at the end.

    Raises:
        StoreError: no key, a wrong one, or a database this release cannot use.
    """
    key = load_key("outbox", settings.store.keys_directory)
    directory = settings.unit.data_directory
    database = Database.open(directory, key, migrate=False, rights=QUEUE)
    try:
        outbox = Outbox(database, ImageStore(directory / IMAGES, derive_key(key, IMAGES)))
        yield QueueRoom(database, outbox, Incoming(directory, key))
    finally:
        database.close()


@contextmanager
def open_store(settings: Settings, *, migrate: bool, renew: bool = False) -> Iterator[StoreRoom]:
    """Open the store of ``settings.unit``; closes it at the end.

    Args:
        settings: of the unit.
        migrate: make the database, or bring its schema up to date.
        renew: set a damaged one aside and begin a new one; only for who holds the data folder.

    Raises:
        StoreError: no key, a wrong one, or a database this release cannot use.
    """
    key = load_key("outbox", settings.store.keys_directory)
    directory = settings.unit.data_directory
    renewal = Renewal(directory, key)
    database = renewal.open() if renew else Database.open(directory, key, migrate=migrate)
    try:
        images = ImageStore(directory / IMAGES, derive_key(key, IMAGES))
        reads, outbox = ReadStore(database, images), Outbox(database, images)
        yield StoreRoom(database, images, reads, outbox, Incoming(directory, key), renewal)
    finally:
        database.close()
