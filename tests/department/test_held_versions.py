"""What each unit has of lists and roster is on record, with the moment it was first heard of."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from alpr_edge.department.held_versions import DOCUMENTS_MAX
from alpr_edge.department.ingest.storage import Storage
from alpr_edge.department.list_requests import SERIAL_MAX
from tests.department.engines import EngineUnderTest


@pytest.fixture
def storage(tmp_path: Path, engine: EngineUnderTest) -> Iterator[Storage]:
    storage = Storage(engine.use(tmp_path / "department"))
    yield storage
    storage.close()


def test_the_moment_is_that_of_the_first_word_of_a_serial_and_the_record_is_bounded(storage: Storage) -> None:
    held = storage.held_versions
    for unit_id, serial in (("car-2", 10**30), ("car-1", 0), ("car-1", 3)):
        held.note_list(unit_id, "amber", serial)
    held.note_roster("car-1", 7)
    before = held.of_list("amber")
    assert {unit_id: each.serial for unit_id, each in before.items()} == {"car-1": 3, "car-2": SERIAL_MAX}
    held.note_list("car-1", "amber", 3)
    assert held.of_list("amber") == before, "the same serial again is no news"
    assert ({each.serial for each in held.of_roster().values()}, held.of_list("stolen")) == ({7}, {})
    for number in range(DOCUMENTS_MAX + 3):
        held.note_list("car-3", f"list-{number}", 1)
    held.note_list("car-2", "two words", 1)
    assert sum(len(held.of_list(f"list-{number}")) for number in range(DOCUMENTS_MAX + 3)) == DOCUMENTS_MAX
    assert held.of_list("two words") == {}
