import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from alpr_edge.domain.feed_formats import FormatName
from alpr_edge.domain.hits import Generation
from alpr_edge.hotlist.index.loader import HotlistLoader
from alpr_edge.hotlist.ingest.importer import ImportRequest, ListStore, import_feed
from alpr_edge.store.db.database import Database
from alpr_edge.store.hotlists.generations import activate, live
from tests.hotlist.conftest import KEY
from tests.hotlist.feed_texts import NOW, csv_text

Importer = Callable[..., int | None]


@pytest.fixture
def put(lists: ListStore, tmp_path: Path) -> Importer:
    """Imports rows as the next generation of a source."""

    def importer(source: str, *rows: str) -> int | None:
        path = tmp_path / "feed.csv"
        path.write_bytes(csv_text(*rows))
        request = ImportRequest(path, source, FormatName.GENERIC_CSV, accept_shrink=True)
        return import_feed(request, lists, NOW).serial

    return importer


def generations_with(loader: HotlistLoader, plate: str) -> list[tuple[str, int]]:
    return [(entry.source, generation.serial) for entry, generation in loader.index.exact(plate)]


def test_before_anything_was_imported_nothing_is_found(loader: HotlistLoader) -> None:
    assert len(loader.load()) == 0
    assert generations_with(loader, "ABC123") == []


def test_a_plate_is_found_in_every_source(loader: HotlistLoader, put: Importer) -> None:
    put("one", "ABC123,Stolen,CA")
    put("two", "ABC123,Wanted,CA", "ABD124,Wanted,CA")
    loader.load()
    assert generations_with(loader, "ABC123") == [("one", 1), ("two", 1)]
    assert tuple(sealed_list.generation for sealed_list in loader.index.lists) == (
        Generation("one", 1, None, NOW, 1),
        Generation("two", 1, None, NOW, 2),
    )


def test_a_refresh_takes_up_what_went_live_and_is_idle_else(
    loader: HotlistLoader, lists: ListStore, put: Importer
) -> None:
    put("one", "ABC123,Stolen,CA")
    loader.load()
    assert not loader.refresh_if_changed()
    put("one", "ABD124,Stolen,CA")
    assert loader.refresh_if_changed()
    assert (generations_with(loader, "ABC123"), generations_with(loader, "ABD124")) == ([], [("one", 2)])
    activate(lists.database, "one", 1, lists.directory)
    assert loader.refresh_if_changed()
    assert generations_with(loader, "ABC123") == [("one", 1)]


def test_another_commit_swaps_nothing(loader: HotlistLoader, lists: ListStore, put: Importer) -> None:
    put("one", "ABC123,Stolen,CA")
    index = loader.load()
    with lists.database.write() as connection:
        connection.exec_driver_sql("CREATE TABLE elsewhere (x)")
    assert not loader.refresh_if_changed()
    assert loader.index is index


def test_a_swap_by_another_process_is_seen(loader: HotlistLoader, lists: ListStore, data: Path, put: Importer) -> None:
    put("one", "ABC123,Stolen,CA")
    put("one", "ABD124,Stolen,CA")
    loader.load()
    other = Database.open(data, KEY, migrate=False)
    activate(other, "one", 1, lists.directory)
    other.close()
    assert loader.refresh_if_changed()
    assert generations_with(loader, "ABC123") == [("one", 1)]


def test_a_source_unchanged_is_not_opened_again(loader: HotlistLoader, put: Importer) -> None:
    put("one", "ABC123,Stolen,CA")
    put("two", "ABC123,Stolen,CA")
    before = {sealed_list.generation.source: sealed_list.packed_list for sealed_list in loader.load().lists}
    put("two", "ABD124,Stolen,CA")
    loader.refresh_if_changed()
    after = {held.generation.source: held.packed_list for held in loader.index.lists}
    assert after["one"] is before["one"]
    assert after["two"] is not before["two"]


def test_a_list_that_does_not_open_is_a_fault_and_the_others_are_watched(
    loader: HotlistLoader, lists: ListStore, put: Importer
) -> None:
    put("one", "ABC123,Stolen,CA")
    put("two", "ABD124,Stolen,CA")
    for path in lists.directory.glob("one.*"):
        path.write_bytes(b"damaged")
    loader.load()
    assert [fault.source for fault in loader.index.faults] == ["one"]
    assert "changed or cut short" in loader.index.faults[0].message
    assert generations_with(loader, "ABD124") == [("two", 1)]
    assert not loader.refresh_if_changed()


def test_the_generation_open_before_stays_when_the_next_does_not_open(
    loader: HotlistLoader, lists: ListStore, put: Importer
) -> None:
    put("one", "ABC123,Stolen,CA")
    loader.load()
    put("one", "ABD124,Stolen,CA")
    (lists.directory / live(lists.database)[0].file).unlink()
    assert loader.refresh_if_changed()
    assert generations_with(loader, "ABC123") == [("one", 1)]
    assert [fault.source for fault in loader.index.faults] == ["one"]
    put("one", "ABE125,Stolen,CA")
    assert loader.refresh_if_changed()
    assert (generations_with(loader, "ABE125"), loader.index.faults) == ([("one", 3)], ())


@pytest.mark.review2(1)
def test_a_list_that_did_not_open_is_tried_again_and_found_in_once_it_opens(lists: ListStore, put: Importer) -> None:
    put("one", "ABC123,Stolen,CA")
    loader = HotlistLoader(lists.database, lists.lists_key, lists.directory, retry_s=0)
    path = lists.directory / live(lists.database)[0].file
    away = path.rename(path.with_name("away"))
    loader.load()
    assert not loader.refresh_if_changed()
    assert [fault.source for fault in loader.index.faults] == ["one"]
    away.rename(path)
    assert loader.refresh_if_changed()
    assert (generations_with(loader, "ABC123"), loader.index.faults) == ([("one", 1)], ())


def test_another_lists_key_opens_nothing_and_says_so(lists: ListStore, put: Importer) -> None:
    put("one", "ABC123,Stolen,CA")
    index = HotlistLoader(lists.database, bytes(32), lists.directory).load()
    assert len(index) == 0
    assert "lists key" in index.faults[0].message


def test_readers_see_one_whole_generation_during_fifty_swaps(
    loader: HotlistLoader, lists: ListStore, put: Importer
) -> None:
    """Both generations list the plate, under a reason of their own in every source of their time."""
    plate = "4XYZ123"
    put("one", *(f"{plate},Stolen,{state}" for state in ("CA", "NV", "OR")))
    put("one", *(f"{plate},Wanted,{state}" for state in ("CA", "NV", "OR", "WA")))
    loader.load()
    wrong: list[object] = []
    done = threading.Event()
    all_look = threading.Barrier(5)

    def look_up() -> None:
        all_look.wait(timeout=60)
        while not done.is_set():
            answers = [(entry.reason.value, generation.serial) for entry, generation in loader.index.exact(plate)]
            if answers not in ([("stolen_vehicle", 1)] * 3, [("wanted_person", 2)] * 4):
                wrong.append(answers)

    readers = [threading.Thread(target=look_up) for _ in range(4)]
    for reader in readers:
        reader.start()
    all_look.wait(timeout=60)
    for swap in range(50):
        activate(lists.database, "one", 1 + swap % 2, lists.directory)
        assert loader.refresh_if_changed()
    done.set()
    for reader in readers:
        reader.join(timeout=60)
        assert not reader.is_alive()
    assert wrong == []
