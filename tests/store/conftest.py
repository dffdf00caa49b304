"""A store in a temporary folder, and reads to put into it."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from alpr_edge.runtime.key_derivation import derive_key
from alpr_edge.store.db.database import Database
from alpr_edge.store.evidence.images import ImageStore
from alpr_edge.store.keys import IMAGES
from alpr_edge.store.outbox.outbox import Outbox
from alpr_edge.store.reads.repository import ReadStore

KEY = bytes(range(32))


@pytest.fixture
def data(tmp_path: Path) -> Path:
    return tmp_path / "data"


@pytest.fixture
def key() -> bytes:
    return KEY


@pytest.fixture
def database(data: Path, key: bytes) -> Iterator[Database]:
    unit_database = Database.open(data, key, migrate=True)
    yield unit_database
    unit_database.close()


@pytest.fixture
def images(data: Path, database: Database, key: bytes) -> ImageStore:
    return ImageStore(data / "images", derive_key(key, IMAGES))


@pytest.fixture
def store(database: Database, images: ImageStore) -> ReadStore:
    return ReadStore(database, images)


@pytest.fixture
def outbox(database: Database, images: ImageStore) -> Outbox:
    return Outbox(database, images)
