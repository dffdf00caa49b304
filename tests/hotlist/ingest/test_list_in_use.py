"""What may change a list in use, and what may not: covert lists, roll-backs, removals, files that change under way."""

from datetime import timedelta
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from alpr_edge.app.factories import open_lists
from alpr_edge.domain.errors import FeedError
from alpr_edge.hotlist.index.loader import HotlistLoader
from alpr_edge.hotlist.ingest import drop_folder
from alpr_edge.hotlist.ingest.import_worker import ImportWorker
from alpr_edge.hotlist.ingest.importer import ListStore
from alpr_edge.hotlist.ingest.rollback import roll_back
from alpr_edge.settings import ListSource, load
from alpr_edge.store.hotlists import generations, sync_state
from tests.hotlist.conftest import LISTS_KEY
from tests.hotlist.feed_texts import NOW, csv_text
from tests.hotlist.ingest.test_import_worker import ROWS, drop, entry_count, take
from tests.units import write_bare_unit


def test_a_covert_list_takes_changes(worker: ImportWorker, source: ListSource, folder: Path, lists: ListStore) -> None:
    source = source.model_copy(update={"covert": True})
    drop(folder, "all.csv", *ROWS)
    take(worker, source)
    drop(folder, "a.add.csv", "NEW999,Stolen,CA")
    report = take(worker, source)
    assert report is not None
    assert (report.added, report.changed, report.kept) == (1, 0, 4)
    index = HotlistLoader(lists.database, lists.lists_key, lists.directory).load()
    assert [entry.covert for plate in ("ABC123", "NEW999") for entry, _ in index.exact(plate)] == [True, True]


def test_a_list_becomes_covert_with_its_source(worker: ImportWorker, source: ListSource, folder: Path) -> None:
    drop(folder, "all.csv", *ROWS, "A?C9*,Stolen,CA")
    take(worker, source)
    lists = worker.lists
    index = HotlistLoader(lists.database, lists.lists_key, lists.directory, {"bolo"}).load()
    assert [entry.covert for entry, _ in (*index.exact("ABC123"), *index.partial("ABC987"))] == [True, True]
    others = HotlistLoader(lists.database, lists.lists_key, lists.directory, {"other"}).load()
    assert [entry.covert for entry, _ in others.exact("ABC123")] == [False]


def test_a_unit_whose_settings_make_a_list_covert_after_its_import_looks_plates_up_in_a_covert_list(
    worker: ImportWorker, source: ListSource, folder: Path, lists: ListStore, tmp_path: Path
) -> None:
    drop(folder, "all.csv", *ROWS)
    take(worker, source)
    settings = write_bare_unit(tmp_path)
    (tmp_path / "keys" / "lists.key").write_bytes(LISTS_KEY)
    with settings.open("a", encoding="utf-8") as file:
        file.write('[[hotlist.source]]\nname = "bolo"\nformat = "generic-csv"\ncovert = true\n')
    _, loader = open_lists(load(settings), lists.database)
    assert [entry.covert for entry, _ in loader.load().exact("ABC123")] == [True]


def test_a_list_that_its_server_has_confirmed_since_takes_changes(
    worker: ImportWorker, source: ListSource, folder: Path, lists: ListStore
) -> None:
    drop(folder, "all.csv", *ROWS)
    take(worker, source)
    sync_state.note(lists.database, "bolo", asked=NOW + timedelta(hours=1))
    (row,) = generations.live(lists.database)
    assert row.generation.imported_at == NOW + timedelta(hours=1)
    drop(folder, "a.add.csv", "NEW999,Stolen,CA")
    report = take(worker, source)
    assert report is not None
    assert (report.added, report.kept) == (1, 4)


def test_a_change_is_no_change_of_a_list_that_was_rolled_back(
    worker: ImportWorker, source: ListSource, folder: Path, lists: ListStore, loader: HotlistLoader
) -> None:
    drop(folder, "all.csv", *ROWS)
    take(worker, source)
    drop(folder, "a.add.csv", "NEW999,Stolen,CA")
    take(worker, source)
    roll_back(lists, "bolo")
    drop(folder, "b.add.csv", "NEW998,Stolen,CA")
    with pytest.raises(FeedError, match="was rolled back"):
        take(worker, source)
    assert [entry_count(loader, plate) for plate in ("NEW999", "NEW998", "ABC123")] == [0, 0, 1]
    drop(folder, "c.csv", *ROWS, "NEW999,Stolen,CA")
    take(worker, source)
    drop(folder, "d.add.csv", "NEW998,Stolen,CA")
    take(worker, source)
    assert [entry_count(loader, plate) for plate in ("NEW999", "NEW998")] == [1, 1]


def test_of_a_signed_file_what_was_checked_is_what_is_taken_in(
    worker: ImportWorker, source: ListSource, folder: Path, loader: HotlistLoader, tmp_path: Path
) -> None:
    """Whoever owns the folder writes into the file as soon as its signature is looked at."""
    maker, key = Ed25519PrivateKey.generate(), tmp_path / "feed.pub"
    key.write_bytes(maker.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo))
    drop(folder, "list.csv", *ROWS)
    path = folder / "list.csv"
    (folder / "list.csv.sig").write_bytes(maker.sign(path.read_bytes()))
    signed = source.model_copy(update={"signing_key_file": key})
    before = drop_folder.listing(folder)

    def change_file(_entries: int, _share: float) -> None:
        path.write_bytes(csv_text("BAD666,Stolen,CA"))

    report = worker.import_next(signed, before, NOW, change_file)
    assert report is not None
    assert report.kept == len(ROWS)
    assert entry_count(loader, "BAD666") == 0


def test_removals_of_nearly_the_whole_list_are_refused_as_a_list_so_much_smaller_is(
    worker: ImportWorker, source: ListSource, folder: Path, loader: HotlistLoader
) -> None:
    rows = [f"ABC{number},Stolen,CA" for number in range(100, 120)]
    drop(folder, "all.csv", *rows)
    take(worker, source)
    drop(folder, "all.remove.csv", *rows)
    with pytest.raises(FeedError, match="the new list holds 0 entries, the list in use 20"):
        take(worker, source)
    assert entry_count(loader, "ABC100") == 1
