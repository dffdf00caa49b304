"""A damaged database is set aside, told until somebody deals with it, and the unit stores into a new one."""

import os
from pathlib import Path

from alpr_edge.app.stages.database_health import DatabaseHealth
from alpr_edge.settings import load
from alpr_edge.store.db.database import DATABASE_NAME
from alpr_edge.store.recovery.damaged_databases import damaged_databases
from alpr_edge.store.unit_store import open_store
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
