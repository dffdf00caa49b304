"""Only the owner of the unit touches damaged databases, and that is on record."""

from pathlib import Path

import pytest

from alpr_edge.access.authorisation.authoriser import Authoriser
from alpr_edge.domain.errors import AccessError
from alpr_edge.services.recovery.salvage import acknowledge_databases, discard_databases, salvage_databases
from alpr_edge.settings import load
from alpr_edge.store.reads.repository import ReadStore
from alpr_edge.store.recovery.damaged_databases import damaged_databases, set_aside
from alpr_edge.store.unit_store import open_store
from tests.staff import Staff
from tests.units import write_bare_unit


@pytest.fixture
def settings(tmp_path: Path) -> Path:
    """A unit with one database that was set aside."""
    path = write_bare_unit(tmp_path)
    with open_store(load(path), migrate=True) as store:
        assert isinstance(store.reads, ReadStore)
    set_aside(tmp_path / "data")
    with open_store(load(path), migrate=True):
        return path


def test_damaged_databases_stay_as_they_are_for_who_may_not_salvage(settings: Path, nobody: Authoriser) -> None:
    unit = load(settings)
    databases = damaged_databases(unit.unit.data_directory)
    lacks = pytest.raises(AccessError, match="only root or the owner")
    with lacks:
        acknowledge_databases(databases, nobody)
    with open_store(unit, migrate=False) as store, lacks:
        salvage_databases(store, databases, nobody, lambda *_: None)
    with lacks:
        discard_databases(databases, [{"name": "any", "complete": True}], nobody)
    (database,) = damaged_databases(unit.unit.data_directory)
    assert (database.is_acknowledged, database.report) == (False, None)


def test_what_the_owner_salvages_is_on_record(settings: Path, owner: Authoriser, staff: Staff) -> None:
    unit = load(settings)
    databases = damaged_databases(unit.unit.data_directory)
    with open_store(unit, migrate=False) as store:
        reports = salvage_databases(store, databases, owner, lambda *_: None)
    discard_databases(databases, reports, owner)
    names = [f"database:{database.folder.name}" for database in databases]
    assert [(record.action, list(record.objects)) for record in staff.records()[-2:]] == [
        ("salvage_databases", names),
        ("discard_databases", names),
    ]
