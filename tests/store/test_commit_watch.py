"""A process that waits for commits wakes at once when another one commits, and looks once a second otherwise."""

import asyncio
import threading
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from alpr_edge.runtime.commit_watch import CommitWatch
from alpr_edge.settings import Settings, load
from alpr_edge.store.db import clock_pairs
from alpr_edge.store.unit_store import UnitStore, open_store
from alpr_edge.web.live.hit_changes import HitChanges
from tests.store.records import instant
from tests.units import write_bare_unit

LONG_S = 20.0
SOON_S = 5.0


@pytest.fixture
def unit(tmp_path: Path) -> Settings:
    return load(write_bare_unit(tmp_path))


@pytest.fixture
def store(unit: Settings) -> Iterator[UnitStore]:
    with open_store(unit, migrate=True) as store:
        yield store


def test_a_commit_of_another_connection_wakes_the_one_that_waits(unit: Settings, store: UnitStore) -> None:
    with open_store(unit, migrate=False) as other, closing(CommitWatch(store.database.path)) as watch:
        watch.wait(0)
        began_s, version = time.monotonic(), store.database.data_version()
        timer = threading.Timer(0.2, lambda: clock_pairs.record(other.database, instant()))
        timer.start()
        watch.wait(LONG_S)
        assert 0.1 < time.monotonic() - began_s < SOON_S
        assert store.database.data_version() != version, "the commit can be read once the watch wakes"
        timer.join()


def test_without_a_commit_it_waits_for_as_long_as_it_was_asked_to(store: UnitStore) -> None:
    with closing(CommitWatch(store.database.path)) as watch:
        watch.wait(0)
        began_s = time.monotonic()
        watch.wait(0.3)
        assert time.monotonic() - began_s >= 0.29


def test_pages_are_told_soon_though_the_database_is_asked_once_a_second(unit: Settings, store: UnitStore) -> None:
    asyncio.run(follow(unit, store))


async def follow(unit: Settings, store: UnitStore) -> None:
    looks = list[float]()

    def version() -> int:
        looks.append(time.monotonic())
        return store.database.data_version()

    feed = HitChanges(version, database=store.database.path)
    feed.start()
    try:
        await feed.wait(feed.count, 1.0)
        count, before = feed.count, len(looks)
        assert await feed.wait(count, 2.5) == count
        assert len(looks) - before <= 4
        with open_store(unit, migrate=False) as other:
            await asyncio.sleep(0.2)
            count, began_s = feed.count, time.monotonic()
            clock_pairs.record(other.database, instant())
            assert await feed.wait(count, LONG_S) != count
            assert time.monotonic() - began_s < 0.5
    finally:
        feed.stop()
