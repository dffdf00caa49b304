from dataclasses import replace
from datetime import UTC, datetime

import pytest

from alpr_edge.domain.errors import StoreError
from alpr_edge.domain.hits import Generation
from alpr_edge.store import generations
from alpr_edge.store.database import Database
from alpr_edge.store.generations import StoredGeneration

ISSUED = datetime(2026, 5, 4, 9, 0, tzinfo=UTC)


def add(database: Database, source: str = "doj") -> Generation:
    generation = Generation(source, generations.next_serial(database, source), ISSUED, None, 72)
    generations.record_and_make_live(database, generation, f"{source}-{generation.serial}.list", "a" * 64)
    return generation


def live(database: Database) -> list[tuple[str, int]]:
    return [(row.generation.source, row.generation.serial) for row in generations.live(database)]


def test_serials_grow_by_one_a_source(database: Database) -> None:
    assert [add(database).serial for _ in range(3)] == [1, 2, 3]
    assert add(database, "ncic").serial == 1
    assert live(database) == [("doj", 3), ("ncic", 1)]


def test_a_generation_comes_back_as_it_went_in(database: Database) -> None:
    generation = add(database)
    assert generations.live(database) == [StoredGeneration(generation, "doj-1.list", "a" * 64, live=True)]


def test_roll_back_switches_the_row_and_serials_go_on(database: Database) -> None:
    for _ in range(3):
        add(database)
    generations.make_live(database, "doj", 2)
    assert live(database) == [("doj", 2)]
    assert [row.generation.serial for row in generations.held(database, "doj")] == [3, 2, 1]
    assert add(database).serial == 4
    assert live(database) == [("doj", 4)]


def test_a_generation_that_is_not_there_leaves_the_live_one(database: Database) -> None:
    add(database)
    with pytest.raises(StoreError, match="list doj has no generation 9; the live one stays"):
        generations.make_live(database, "doj", 9)
    assert live(database) == [("doj", 1)]


def test_two_imports_with_one_serial_leave_the_first(database: Database) -> None:
    generation = add(database)
    with pytest.raises(StoreError):
        generations.record_and_make_live(database, replace(generation, entries=1), "other", "b" * 64)
    assert generations.live(database) == [StoredGeneration(generation, "doj-1.list", "a" * 64, live=True)]


def test_another_process_sees_the_switch_through_data_version(database: Database, key: bytes) -> None:
    watching = Database.open(database.path.parent, key, migrate=False)
    before = watching.data_version()
    add(database)
    assert watching.data_version() != before
    assert live(watching) == [("doj", 1)]
    watching.close()


def test_nothing_is_live_at_first(database: Database) -> None:
    assert generations.live(database) == generations.held(database, "doj") == []
