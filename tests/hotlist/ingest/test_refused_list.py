"""A complete list that was refused takes the changes after it with it, until a complete list is imported."""

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from alpr_edge.domain.errors import FeedError
from alpr_edge.domain.protocol.items import ListChange
from alpr_edge.hotlist.index.loader import HotlistLoader
from alpr_edge.hotlist.ingest import drop_folder
from alpr_edge.hotlist.ingest.import_worker import ImportWorker, pass_over
from alpr_edge.hotlist.ingest.importer import ImportReport, ListStore, import_feed
from alpr_edge.hotlist.ingest.refused_list import take_again
from alpr_edge.hotlist.ingest.report import Refusals, dismiss_refusal, read_report
from alpr_edge.hotlist.ingest.request import request_for
from alpr_edge.settings import ListSource
from alpr_edge.store.db.database import Database
from alpr_edge.store.hotlists import generations, sync_state
from alpr_edge.store.hotlists.download_spool import FeedNote
from tests.hotlist.conftest import KEY, LISTS_KEY
from tests.hotlist.feed_texts import NOW, csv_text

FULL = tuple(f"ABC{number:03},Stolen,CA" for number in range(20))
SHRUNK = ("WANTED1,Felony vehicle,CA", *FULL[:5])
RENEWED = ("WANTED1,Felony vehicle,CA", *FULL[:18])
NEW, NEXT = "NEW001,Stolen,CA", "NEW002,Stolen,CA"
FAULT = ["list bolo: its last feed was refused"]
LATER = NOW + timedelta(hours=30)


def add_download(
    worker: ImportWorker,
    serial: int,
    change: ListChange,
    *rows: str,
    accept_shrink: bool = False,
    accept_growth: bool = False,
) -> None:
    note = FeedNote(change, serial, accept_shrink=accept_shrink, accept_growth=accept_growth)
    worker.incoming.put("bolo", note, csv_text(*rows))


def drop(folder: Path, name: str, age: int, *rows: str) -> None:
    (folder / name).write_bytes(csv_text(*rows))
    os.utime(folder / name, (1_700_000_000 + age, 1_700_000_000 + age))


def take(worker: ImportWorker, source: ListSource, now: datetime = NOW) -> ImportReport:
    assert source.folder is not None
    report = worker.import_next(source, drop_folder.listing(source.folder), now)
    assert report is not None
    return report


def refuse(worker: ImportWorker, source: ListSource, words: str) -> None:
    with pytest.raises(FeedError, match=words):
        take(worker, source)
    assert Refusals(worker.lists.directory).lines() == FAULT
    assert "\n" not in sync_state.state_of(worker.lists.database, "bolo").take_failure


def refuse_download(worker: ImportWorker, source: ListSource) -> None:
    """Have the second complete list of the department refused."""
    add_download(worker, 1, ListChange.COMPLETE, *FULL)
    take(worker, source)
    add_download(worker, 2, ListChange.COMPLETE, *SHRUNK)
    refuse(worker, source, "--accept-shrink")


def refuse_files(worker: ImportWorker, source: ListSource, folder: Path) -> None:
    """Have a complete list in the folder refused, and the change after it."""
    drop(folder, "monday.csv", 0, *FULL)
    take(worker, source)
    drop(folder, "tuesday.csv", 20, *SHRUNK)
    refuse(worker, source, "--accept-shrink")
    drop(folder, "tuesday.add.csv", 21, NEW)
    refuse(worker, source, "it changes a complete list that was refused")


def plates(lists: ListStore, *asked: str) -> list[str]:
    loader = HotlistLoader(lists.database, lists.lists_key, lists.directory)
    loader.load()
    return [plate for plate in asked if list(loader.index.exact(plate))]


def imported_at(lists: ListStore) -> datetime | None:
    (row,) = generations.live(lists.database)
    return row.generation.imported_at


@contextmanager
def restart(worker: ImportWorker, data: Path) -> Iterator[ImportWorker]:
    """The worker of a unit that was started again."""
    database = Database.open(data, KEY, migrate=True)
    yield ImportWorker(ListStore(database, LISTS_KEY, worker.lists.directory), worker.incoming)
    database.close()


def test_changes_of_a_refused_list_are_refused_until_a_complete_list_comes(
    worker: ImportWorker, source: ListSource, lists: ListStore, data: Path
) -> None:
    refuse_download(worker, source)
    add_download(worker, 3, ListChange.ADDITIONS, NEW)
    refuse(worker, source, "it changes a complete list that was refused; publish a complete list")
    with restart(worker, data) as again:
        # The department has nothing newer: that is no word for the list before.
        sync_state.note(again.lists.database, "bolo", asked=LATER)
        add_download(again, 4, ListChange.REMOVALS, FULL[0])
        refuse(again, source, "it changes a complete list that was refused")
        assert sync_state.state_of(again.lists.database, "bolo").serial == 4
        assert imported_at(again.lists) == NOW
        assert plates(again.lists, "WANTED1", "ABC000", "NEW001") == ["ABC000"]
        assert "the list in use 20" in read_report(lists.directory, "bolo").refused
        add_download(again, 5, ListChange.COMPLETE, *RENEWED)
        take(again, source, LATER)
        add_download(again, 6, ListChange.ADDITIONS, NEXT)
        take(again, source, LATER)
        assert sync_state.state_of(again.lists.database, "bolo").take_failure == ""
        assert Refusals(lists.directory).lines() == []
        assert imported_at(again.lists) == LATER
        assert plates(again.lists, "WANTED1", "ABC019", "NEW002") == ["WANTED1", "NEW002"]


