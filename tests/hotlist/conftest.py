"""A unit's lists in a temporary folder."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from alpr_edge.hotlist.importing import Lists
from alpr_edge.hotlist.loader import LISTS_DIRECTORY, HotlistLoader
from alpr_edge.store.database import Database

KEY = bytes(range(32))
LISTS_KEY = bytes(range(32, 64))


@pytest.fixture
def data(tmp_path: Path) -> Path:
    return tmp_path / "data"


@pytest.fixture
def lists(data: Path) -> Iterator[Lists]:
    database = Database.open(data, KEY, migrate=True)
    yield Lists(database, LISTS_KEY, data / LISTS_DIRECTORY)
    database.close()


@pytest.fixture
def loader(lists: Lists) -> HotlistLoader:
    return HotlistLoader(lists.database, lists.lists_key, lists.directory)
