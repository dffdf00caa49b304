"""A damaged log costs what was damaged alone, whatever its index knows and whatever was copied back."""

import os
import shutil
from pathlib import Path

import pytest
from sqlalchemy import select

from alpr_edge.domain.errors import DamagedError
from alpr_edge.domain.protocol.items import digest
from alpr_edge.store.db.database import DATABASE_NAME, Database
from alpr_edge.store.db.schema import images
from alpr_edge.store.db.sqlcipher import BEGIN_OPTION
from alpr_edge.store.sqlite_forensics.pages import Pages
from tests.store.damage import (
    FRAME,
    KEY,
    READS,
    SHM,
    WAL,
    commit,
    copy_open_folder,
    fill,
    log_of,
    overwrite,
    overwrite_frames,
    pages_of,
    reads_by_page,
    record,
    unit,
)
from tests.store.records import CROP, closed, plate_read

ALL = {f"read-{number}" for number in range(60)}


@pytest.fixture(scope="module")
def killed_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A unit killed after several commits, and its index as it was before the last of them."""
    folder = tmp_path_factory.mktemp("killed")
    fill(folder / "data", 20)
    with unit(folder / "data") as store:
        commit(store, range(20, 57))
        before = (folder / "data" / SHM).read_bytes()
        store.reads.commit([record(57), record(58), record(59)])  # one with a hit: reads are not on the last page
        killed_data = copy_open_folder(folder / "data", folder / "killed")
    (killed_data / "index before").write_bytes(before)
    return killed_data


@pytest.fixture
def killed_data(killed_template: Path, tmp_path: Path) -> Path:
    return shutil.copytree(killed_template, tmp_path / "killed")


def checkpoint(database: Database) -> None:
    """Copy the log back as far as readers allow; it stays as it is."""
    with database.engine.connect().execution_options(**{BEGIN_OPTION: ""}) as connection:
        connection.exec_driver_sql("PRAGMA wal_checkpoint(PASSIVE)")


def write(file: Path, start: int, content: bytes) -> None:
    with file.open("r+b") as target:
        target.seek(start)
        target.write(content)


def newest_frame(data: Path, page: int) -> int:
    return max(number for number, frame in enumerate(log_of(data).frames) if frame.page == page)


def test_a_kill_between_the_log_and_its_index_costs_nothing(killed_data: Path) -> None:
    (killed_data / "index before").replace(killed_data / SHM)
    log = log_of(killed_data)
    assert 0 < log.known_committed < log.committed_count == len(log.frames)
    assert not log.is_damaged
    assert set().union(*reads_by_page(killed_data).values()) == ALL  # what SQL finds below
    with unit(shutil.copytree(killed_data, killed_data.with_name("opened"))) as store:
        assert store.ids() == ALL
        assert store.asides == []


def test_what_the_index_does_not_know_yet_is_saved_from_a_log_damaged_before(killed_data: Path) -> None:
    (killed_data / "index before").replace(killed_data / SHM)
    overwrite_frames(killed_data, [0])
    with unit(killed_data) as store:
        store.salvage()
        assert store.ids() >= {"read-58", "read-59"}


@pytest.mark.parametrize("content", [b"\xff\xff\xff\xf0", os.urandom(24)], ids=["its number alone", "all of it"])
def test_a_page_is_read_although_its_frame_has_lost_its_header(killed_data: Path, content: bytes) -> None:
    page = next(page for page, ids in reads_by_page(killed_data).items() if "read-59" in ids)
    last = len(log_of(killed_data).frames) - 1
    most = pages_of(killed_data / DATABASE_NAME) + last + 1
    with Pages(killed_data / DATABASE_NAME, KEY) as pages:
        before = {number: pages.page(number) for number in pages.numbers}
    for number in (newest_frame(killed_data, page), last - 1, last):
        write(killed_data / WAL, 32 + number * FRAME, content)
    with Pages(killed_data / DATABASE_NAME, KEY) as pages:
        assert len(pages.numbers) <= most
        pages.name_frames()
        assert {number: pages.page(number) for number in pages.numbers} == before
    with unit(killed_data) as store:
        assert store.salvage().pages_unreadable == 0
        assert store.ids() == ALL


def test_without_the_index_a_foreign_frame_in_front_of_a_commit_is_damage(killed_data: Path) -> None:
    (killed_data / SHM).unlink()
    ends = [number for number, frame in enumerate(log_of(killed_data).frames) if frame.commits]
    overwrite_frames(killed_data, ends[-2:-1])  # all that tells that there was a transaction before the last
    with unit(killed_data) as store:
        assert len(store.asides) == 1
        store.salvage()
        assert store.ids() == ALL


def test_without_the_index_a_last_transaction_is_read_although_its_end_is_damaged(killed_data: Path) -> None:
    (killed_data / SHM).unlink()
    frames = log_of(killed_data).frames
    page = next(page for page, ids in reads_by_page(killed_data).items() if "read-59" in ids)
    assert not frames[newest_frame(killed_data, page)].commits
    overwrite_frames(killed_data, [0, len(frames) - 1])
    with unit(killed_data) as store:
        store.salvage()
        assert store.ids() >= {"read-58", "read-59"}


def test_without_the_index_a_foreign_frame_where_the_last_transaction_ended_is_damage(killed_data: Path) -> None:
    (killed_data / SHM).unlink()
    overwrite_frames(killed_data, [len(log_of(killed_data).frames) - 1])
    with unit(killed_data) as store:
        assert len(store.asides) == 1
        store.salvage()
        assert store.ids() >= {"read-58", "read-59"}


def test_without_index_and_header_the_frames_tell_their_generation(killed_data: Path) -> None:
    (killed_data / SHM).unlink()
    overwrite(killed_data / WAL, 0, 32 + FRAME)
    with unit(killed_data) as store:
        assert len(store.asides) == 1
        store.salvage()
        assert store.ids() == ALL


def test_a_torn_transaction_shows_frames_of_an_earlier_generation(data: Path, tmp_path: Path) -> None:
    with unit(data) as store:
        store.reads.commit([record(number) for number in range(40)])
        checkpoint(store.database)
        earlier = (data / WAL).read_bytes()
        store.reads.commit([record(40)])
        before = len(log_of(data).frames)
        store.reads.commit([record(41)])
        killed_data = copy_open_folder(data, tmp_path / "killed")
    (killed_data / SHM).unlink()
    slot = 32 + before * FRAME
    write(killed_data / WAL, slot, earlier[slot : slot + FRAME])
    with unit(killed_data) as store:
        assert store.asides == []
        assert store.ids() == {f"read-{number}" for number in range(41)}


def test_a_frame_of_which_nothing_tells_its_page_is_counted(killed_data: Path) -> None:
    overwrite_frames(killed_data, [9])
    with unit(killed_data) as store:
        assert store.salvage().pages_unreadable == 1


@pytest.fixture
def copied_back(data: Path, tmp_path: Path) -> Path:
    """A unit killed while all of its log was in the database file as well."""
    fill(data, 20)
    with unit(data) as store:
        commit(store, range(20, 58))
        store.reads.commit([record(58), record(59)])
        checkpoint(store.database)
        return copy_open_folder(data, tmp_path / "killed")


def test_frames_copied_back_do_not_hide_newer_pages_of_the_file(copied_back: Path) -> None:
    log = log_of(copied_back)
    assert log.copied_back == log.known_committed == len(log.frames)
    page = next(page for page, ids in reads_by_page(copied_back).items() if "read-59" in ids)
    overwrite_frames(copied_back, [newest_frame(copied_back, page)])
    with pytest.raises(DamagedError):
        Database.open(copied_back, KEY, migrate=False)
    with unit(copied_back) as store:
        done = store.salvage()
        assert done.pages_unreadable == 0
        assert store.ids() == ALL
        assert store.queue_ids("read") == ALL


@pytest.mark.parametrize("start", [0, 32], ids=["its header", "its first page"])
def test_a_log_copied_back_may_go_as_a_whole(copied_back: Path, start: int) -> None:
    overwrite(copied_back / WAL, start, 32)
    with unit(copied_back) as store:
        assert store.asides == []
        assert store.ids() == ALL


def test_a_log_copied_back_may_not_go_with_what_was_written_behind_it(data: Path, tmp_path: Path) -> None:
    fill(data, 20)
    with unit(data) as store:
        commit(store, range(20, 40))
        with store.database.read() as connection:  # keeps the log from being begun anew
            connection.execute(select(images.c.sha256)).first()
            checkpoint(store.database)
            index = (data / SHM).read_bytes()
            store.reads.commit([record(number) for number in range(40, 50)])
            store.reads.commit([record(number) for number in range(50, 60)])
        killed_data = copy_open_folder(data, tmp_path / "killed")
    (killed_data / SHM).write_bytes(index)  # as a power cut leaves it
    overwrite(killed_data / WAL, 0, 32)
    with unit(killed_data) as store:
        assert len(store.asides) == 1
        store.salvage()
        assert store.ids() == ALL


@pytest.fixture
def amended_data(killed_data: Path) -> Path:
    """A read has a sharper crop by the last transaction, which is damaged as a whole: its first crop is no more."""
    with unit(killed_data) as store:
        store.reads.commit([record(60)])
        before = len(log_of(killed_data).frames)
        store.reads.commit([closed(plate_read("read-60"), ((CROP, b"a sharper crop"),))])
        last = copy_open_folder(killed_data, killed_data.with_name("amended"))
    overwrite_frames(last, range(before, len(log_of(last).frames)))
    return last


def test_an_image_that_was_let_go_of_does_not_come_back_without_its_file(amended_data: Path) -> None:
    with unit(amended_data) as store:
        done = store.salvage()
        assert done.over == {"images": 1, "evidence": 1}
        assert done.is_complete
        assert {f"read-{number}" for number in range(61)} == store.ids() == store.queue_ids("read")
        assert digest(b"a sharper crop") in store.queue_ids("image")
        assert store.outbox.quarantine_lost_images() == 0
        with store.database.read() as connection:
            named_digests = set(connection.scalars(select(images.c.sha256)))
        assert named_digests == set(store.images.orphans(()))


def test_an_image_that_is_queued_and_has_lost_its_file_is_shown_after_salvage(killed_data: Path) -> None:
    lost_digest = digest(b"crop of read-30")
    (killed_data / "images" / lost_digest[:2] / lost_digest).unlink()
    overwrite_frames(killed_data, [0])
    with unit(killed_data) as store:
        assert not store.salvage().over
        assert store.outbox.quarantine_lost_images() == 1
        assert [item.item_id for item in store.outbox.quarantined_items()] == [lost_digest]


def test_pages_in_use_again_are_read_although_an_older_list_calls_them_free(data: Path, tmp_path: Path) -> None:
    fill(data)
    with unit(data) as store, store.database.write() as connection:
        for table in ("evidence", "hits", "reads", "outbox"):
            connection.exec_driver_sql(f"DELETE FROM {table}")
    with Pages(data / DATABASE_NAME, KEY) as pages:
        trunk = int.from_bytes((pages.page(1) or b"")[32:36], "big")
    with unit(data) as store:
        with store.database.read() as connection:
            root = connection.exec_driver_sql("SELECT rootpage FROM sqlite_schema WHERE name = 'reads'").scalar_one()
        store.reads.commit([record(number) for number in range(READS, READS + 60)])
        killed_data = copy_open_folder(data, tmp_path / "killed")
    hurt = [number for number, frame in enumerate(log_of(killed_data).frames) if frame.page in {1, root, trunk}]
    overwrite_frames(killed_data, hurt)
    with unit(killed_data) as store:
        store.salvage()
        assert store.ids() == {f"read-{number}" for number in range(READS, READS + 60)}
