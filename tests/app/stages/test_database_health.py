"""A damaged database is set aside, told until somebody deals with it, and the unit stores into a new one."""

import os
from pathlib import Path

import pytest
from sqlalchemy.exc import OperationalError

from alpr_edge.app.stages.database_health import DatabaseHealth
from alpr_edge.domain.errors import DamagedError, StoreError
from alpr_edge.settings import load
from alpr_edge.store.db.database import DATABASE_NAME
from alpr_edge.store.recovery.damaged_databases import damaged_databases
from alpr_edge.store.unit_store import UnitStore, open_store
from tests.store.damage import ReadFailedError, record
from tests.units import write_bare_unit


def test_a_database_that_was_damaged_is_told_until_it_is_acknowledged(tmp_path: Path) -> None:
    settings = load(write_bare_unit(tmp_path))
    with open_store(settings, migrate=True, replace_damaged=True) as store:
        health = DatabaseHealth(store)
        assert health.judge() is False
        assert health.warnings() == []
    file = settings.unit.data_directory / DATABASE_NAME
    os.truncate(file, file.stat().st_size // 2)
    with open_store(settings, migrate=True, replace_damaged=True) as store:
        health = DatabaseHealth(store)
        health.judge()
        (line,) = health.warnings()
        assert line.startswith("database damaged and set aside as ")
        assert line.endswith("run: alpr-edge unit salvage")
        assert health.figures()["databases_to_salvage"] == 1
        for aside in damaged_databases(settings.unit.data_directory):
            aside.acknowledge()
        health.judge()
        assert health.warnings() == []


def fail_a_read(store: UnitStore) -> None:
    """Meet an error of the disk in a query, as the driver tells it; the next read works."""
    with pytest.raises(StoreError), store.database.read():
        raise OperationalError("", {}, ReadFailedError())


@pytest.mark.review2(1)
def test_one_read_error_of_the_disk_leaves_the_database_and_what_waits_in_it_where_they_are(tmp_path: Path) -> None:
    settings = load(write_bare_unit(tmp_path))
    with open_store(settings, migrate=True, replace_damaged=True) as store:
        store.reads.commit([record(number) for number in range(20)])
        waiting, health = store.outbox.counts(), DatabaseHealth(store)
        for _ in range(3):
            fail_a_read(store)
            health.mend()
        assert store.database.damage is None
        assert store.outbox.counts() == waiting
        assert damaged_databases(settings.unit.data_directory) == []
        store.reads.commit([record(20)])


@pytest.mark.review2(1)
def test_a_database_that_fails_again_after_a_check_that_found_nothing_is_replaced(tmp_path: Path) -> None:
    """An index that lacks a row is damage that the check does not see."""
    settings = load(write_bare_unit(tmp_path))
    with open_store(settings, migrate=True, replace_damaged=True) as store:
        health = DatabaseHealth(store)
        for asides in (0, 1):
            store.database.damage = DamagedError("a row is missing from an index")
            health.mend()
            assert len(damaged_databases(settings.unit.data_directory)) == asides