def test_a_refusal_that_was_dismissed_is_a_fault_again_with_the_next_change(
    worker: ImportWorker, source: ListSource, lists: ListStore
) -> None:
    refuse_download(worker, source)
    dismiss_refusal(lists.directory, "bolo")
    assert Refusals(lists.directory).lines() == []
    add_download(worker, 3, ListChange.ADDITIONS, NEW)
    refuse(worker, source, "it changes a complete list that was refused")
    assert "it changes a complete list" in read_report(lists.directory, "bolo").refused


def test_a_change_in_the_folder_is_refused_with_the_list_that_it_is_of(
    worker: ImportWorker, source: ListSource, folder: Path, lists: ListStore
) -> None:
    refuse_files(worker, source, folder)
    assert plates(lists, "WANTED1", "ABC019", "NEW001") == ["ABC019"]
    drop(folder, "wednesday.csv", 30, *RENEWED)
    take(worker, source)
    drop(folder, "wednesday.add.csv", 31, NEXT)
    take(worker, source)
    assert Refusals(lists.directory).lines() == []
    assert plates(lists, "WANTED1", "ABC019", "NEW001", "NEW002") == ["WANTED1", "NEW002"]


def test_what_is_older_than_the_refused_list_is_imported_and_the_fault_stays(
    worker: ImportWorker, source: ListSource, folder: Path, lists: ListStore
) -> None:
    drop(folder, "sunday.csv", 0, *FULL)
    take(worker, source)
    drop(folder, "monday.csv", 10, *FULL, NEXT)
    drop(folder, "monday.add.csv", 11, NEW)
    drop(folder, "tuesday.csv", 20, *SHRUNK)
    refuse(worker, source, "--accept-shrink")
    take(worker, source)
    take(worker, source)
    state = sync_state.state_of(lists.database, "bolo")
    assert plates(lists, "NEW001", "NEW002") == ["NEW001", "NEW002"]
    assert ("--accept-shrink" in state.take_failure, Refusals(lists.directory).lines()) == (True, FAULT)
    drop(folder, "tuesday.add.csv", 21, NEW)
    refuse(worker, source, "it changes a complete list that was refused")


def test_a_list_whose_imports_are_killed_takes_its_changes_with_it(
    worker: ImportWorker, source: ListSource, lists: ListStore
) -> None:
    add_download(worker, 1, ListChange.COMPLETE, *FULL)
    take(worker, source)
    for _ in range(2):  # once more, then passed over
        add_download(worker, 2, ListChange.COMPLETE, *RENEWED)
        pass_over(lists.database, worker.incoming, source, (), "killed")
    add_download(worker, 3, ListChange.ADDITIONS, NEW)
    refuse(worker, source, "it changes a complete list that was refused")


def accept_by_hand(lists: ListStore, source: ListSource, path: Path) -> None:
    import_feed(request_for(source, path), lists, LATER)
    take_again(lists.database, "bolo")


def test_a_list_that_is_accepted_by_hand_brings_the_changes_refused_with_it(
    worker: ImportWorker, source: ListSource, folder: Path, lists: ListStore
) -> None:
    """From the folder: the files are there still."""
    refuse_files(worker, source, folder)
    accept_by_hand(lists, source.model_copy(update={"shrink_share_max": 1.0}), folder / "tuesday.csv")
    take(worker, source)
    take(worker, source)
    assert plates(lists, "WANTED1", "ABC019", "NEW001") == ["WANTED1", "NEW001"]
    assert Refusals(lists.directory).lines() == []
    listing = drop_folder.listing(folder)
    assert worker.import_next(source, listing, NOW) is None


def test_after_a_list_was_accepted_by_hand_the_department_is_asked_for_it_and_its_changes(
    worker: ImportWorker, source: ListSource, folder: Path, lists: ListStore, tmp_path: Path
) -> None:
    drop(folder, "old.add.csv", 0, NEW)
    with pytest.raises(FeedError, match="needs a complete list first"):
        take(worker, source)
    add_download(worker, 1, ListChange.COMPLETE, *FULL)
    take(worker, source)
    take_again(lists.database, "bolo")
    assert sync_state.state_of(lists.database, "bolo").serial == 1  # nothing stood refused
    add_download(worker, 2, ListChange.COMPLETE, *SHRUNK)
    refuse(worker, source, "--accept-shrink")
    sync_state.note(lists.database, "bolo", asked=LATER - timedelta(hours=1))
    (tmp_path / "kept.csv").write_bytes(csv_text(*SHRUNK))
    accept_by_hand(lists, source.model_copy(update={"shrink_share_max": 1.0}), tmp_path / "kept.csv")
    state = sync_state.state_of(lists.database, "bolo")
    assert (state.serial, state.take_failure, state.refused_place) == (0, "", None)
    assert (list(state.marks), imported_at(lists)) == (["old.add.csv"], LATER)


