"""A disk at 0 bytes free: the ballast is what makes cleaning up possible, and is laid again afterwards."""

import contextlib
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from alpr_edge.domain.errors import StoreError
from alpr_edge.store.db.database import Database
from alpr_edge.store.evidence.images import ImageStore
from alpr_edge.store.outbox.outbox import Outbox
from alpr_edge.store.reads.repository import ReadStore
from alpr_edge.store.retention.ballast import BALLAST_NAME, Ballast, free_bytes, total_bytes
from alpr_edge.store.retention.purge import Purge
from alpr_edge.store.retention.usage import Usage
from scripts.faults.disk import Disk
from tests.store.records import decided_record
from tests.store.retention.test_purge import LIMITS, MUCH, SOON, deliver, keep, left

KEY = bytes(range(32))
SIZE = 2 << 20


@pytest.fixture
def disk(
    tmp_path: Path, require_tool: Callable[[str], str], require_system_module: Callable[[str], str]
) -> Iterator[Disk]:
    """A small ext4 file system of its own."""
    require_system_module("import os; assert os.access('/dev/loop-control', os.W_OK), 'mounting needs root'")
    require_tool("mkfs.ext4")
    with Disk(tmp_path / "disk.img", 32 << 20) as disk:
        yield disk


@pytest.fixture
def unit(disk: Disk) -> Iterator[tuple[Database, ReadStore, Outbox, Ballast]]:
    data = disk.folder / "data"
    database = Database.open(data, KEY, migrate=True)
    images = ImageStore(data / "images", KEY)
    ballast = Ballast(data, SIZE)
    ballast.tend()
    yield database, ReadStore(database, images), Outbox(database, images), ballast
    database.close()


def test_it_takes_real_blocks_and_gives_them_back(disk: Disk) -> None:
    ballast, before = Ballast(disk.folder, SIZE), free_bytes(disk.folder)
    ballast.tend()
    assert ballast.held_bytes == SIZE
    assert before - free_bytes(disk.folder) >= SIZE
    assert (disk.folder / BALLAST_NAME).stat().st_mode & 0o777 == 0o600
    ballast.release()
    assert ballast.is_out
    assert before - free_bytes(disk.folder) < SIZE // 10


def test_a_sparse_file_is_no_ballast(tmp_path: Path) -> None:
    with (tmp_path / BALLAST_NAME).open("wb") as file:
        file.truncate(SIZE)
    ballast = Ballast(tmp_path, SIZE)
    assert ballast.held_bytes == 0
    ballast.tend()
    assert not ballast.is_out


def test_where_there_is_no_room_for_it_nothing_is_kept_and_no_half_of_it_stays(disk: Disk) -> None:
    ballast = Ballast(disk.folder, total_bytes(disk.folder))
    ballast.tend()
    assert list(disk.folder.glob(BALLAST_NAME)) == []
    with pytest.raises(StoreError, match="the disk is full, nothing new is kept"):
        ballast.require()


def test_at_0_bytes_free_only_the_ballast_lets_a_deletion_through_and_it_comes_back(
    disk: Disk, unit: tuple[Database, ReadStore, Outbox, Ballast]
) -> None:
    database, store, outbox, ballast = unit
    for number in range(60):
        store.commit([decided_record(f"open-{number}", jpeg=bytes(60_000))])
    store.close_open_reads()
    deliver(outbox)
    keep(store, "not sent")
    disk.fill()
    assert free_bytes(disk.folder) == 0
    purge = Purge(database, store, LIMITS)
    with pytest.raises(StoreError):
        _until_refused(store, purge)
    reads = left(database)
    ballast.tend()
    assert ballast.is_out
    with pytest.raises(StoreError):
        ballast.require()
    assert left(database) == reads
    while purge.step(SOON, MUCH):
        pass
    # What the write-ahead log still had room for is open, and stays.
    assert {read_id for read_id in left(database) if not read_id.startswith("full-")} == {"not sent"}
    ballast.tend()
    assert not ballast.is_out
    ballast.require()
    store.commit([decided_record("after")])


def _until_refused(store: ReadStore, purge: Purge) -> None:
    """Use up what the write-ahead log still has room for, until a deletion is refused."""
    for number in range(1000):
        try:
            store.commit([decided_record(f"full-{number}")])
        except StoreError:
            purge.step(SOON, MUCH)


def test_a_receipt_is_taken_down_on_a_full_disk_while_the_ballast_is_out(
    disk: Disk, unit: tuple[Database, ReadStore, Outbox, Ballast]
) -> None:
    database, store, outbox, ballast = unit
    for number in range(20):
        keep(store, f"read-{number}")
    disk.fill()
    ballast.tend()
    assert ballast.is_out
    deliver(outbox)
    purge = Purge(database, store, LIMITS)
    while purge.step(SOON, MUCH):
        pass
    assert left(database) == set()


def test_what_is_counted_is_what_lies_there(disk: Disk, unit: tuple[Database, ReadStore, Outbox, Ballast]) -> None:
    database, store, outbox, ballast = unit
    data = disk.folder / "data"
    before = free_bytes(data)
    for number in range(40):
        store.commit([decided_record(f"open-{number}", jpeg=bytes(20_000 + number))])
    store.close_open_reads()
    usage = Usage(data, database, ballast)
    usage.count_all()
    state = usage.state()
    assert usage.complete
    assert state.bound_bytes == pytest.approx(state.store_bytes, rel=0.01)
    assert before - state.free_bytes == pytest.approx(state.store_bytes, rel=0.25)
    deliver(outbox)
    usage.count_all()
    assert usage.state().bound_bytes == 0
    usage.less(10**12)
    assert usage.state().store_bytes < 10**7


@pytest.mark.parametrize("is_committed", [False, True])
def test_a_power_cut_in_a_purge_leaves_nothing_orphaned_for_good(disk: Disk, is_committed: bool) -> None:
    data = disk.folder / "data"
    database = Database.open(data, KEY, migrate=True)
    images = ImageStore(data / "images", KEY)
    store, outbox = ReadStore(database, images), Outbox(database, images)
    for number in range(6):
        keep(store, f"read-{number}")
    deliver(outbox)
    _purge_until_cut(disk, Purge(database, store, LIMITS), store, is_committed=is_committed)
    with contextlib.suppress(StoreError):
        database.close()
    disk.restart()
    database = Database.open(data, KEY, migrate=True)
    images = ImageStore(data / "images", KEY)
    store = ReadStore(database, images)
    reads_left = left(database)
    assert len(reads_left) == (0 if is_committed else 6)
    assert store.sweep_images() == (12 if is_committed else 0)
    assert len(images.orphans(())) == 2 * len(reads_left) == store.counts().images
    for read_id in reads_left:
        stored_read = store.get(read_id)
        assert stored_read is not None
        assert all(images.get(ref.sha256) for ref in stored_read.read.evidence)
    database.close()


def _purge_until_cut(disk: Disk, purge: Purge, store: ReadStore, *, is_committed: bool) -> None:
    """Cut before the commit; or after it, when no removal of a file has reached the disk, since none is synced."""
    if is_committed:
        purge.step(SOON, MUCH)
        disk.cut_power()
        return
    look = purge.look(SOON, MUCH)
    with contextlib.suppress(StoreError), store.deleting() as (connection, dropped_digests):
        assert len(purge.take_away(look, connection, dropped_digests)) == 6
        disk.cut_power()
