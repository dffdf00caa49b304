"""Lists taken in from the network's folder and from watched folders, changes, and the way back."""

import fcntl
import os
import subprocess
import sys
import threading
import time
from base64 import b64encode
from datetime import timedelta
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from alpr_edge.domain.errors import FeedError, StoreError
from alpr_edge.domain.protocol.items import ListChange
from alpr_edge.hotlist.index.loader import HotlistLoader
from alpr_edge.hotlist.ingest import drop_folder
from alpr_edge.hotlist.ingest.import_worker import TRY_AGAIN, ImportJob, ImportWorker, pass_over
from alpr_edge.hotlist.ingest.importer import ImportReport, ListStore
from alpr_edge.hotlist.ingest.rollback import roll_back
from alpr_edge.settings import ListSource
from alpr_edge.store.db.database import Database
from alpr_edge.store.hotlists import generations, sync_state
from alpr_edge.store.hotlists.download_spool import FeedNote
from alpr_edge.store.keys import create_keys
from tests.hotlist.feed_texts import NOW, csv_text

ROWS = ("ABC123,Stolen,CA", "ABD124,Stolen,CA", "ABE125,Stolen,NV")


def take(worker: ImportWorker, source: ListSource) -> ImportReport | None:
    assert source.folder is not None
    return worker.import_next(source, drop_folder.listing(source.folder), NOW)


def drop(folder: Path, name: str, *rows: str) -> None:
    """Each file a second younger than the one before."""
    age = len(list(folder.iterdir()))
    (folder / name).write_bytes(csv_text(*rows))
    os.utime(folder / name, (1_700_000_000 + age, 1_700_000_000 + age))


def add_download(
    worker: ImportWorker, *rows: str, serial: int = 1, change: ListChange = ListChange.COMPLETE, signature: bytes = b""
) -> None:
    note = FeedNote(change, serial, signature=b64encode(signature).decode())
    draft = worker.incoming.start("bolo", note)
    draft.append(csv_text(*rows))
    draft.finish()


def entry_count(loader: HotlistLoader, plate: str) -> int:
    loader.load()
    return len(list(loader.index.exact(plate)))


def serial_of(lists: ListStore) -> int:
    return sync_state.state_of(lists.database, "bolo").serial


def test_a_downloaded_list_is_imported_with_its_makers_signature_alone(
    worker: ImportWorker, lists: ListStore, tmp_path: Path
) -> None:
    maker, key = Ed25519PrivateKey.generate(), tmp_path / "feed.pub"
    key.write_bytes(maker.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo))
    source = ListSource.model_validate(
        {"name": "bolo", "format": "generic-csv", "url": "https://lists.example.org/a", "signing_key_file": key}
    )
    for signature in (b"", bytes(64), maker.sign(csv_text(*ROWS[:2]))):
        sync_state.note(lists.database, "bolo", etag='"one"')
        add_download(worker, *ROWS, signature=signature)
        with pytest.raises(FeedError, match="signature"):
            worker.import_next(source, (), NOW)
        # Asked for anew, not "unless it changed".
        assert sync_state.state_of(lists.database, "bolo").etag == ""
    add_download(worker, *ROWS, signature=maker.sign(csv_text(*ROWS)))
    report = worker.import_next(source, (), NOW)
    assert report is not None
    assert report.kept == 3


def test_a_watched_folder_renews_a_list_and_is_not_touched(
    worker: ImportWorker, source: ListSource, folder: Path, loader: HotlistLoader
) -> None:
    drop(folder, "monday.csv", *ROWS)
    assert take(worker, source) is not None
    assert take(worker, source) is None
    assert [path.name for path in folder.iterdir()] == ["monday.csv"]
    drop(folder, "tuesday.csv", *ROWS[:2], "NEW999,Stolen,CA")
    report = take(worker, source)
    assert report is not None
    assert (report.added, report.removed) == (1, 1)
    assert (entry_count(loader, "NEW999"), entry_count(loader, "ABE125")) == (1, 0)


def test_a_half_written_file_waits_until_it_no_longer_grows(
    worker: ImportWorker, source: ListSource, folder: Path
) -> None:
    whole = csv_text(*ROWS)
    (folder / "list.csv").write_bytes(whole[:60])
    before = drop_folder.listing(folder)
    (folder / "list.csv").write_bytes(whole)
    assert worker.import_next(source, before, NOW) is None
    report = worker.import_next(source, drop_folder.listing(folder), NOW)
    assert report is not None
    assert report.kept == 3


