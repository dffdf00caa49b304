"""What was acknowledged outlives kill -9, a power cut and a full disk; no batch is ever there in part."""

import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import pytest

from alpr_edge.domain.errors import StoreError
from alpr_edge.domain.protocol.items import Answer, Outcome
from alpr_edge.store.db.database import Database
from alpr_edge.store.evidence.images import ImageStore
from alpr_edge.store.outbox.outbox import Outbox
from alpr_edge.store.reads.queries import StoredRead
from alpr_edge.store.reads.repository import ReadStore
from scripts.faults.disk import Disk
from tests.store.batch_writer import KEY, READS, read_ids
from tests.store.records import decided_record

ENDLESS = 10**9
ACKNOWLEDGEMENTS = (1, 7, 23)


@contextmanager
def writer(data: Path, name: str, batches: int = ENDLESS) -> Iterator["subprocess.Popen[str]"]:
    command = [sys.executable, "-m", "tests.store.batch_writer", str(data), name, str(batches)]
    root = Path(__file__).parents[3]
    with subprocess.Popen(command, cwd=root, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        try:
            yield process
        finally:
            process.kill()


def wait_for_batches(process: "subprocess.Popen[str]", count: int) -> int:
    """Wait until the writer has acknowledged ``count`` batches; returns the last one's number."""
    assert process.stdout is not None
    numbers: list[str] = []
    while len(numbers) < count:
        line = process.stdout.readline()
        assert line, "the writer ended early"
        numbers += line.split()[1:] if line.startswith("acknowledged") else []
    return int(numbers[-1])


@contextmanager
def open_reads(data: Path) -> Iterator[tuple[ReadStore, ImageStore]]:
    database = Database.open(data, KEY, migrate=True)
    images = ImageStore(data / "images", KEY)
    try:
        yield ReadStore(database, images), images
    finally:
        database.close()


def assert_whole(stored_reads: StoredRead | None, images: ImageStore, *, closed: bool) -> None:
    assert stored_reads is not None
    assert stored_reads.closed is closed
    assert len(stored_reads.hits) == 1
    assert len(stored_reads.read.evidence) == 2
    for ref in stored_reads.read.evidence:
        assert len(images.get(ref.sha256)) == ref.length


def assert_batches(data: Path, name: str, last: int) -> None:
    """Every batch up to ``last`` is there, and what came after is whole too."""
    with open_reads(data) as (store, images):
        reads = store.counts().reads
        assert reads % READS == 0
        assert reads >= (last + 1) * READS
        for number in range(reads // READS):
            for place, read_id in enumerate(read_ids(name, number)):
                assert_whole(store.get(read_id), images, closed=place == 0)
        outbox = Outbox(store._database, images)
        assert outbox.counts().ready == reads + 3 * (reads // READS)
        assert store.close_open_reads() == reads - reads // READS
        store.sweep_images()
        assert store.counts().images == len(images.orphans(())) == 2 * reads


@pytest.mark.parametrize("count", ACKNOWLEDGEMENTS)
def test_kill_9_loses_no_acknowledged_batch_and_leaves_none_in_part(data: Path, count: int) -> None:
    with writer(data, "a") as process:
        last = wait_for_batches(process, count)
        process.kill()
    assert_batches(data, "a", last)


def test_two_processes_write_at_once_while_a_third_settles(data: Path) -> None:
    batches = 8
    with open_reads(data), ThreadPoolExecutor(2) as pool:
        running = [pool.submit(_run_to_end, data, name, batches) for name in ("a", "b")]
        _settle_until(data, lambda: all(future.done() for future in running))
        assert [future.result() for future in running] == [batches - 1] * 2
    with open_reads(data) as (store, images):
        assert store.counts().reads == 2 * batches * READS
        counts = Outbox(store._database, images).counts()
        assert counts.ready + counts.delivered == 2 * batches * (READS + 3)
        assert counts.quarantined == 0


def _run_to_end(data: Path, name: str, batches: int) -> int:
    with writer(data, name, batches) as process:
        last = wait_for_batches(process, batches)
        assert process.wait(60) == 0
    return last


def _settle_until(data: Path, done: Callable[[], bool]) -> None:
    with open_reads(data) as (store, images):
        outbox = Outbox(store._database, images)
        while not done():
            due = outbox.due(50, 10**7)
            outbox.settle([Answer(item.item_id, Outcome.RECEIPT, item.sha256) for item in due], 5)


@pytest.fixture
def disk(
    tmp_path: Path, require_tool: Callable[[str], str], require_system_module: Callable[[str], str]
) -> Iterator[Disk]:
    """A small ext4 file system of its own."""
    require_system_module("import os; assert os.access('/dev/loop-control', os.W_OK), 'mounting needs root'")
    require_tool("mkfs.ext4")
    with Disk(tmp_path / "disk.img", 32 << 20) as disk:
        yield disk


@pytest.mark.parametrize("count", ACKNOWLEDGEMENTS)
def test_a_power_cut_loses_no_acknowledged_batch_and_leaves_none_in_part(disk: Disk, count: int) -> None:
    data = disk.folder / "data"
    with writer(data, "a") as process:
        wait_for_batches(process, count)
        disk.cut_power()
        process.kill()
        assert process.stdout is not None
        rest = [line for line in process.stdout if line.startswith("acknowledged")]
    disk.restart()
    assert_batches(data, "a", count - 1 + len(rest))


def test_a_full_disk_refuses_batches_in_one_line_and_loses_none(disk: Disk) -> None:
    with open_reads(disk.folder / "data") as (store, _):
        store.commit([decided_record("before")])
        disk.fill()
        with pytest.raises(StoreError) as excinfo:
            _commit_until_refused(store)
        assert "\n" not in str(excinfo.value)
        read_count = store.counts().reads
        disk.free()
        store.commit([decided_record("after")])
        assert store.counts().reads == read_count + 1
        assert store.get("before") is not None


def _commit_until_refused(store: ReadStore) -> None:
    for number in range(1000):
        store.commit([decided_record(f"full-{number}", jpeg=bytes(100_000))])