def test_a_complete_list_of_the_folder_has_the_departments_fetched_anew(
    worker: ImportWorker, source: ListSource, folder: Path, lists: ListStore
) -> None:
    """The change after the refused list of the department is not of the folder's."""
    refuse_download(worker, source)
    drop(folder, "medium.csv", 0, *RENEWED)
    take(worker, source)
    state = sync_state.state_of(lists.database, "bolo")
    assert (state.serial, state.take_failure, state.refused_place) == (0, "", None)


@pytest.mark.parametrize("department", [True, False])
def test_a_size_that_the_department_accepted_is_taken_and_said(
    worker: ImportWorker,
    source: ListSource,
    lists: ListStore,
    department: bool,
    capsys: pytest.CaptureFixture[str],
) -> None:
    source = source.model_copy(update={"department": department, "growth_entries_min": 5, "growth_share_max": 1.0})
    add_download(worker, 1, ListChange.COMPLETE, *FULL, accept_growth=True)
    assert take(worker, source).notices == ()
    add_download(worker, 2, ListChange.COMPLETE, *SHRUNK, accept_growth=True)
    refuse(worker, source, "--accept-shrink")
    add_download(worker, 3, ListChange.COMPLETE, *SHRUNK, accept_shrink=True)
    words = "the new list holds {} entries, the list before {}; the department accepted that"
    assert take(worker, source).notices == (words.format(6, 20),) * department
    assert read_report(lists.directory, "bolo").notices == (words.format(6, 20),) * department
    add_download(worker, 4, ListChange.ADDITIONS, *FULL, accept_growth=True)
    assert take(worker, source).notices == (words.format(21, 6),) * department
    lines = [line for line in capsys.readouterr().out.splitlines() if "hotlist.size_accepted" in line]
    assert ["by=department" in line for line in lines] == [True, True] * department


BROKEN = "no plate of any state, nor a reason,"


def deliver(worker: ImportWorker, source: ListSource, published: dict[int, tuple[ListChange, str]]) -> list[int]:
    """Import what the department has, as a unit asks for it: from its serial on, or the complete list where it is 0."""
    given: list[int] = []
    while len(given) < 20:
        serial = sync_state.state_of(worker.lists.database, "bolo").serial
        newer = [each for each, (change, _) in published.items() if each > serial]
        if not newer:
            break
        given.append(newer[0])
        change, rows = published[newer[0]]
        add_download(worker, newer[0], change, *rows.split("|"))
        with suppress(FeedError):
            take(worker, source)
    return given


def test_a_change_that_is_refused_is_downloaded_twice_and_told_until_a_complete_list_has_it(
    worker: ImportWorker, source: ListSource, lists: ListStore
) -> None:
    published = {2: (ListChange.COMPLETE, "|".join(FULL)), 3: (ListChange.ADDITIONS, BROKEN)}
    assert deliver(worker, source, published) == [2, 3, 2, 3]
    published |= {4: (ListChange.ADDITIONS, NEW), 5: (ListChange.ADDITIONS, BROKEN)}
    assert deliver(worker, source, published) == [4, 5, 2, 3, 4, 5]
    assert plates(lists, "ABC000", "NEW001") == ["ABC000", "NEW001"]
    assert Refusals(lists.directory).lines() == FAULT
    assert sync_state.state_of(lists.database, "bolo").take_failure
    published[6] = ListChange.ADDITIONS, NEXT
    assert deliver(worker, source, published) == [6]
    assert (plates(lists, "NEW002"), Refusals(lists.directory).lines()) == (["NEW002"], FAULT)
    published[7] = ListChange.COMPLETE, "|".join((*FULL, NEW, NEXT))
    assert deliver(worker, source, published) == [7]
    state = sync_state.state_of(lists.database, "bolo")
    assert (state.take_failure, dict(state.marks), Refusals(lists.directory).lines()) == ("", {}, [])


def test_a_change_that_fits_the_complete_list_is_no_fault_any_more(
    worker: ImportWorker, source: ListSource, lists: ListStore
) -> None:
    published = {2: (ListChange.COMPLETE, "|".join(FULL)), 3: (ListChange.ADDITIONS, BROKEN)}
    deliver(worker, source, {2: published[2]})
    add_download(worker, 3, ListChange.ADDITIONS, BROKEN)
    refuse(worker, source, "refused")
    assert deliver(worker, source, published | {3: (ListChange.ADDITIONS, NEW)}) == [2, 3]
    assert (plates(lists, "NEW001"), Refusals(lists.directory).lines()) == (["NEW001"], [])
    assert sync_state.state_of(lists.database, "bolo").take_failure == ""