def test_additions_and_removals_make_a_new_generation(
    worker: ImportWorker, source: ListSource, folder: Path, loader: HotlistLoader
) -> None:
    drop(folder, "all.csv", *ROWS, "A?C9*,Stolen,CA")
    take(worker, source)
    drop(folder, "a.add.csv", "NEW999,Stolen,CA", "NEW999,Stolen,NV", "ABC123,Stolen,CA")
    take(worker, source)
    assert [entry_count(loader, plate) for plate in ("NEW999", "ABC123", "ABE125")] == [2, 1, 1]
    drop(folder, "b.remove.csv", "NEW999,Stolen,NV", "ABE125,Stolen,NV", "NEVER1,Stolen,CA")
    report = take(worker, source)
    assert report is not None
    assert (report.removed, report.kept) == (2, 4)
    assert [entry_count(loader, plate) for plate in ("NEW999", "ABC123", "ABE125")] == [1, 1, 0]
    assert len(list(loader.index.partial("ABC987"))) == 1


def test_the_last_entry_can_be_removed_but_an_empty_complete_list_is_refused(
    worker: ImportWorker, source: ListSource, folder: Path, loader: HotlistLoader
) -> None:
    drop(folder, "all.csv", ROWS[0])
    take(worker, source)
    drop(folder, "gone.remove.csv", ROWS[0])
    take(worker, source)
    assert entry_count(loader, "ABC123") == 0
    drop(folder, "again.csv", ROWS[0])
    take(worker, source)
    drop(folder, "empty.csv")
    with pytest.raises(FeedError, match="holds no entry"):
        take(worker, source)
    assert entry_count(loader, "ABC123") == 1


def test_a_refused_file_is_noted_once_and_the_list_held_stays(
    worker: ImportWorker, source: ListSource, folder: Path, lists: ListStore, loader: HotlistLoader
) -> None:
    drop(folder, "good.csv", *ROWS)
    take(worker, source)
    drop(folder, "bad.csv")
    (folder / "bad.csv").write_bytes(b"no header of ours\n" * 3)
    with pytest.raises(FeedError, match="refused, the list in use stays"):
        take(worker, source)
    assert sync_state.state_of(lists.database, "bolo").take_failure
    assert take(worker, source) is None
    assert entry_count(loader, "ABC123") == 1


def test_a_downloaded_list_is_imported_and_removed(worker: ImportWorker, source: ListSource, lists: ListStore) -> None:
    add_download(worker, *ROWS, serial=4)
    report = take(worker, source)
    assert report is not None
    assert report.kept == 3
    assert not worker.incoming.waits("bolo")
    assert (serial_of(lists), sync_state.state_of(lists.database, "bolo").taken) == (4, NOW)


def test_a_change_that_does_not_fit_asks_for_the_complete_list_once(
    worker: ImportWorker, source: ListSource, lists: ListStore
) -> None:
    add_download(worker, *ROWS, serial=4, change=ListChange.ADDITIONS)
    with pytest.raises(FeedError, match="a change needs a complete list first"):
        take(worker, source)
    assert (serial_of(lists), worker.incoming.waits("bolo")) == (0, False)
    add_download(worker, serial=3)
    with pytest.raises(FeedError, match="holds no entry"):
        take(worker, source)
    assert serial_of(lists) == 3
    add_download(worker, *ROWS, serial=4, change=ListChange.ADDITIONS)
    with pytest.raises(FeedError):
        take(worker, source)
    assert serial_of(lists) == 4  # or both would be downloaded for ever
    add_download(worker, *ROWS, serial=5)
    assert take(worker, source) is not None


def test_a_damaged_download_is_downloaded_again(
    worker: ImportWorker, source: ListSource, data: Path, lists: ListStore
) -> None:
    add_download(worker, *ROWS, serial=4)
    (data / "incoming" / "bolo.feed").write_bytes(b"damaged")
    sync_state.note(lists.database, "bolo", etag='"x"', serial=3)
    with pytest.raises(FeedError, match="it is downloaded again"):
        take(worker, source)
    state = sync_state.state_of(lists.database, "bolo")
    assert (state.etag, state.serial, worker.incoming.waits("bolo")) == ("", 0, False)


