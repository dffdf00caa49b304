from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from alpr_edge.domain.errors import StoreError
from alpr_edge.domain.hits import Generation
from alpr_edge.store.db.database import Database
from alpr_edge.store.hotlists import generations, sync_state
from alpr_edge.store.hotlists.generations import StoredGeneration

ISSUED = datetime(2026, 5, 4, 9, 0, tzinfo=UTC)


def add(database: Database, source: str = "doj") -> Generation:
    generation = Generation(source, generations.next_serial(database, source), ISSUED, None, 72)
    file = f"{source}.{generation.serial:08d}.list"
    (database.path.parent / file).write_bytes(b"sealed")
    generations.record_and_activate(database, generation, file, "a" * 64)
    return generation


def live(database: Database) -> list[tuple[str, int]]:
    return [(row.generation.source, row.generation.serial) for row in generations.live(database)]


def test_serials_grow_by_one_a_source(database: Database) -> None:
    assert [add(database).serial for _ in range(3)] == [1, 2, 3]
    assert add(database, "ncic").serial == 1
    assert live(database) == [("doj", 3), ("ncic", 1)]


def test_a_generation_comes_back_as_it_went_in(database: Database) -> None:
    generation = add(database)
    assert generations.live(database) == [StoredGeneration(generation, "doj.00000001.list", "a" * 64, live=True)]


def test_roll_back_switches_the_row_and_serials_go_on(database: Database) -> None:
    for _ in range(3):
        add(database)
    generations.activate(database, "doj", 2, database.path.parent)
    assert live(database) == [("doj", 2)]
    assert [row.generation.serial for row in generations.all_generations(database, "doj")] == [3, 2, 1]
    assert add(database).serial == 4
    assert live(database) == [("doj", 4)]


def test_a_generation_that_is_not_there_leaves_the_live_one(database: Database) -> None:
    add(database)
    with pytest.raises(StoreError, match="list doj has no generation 9; the live one stays"):
        generations.activate(database, "doj", 9, database.path.parent)
    assert live(database) == [("doj", 1)]


def test_a_generation_whose_file_is_gone_leaves_the_live_one(database: Database) -> None:
    add(database)
    add(database)
    (database.path.parent / "doj.00000001.list").unlink()
    with pytest.raises(StoreError, match=r"doj\.00000001\.list: the file of generation 1 is gone; the live one stays"):
        generations.activate(database, "doj", 1, database.path.parent)
    assert live(database) == [("doj", 2)]


def test_old_generations_go_with_their_files_and_the_live_one_stays(database: Database) -> None:
    folder = database.path.parent
    for _ in range(6):
        add(database)
    add(database, "ncic")
    generations.activate(database, "doj", 2, folder)
    (folder / "doj.00000000.list").write_bytes(b"of a crash between row and file")
    generations.forget_oldest(database, "doj", folder)
    assert [row.generation.serial for row in generations.all_generations(database, "doj")] == [6, 5, 4, 2]
    assert sorted(path.name for path in folder.glob("*.list")) == [
        *(f"doj.{serial:08d}.list" for serial in (2, 4, 5, 6)),
        "ncic.00000001.list",
    ]
    assert add(database).serial == 7


def test_a_list_its_server_confirms_does_not_age_and_one_rolled_back_to_does(database: Database) -> None:
    generation = Generation("bolo", 1, None, ISSUED, 1)
    generations.record_and_activate(database, generation, "bolo.00000001.list", "a" * 64)
    confirmed_at = ISSUED + timedelta(hours=20)
    sync_state.note(database, "bolo", asked=confirmed_at)
    assert generations.live(database)[0].generation.imported_at == confirmed_at
    sync_state.note(database, "bolo", take_failure="refused")
    assert generations.live(database)[0].generation.imported_at == ISSUED
    sync_state.note(database, "bolo", take_failure="")
    (database.path.parent / "bolo.00000001.list").write_bytes(b"sealed")
    generations.record_and_activate(database, replace(generation, serial=2), "bolo.00000002.list", "b" * 64)
    generations.activate(database, "bolo", 1, database.path.parent)
    assert generations.live(database)[0].generation.imported_at == ISSUED


def test_two_imports_with_one_serial_leave_the_first(database: Database) -> None:
    generation = add(database)
    with pytest.raises(StoreError):
        generations.record_and_activate(database, replace(generation, entries=1), "other", "b" * 64)
    assert generations.live(database) == [StoredGeneration(generation, "doj.00000001.list", "a" * 64, live=True)]


def test_another_process_sees_the_switch_through_data_version(database: Database, key: bytes) -> None:
    watching = Database.open(database.path.parent, key, migrate=False)
    before = watching.data_version()
    add(database)
    assert watching.data_version() != before
    assert live(watching) == [("doj", 1)]
    watching.close()


def test_nothing_is_live_at_first(database: Database) -> None:
    assert generations.live(database) == generations.all_generations(database, "doj") == []
