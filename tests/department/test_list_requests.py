"""Which unit asks for which list is on record, in bounded number."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from alpr_edge.department.ingest.storage import Storage
from alpr_edge.department.list_requests import SERIAL_MAX, SOURCES_MAX, ListRequest
from tests.department.engines import EngineUnderTest


@pytest.fixture
def storage(tmp_path: Path, engine: EngineUnderTest) -> Iterator[Storage]:
    storage = Storage(engine.use(tmp_path / "department"))
    yield storage
    storage.close()


def test_the_newest_request_of_each_unit_counts(storage: Storage) -> None:
    for unit_id, source, serial in (("b", "amber", 1), ("a", "amber", 0), ("b", "amber", 4), ("b", "stolen", 10**30)):
        storage.list_requests.note(ListRequest(unit_id, source, serial))
    assert [(each.source, each.unit_id, each.serial) for each in storage.list_requests.all()] == [
        ("amber", "a", 0),
        ("amber", "b", 4),
        ("stolen", "b", SERIAL_MAX),
    ]
    assert all(each.requested_at is not None for each in storage.list_requests.all())


def test_an_equal_request_is_not_written_again_at_once(storage: Storage) -> None:
    storage.list_requests.note(ListRequest("a", "amber", 1))
    (first,) = storage.list_requests.all()
    storage.list_requests.note(ListRequest("a", "amber", 1))
    assert storage.list_requests.all() == [first]


def test_no_unit_fills_the_record_and_no_name_that_is_none_gets_in(storage: Storage) -> None:
    for number in range(SOURCES_MAX + 5):
        storage.list_requests.note(ListRequest("a", f"list-{number}", 1))
    storage.list_requests.note(ListRequest("b", "two words", 1))
    assert len(storage.list_requests.all()) == SOURCES_MAX