def test_another_import_under_way_is_no_refusal(
    worker: ImportWorker, source: ListSource, folder: Path, lists: ListStore
) -> None:
    drop(folder, "list.csv", *ROWS)
    lists.directory.mkdir(mode=0o700, exist_ok=True)
    with (lists.directory / ".import.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        with pytest.raises(StoreError, match="another import runs"):
            take(worker, source)
    assert take(worker, source) is not None


def test_the_process_takes_in_what_it_is_told(folder: Path, source: ListSource, data: Path, tmp_path: Path) -> None:
    create_keys(tmp_path / "keys")
    drop(folder, "list.csv", *ROWS)
    database = Database.open(data, (tmp_path / "keys" / "outbox.key").read_bytes(), migrate=True)
    before = [(file.changed_ns, file.name, file.size) for file in drop_folder.listing(folder)]
    order = ImportJob(
        daemon_process=os.getpid(),
        data_directory=data,
        keys_directory=tmp_path / "keys",
        source=source,
        before=before,
        now=None,
    )
    command = [sys.executable, "-m", "alpr_edge.hotlist.ingest.import_worker"]
    orphan = order.model_copy(update={"daemon_process": os.getppid()})
    done = subprocess.run(command, input=orphan.model_dump_json(), capture_output=True, text=True, check=False)
    assert (done.returncode, "the daemon that wanted it has ended" in done.stderr) == (TRY_AGAIN, True)
    done = subprocess.run(command, input=order.model_dump_json(), capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert [row.generation.entries for row in generations.live(database)] == [3]
    assert "ABC123" not in done.stderr
    database.close()


def test_a_complete_list_that_is_refused_swallows_no_change_before_it(
    worker: ImportWorker, source: ListSource, folder: Path, loader: HotlistLoader
) -> None:
    drop(folder, "all.csv", *ROWS)
    take(worker, source)
    drop(folder, "amber.add.csv", "NEW999,Stolen,CA")
    drop(folder, "later.csv", "no,row,of,a,list")
    with pytest.raises(FeedError):
        take(worker, source)
    report = take(worker, source)
    assert report is not None
    assert report.added == 1
    assert entry_count(loader, "NEW999") == 1
    assert take(worker, source) is None


def test_roll_back_goes_back_step_by_step_and_then_says_that_there_is_none(
    worker: ImportWorker, source: ListSource, folder: Path, lists: ListStore, loader: HotlistLoader
) -> None:
    for number in range(3):
        drop(folder, f"{number}.csv", f"NEW99{number},Stolen,CA")
        take(worker, source)
    assert roll_back(lists, "bolo").generation.serial == 2
    assert (entry_count(loader, "NEW991"), entry_count(loader, "NEW992")) == (1, 0)
    assert roll_back(lists, "bolo").generation.serial == 1
    with pytest.raises(FeedError, match="list bolo has no generation before 1; it stays live"):
        roll_back(lists, "bolo")
    with pytest.raises(FeedError, match="no list is called other"):
        roll_back(lists, "other")
    assert take(worker, source) is None  # the folder does not bring the list back that was rolled back
    drop(folder, "4.csv", "NEW994,Stolen,CA")
    report = take(worker, source)
    assert report is not None
    assert report.serial == 4


@pytest.mark.parametrize("spoil", [Path.unlink, lambda path: path.write_bytes(b"damaged")])
def test_roll_back_to_a_missing_or_damaged_file_is_refused(
    worker: ImportWorker, source: ListSource, folder: Path, lists: ListStore, loader: HotlistLoader, spoil: object
) -> None:
    drop(folder, "1.csv", *ROWS)
    take(worker, source)
    drop(folder, "2.csv", *ROWS[:2])
    take(worker, source)
    assert callable(spoil)
    spoil(lists.directory / "bolo.00000001.list")
    with pytest.raises(StoreError, match="list bolo stays at generation 2: the one before does not open"):
        roll_back(lists, "bolo")
    assert (entry_count(loader, "ABC123"), entry_count(loader, "ABE125")) == (1, 0)


def test_not_one_look_up_misses_while_lists_are_imported_and_rolled_back(
    worker: ImportWorker, source: ListSource, folder: Path, lists: ListStore, loader: HotlistLoader
) -> None:
    """Every generation lists the plate."""
    drop(folder, "0.csv", *ROWS)
    take(worker, source)
    loader.load()
    misses, lookups, done = [0], [0], threading.Event()

    def look_up() -> None:
        while not done.is_set():
            lookups[0] += 1
            misses[0] += not list(loader.index.exact("ABC123"))

    reader = threading.Thread(target=look_up)
    reader.start()
    for number in range(1, 8):
        drop(folder, f"{number}.csv", *ROWS, f"NEW99{number},Stolen,CA")
        take(worker, source)
        assert loader.refresh_if_changed()
        roll_back(lists, "bolo")
        assert loader.refresh_if_changed()
    time.sleep(timedelta(milliseconds=10).total_seconds())
    done.set()
    reader.join(60)
    assert (misses[0], lookups[0] > 100) == (0, True)


def test_a_file_that_is_passed_over_is_tried_again_once_it_changes(
    worker: ImportWorker, lists: ListStore, source: ListSource, folder: Path
) -> None:
    drop(folder, "monday.csv", *ROWS)
    pass_over(lists.database, worker.incoming, source, drop_folder.listing(folder), "killed")
    assert sync_state.state_of(lists.database, "bolo").take_failure == "killed"
    assert take(worker, source) is None
    drop(folder, "monday.csv", *ROWS, "NEW999,Stolen,CA")
    assert take(worker, source) is not None


def test_the_departments_feed_is_asked_for_once_more_before_it_is_passed_over(
    worker: ImportWorker, lists: ListStore, source: ListSource
) -> None:
    serials = []
    for _ in range(2):
        add_download(worker, *ROWS, serial=7)
        pass_over(lists.database, worker.incoming, source, (), "killed")
        assert not worker.incoming.waits("bolo")
        serials.append(serial_of(lists))
    assert serials == [0, 7]
