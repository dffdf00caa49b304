"""Opens a unit's store with its keys."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from alpr_edge.settings import Settings
from alpr_edge.store.database import Database
from alpr_edge.store.images import ImageStore
from alpr_edge.store.incoming import Incoming
from alpr_edge.store.keys import IMAGES, derive_key, load_key
from alpr_edge.store.outbox import Outbox
from alpr_edge.store.reads import ReadStore


@dataclass(frozen=True, slots=True, eq=False)
class StoreRoom:
    """The store's objects over one open database."""

    database: Database
    images: ImageStore
    reads: ReadStore
    outbox: Outbox
    incoming: Incoming
    """Feeds fetched and not imported yet."""


@contextmanager
def open_store(settings: Settings, *, migrate: bool) -> Iterator[StoreRoom]:
    """Open the store of ``settings.unit``; closes it at the end.

    Raises:
        StoreError: no key, a wrong one, or a database this release cannot use.
    """
    key = load_key("outbox", settings.store.keys_directory)
    directory = settings.unit.data_directory
    database = Database.open(directory, key, migrate=migrate)
    try:
        images = ImageStore(directory / IMAGES, derive_key(key, IMAGES))
        yield StoreRoom(
            database, images, ReadStore(database, images), Outbox(database, images), Incoming(directory, key)
        )
    finally:
        database.close()
