"""Only who may look at the queue sees refused records, and only who may salvage touches damaged databases."""

from pathlib import Path

import pytest

from alpr_edge.domain.access import MAINTENANCE, QUEUE_PERMISSIONS, Actor, Purpose
from alpr_edge.domain.errors import AccessError
from alpr_edge.services.recovery.refused_records import list_refused_records
from alpr_edge.services.recovery.salvage import acknowledge_databases, discard_databases, salvage_databases
from alpr_edge.settings import load
from alpr_edge.store.keys import load_key
from alpr_edge.store.reads.repository import ReadStore
from alpr_edge.store.recovery.damaged_databases import damaged_databases, set_aside
from alpr_edge.store.recovery.refused_records import RefusedRecords
from alpr_edge.store.unit_store import open_store
from tests.store.records import decided_record
from tests.units import write_bare_unit

CLERK = Actor("p-1", "Clerk", QUEUE_PERMISSIONS)
VISITOR = Actor("p-2", "Visitor", frozenset())


@pytest.fixture
def settings(tmp_path: Path) -> Path:
    """A unit with one database that was set aside."""
    path = write_bare_unit(tmp_path)
    with open_store(load(path), migrate=True) as store:
        assert isinstance(store.reads, ReadStore)
    set_aside(tmp_path / "data")
    with open_store(load(path), migrate=True):
        return path


def test_refused_records_are_listed_for_who_may_see_the_queue(settings: Path) -> None:
    unit = load(settings)
    records = RefusedRecords(unit.unit.data_directory, load_key("outbox", unit.store.keys_directory))
    records.add(decided_record("read-1"), "no reason")
    (record,) = list_refused_records(records, CLERK, MAINTENANCE)
    assert (record.read_id, record.reason) == ("read-1", "no reason")
    with pytest.raises(AccessError, match="Visitor lacks the permission see_queue"):
        list_refused_records(records, VISITOR, MAINTENANCE)
    with pytest.raises(AccessError, match="no purpose"):
        list_refused_records(records, CLERK, Purpose(""))


def test_damaged_databases_stay_as_they_are_for_who_may_not_salvage(settings: Path) -> None:
    unit = load(settings)
    databases = damaged_databases(unit.unit.data_directory)
    lacks = pytest.raises(AccessError, match="Clerk lacks the permission salvage_databases")
    with lacks:
        acknowledge_databases(databases, CLERK, MAINTENANCE)
    with open_store(unit, migrate=False) as store, lacks:
        salvage_databases(store, databases, CLERK, MAINTENANCE, lambda *_: None)
    with lacks:
        discard_databases(databases, [{"name": "any", "complete": True}], CLERK, MAINTENANCE)
    (database,) = damaged_databases(unit.unit.data_directory)
    assert (database.is_acknowledged, database.report) == (False, None)
