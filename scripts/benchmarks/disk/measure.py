"""Measures the disk: bytes kept and written for a read, a fortnight without a link, and how fast that is sent later.

Counted in bytes and in simulated time, but with the product's own store, real files and a real ext4 file system.
"""

import shutil
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from alpr_edge.domain.errors import StoreError
from alpr_edge.domain.instants import Instant, UtcSource
from alpr_edge.domain.protocol.items import Answer, Outcome
from alpr_edge.domain.reads import ReadUpdate
from alpr_edge.settings import RetentionSettings, StoreSettings
from alpr_edge.store.retention.ballast import Ballast
from alpr_edge.store.retention.purge import Purge, PurgeTotals
from alpr_edge.store.retention.usage import Usage
from alpr_edge.store.unit_store import UnitStore
from scripts.benchmarks.disk import catchup
from scripts.benchmarks.disk.device import Device, device, unit_store
from scripts.benchmarks.disk.reads import A_DAY, START, ReadGenerator, ReadPictures, looks
from scripts.benchmarks.figures import figure, milliseconds

PARTS = ("bytes", "fortnight", "catchup")
BYTES_READS = 700
BYTES_DEVICE = 1 << 30
WRITEBACK_READS = 4
"""Reads in the 30 s after which the kernel writes back what is dirty (vm.dirty_expire_centisecs), at 10,000 a day."""
DAYS = 14
FORTNIGHT_READS = A_DAY * DAYS
REAL_READS = 30_000
"""Reads of it written for real unless more are asked for: those of three days, in some minutes."""
FORTNIGHT_BATCH = 400
"""Records of a commit here: it changes what is written, which is not measured here, and not what is kept."""
TARGET_BYTES = 8_000_000_000
ITEMS_A_RECEIPT = 50


def run(data: Path, parts: tuple[str, ...], reads: int) -> None:
    """Print the figures of some parts.

    Args:
        data: real pictures.
        parts: the names of :data:`PARTS` to measure.
        reads: the number of reads of the fortnight.
    """
    settings = StoreSettings()
    pictures = looks(data, settings)
    with tempfile.TemporaryDirectory(prefix="bench-disk-", dir=_fast_folder(reads)) as folder:
        if "bytes" in parts:
            with device(Path(folder) / "bytes.img", BYTES_DEVICE) as volume:
                _bytes_a_read(volume, settings, pictures)
        if "fortnight" in parts:
            with device(Path(folder) / "fortnight.img", 2 * TARGET_BYTES) as volume:
                _fortnight(volume, settings, pictures, reads)
        if "catchup" in parts:
            catchup.run(Path(folder), settings, pictures)


def _fast_folder(reads: int) -> Path | None:
    """Where the devices lie: in memory where there is plenty of it. What is counted is decided above that."""
    memory = Path("/dev/shm")  # noqa: S108 - a private folder is made in it
    plenty = 3 * reads * TARGET_BYTES // FORTNIGHT_READS
    return memory if memory.is_dir() and shutil.disk_usage(memory).free > plenty else None


def _bytes_a_read(volume: Device, settings: StoreSettings, pictures: list[ReadPictures]) -> None:
    with unit_store(volume.folder, settings) as store:
        drive = ReadGenerator(pictures)
        used_before, written_before = volume.used_bytes(), volume.written_bytes()
        with _bar("Recording", BYTES_READS) as tick:
            for number, batch in enumerate(drive.batches(BYTES_READS)):
                store.reads.commit(batch)
                if number % WRITEBACK_READS == 0:
                    volume.written_bytes()
                    tick(drive.reads)
        after = volume.written_bytes()
        counts = store.reads.counts()
        figure("disk.kept", (volume.used_bytes() - used_before) / BYTES_READS, "bytes/read", of=BYTES_READS)
        figure("disk.kept.images", counts.image_bytes / BYTES_READS, "bytes/read")
        figure("disk.written.recording", (after - written_before) / BYTES_READS, "bytes/read", {"kept": 57_000})
        _deliver(store)
        written_delivered = volume.written_bytes()
        figure("disk.written.receipts", (written_delivered - after) / BYTES_READS, "bytes/read")
        purge = _purge(store, BYTES_READS)
        figure("disk.written.deletion", (volume.written_bytes() - written_delivered) / BYTES_READS, "bytes/read")
        figure("disk.purge.writer_held", purge.held_s_max * 1000, "ms", what="longest of all steps")


def _deliver(store: UnitStore) -> None:
    """Record receipts for everything, in the batches in which the uplink sends."""
    while due := store.outbox.due(ITEMS_A_RECEIPT, TARGET_BYTES):
        store.outbox.settle([Answer(item.item_id, Outcome.RECEIPT, item.sha256) for item in due], 5)


def _purge(store: UnitStore, reads: int) -> PurgeTotals:
    """Delete everything, as when there is no room.

    Raises:
        StoreError: it is not as many reads as there should be: what was written is not of their deletion.
    """
    purge = Purge(store.database, store.reads, RetentionSettings().limits)
    now = Instant("bench", 10**15, START, UtcSource.GNSS)
    while purge.step(now, TARGET_BYTES):
        pass
    if (deleted := purge.done.reads.total()) != reads:
        raise StoreError(f"the purge deleted {deleted} of {reads} reads, so its figures are of something else")
    return purge.done


def _fortnight(volume: Device, settings: StoreSettings, pictures: list[ReadPictures], reads: int) -> None:
    """Fourteen days of reads, none of them acknowledged; then how the store does with that much in it."""
    with unit_store(volume.folder, settings) as store:
        drive, before = ReadGenerator(pictures), volume.used_bytes()
        batch: list[ReadUpdate] = []
        with _bar("A fortnight", reads) as tick:
            for one in drive.batches(reads):
                batch += one
                if len(batch) >= FORTNIGHT_BATCH:
                    store.reads.commit(batch)
                    batch = []
                    tick(drive.reads)
            store.reads.commit(batch)
        used_bytes = volume.used_bytes() - before
        whole = used_bytes / reads * A_DAY * DAYS
        how = "measured" if reads == FORTNIGHT_READS else f"extrapolated from {reads} reads"
        figure("disk.fortnight", whole / 1e9, "GB", {"at most": TARGET_BYTES / 1e9}, how=how, reads=reads)
        database = (volume.folder / "unit" / "edge.db").stat().st_size
        figure("disk.fortnight.database", database / reads, "bytes/read", of=reads)
        _standing(volume, store)


def _standing(volume: Device, store: UnitStore) -> None:
    """What the uplink and the purge ask of so large a store, again and again."""
    _time_calls("disk.fortnight.due", lambda: store.outbox.due(ITEMS_A_RECEIPT, 4 << 20))
    _time_calls("disk.fortnight.counts", store.outbox.counts)
    usage = Usage(volume.folder / "unit", store.database, Ballast(volume.folder / "unit", 64 << 20))
    began = time.monotonic()
    usage.count_all()
    figure("disk.fortnight.counting_all", time.monotonic() - began, "s", what="256 slices, each a transaction")
    purge = Purge(store.database, store.reads, RetentionSettings().limits)
    now = Instant("bench", 10**15, START, UtcSource.GNSS)
    _time_calls("disk.fortnight.purge_look", lambda: purge.step(now, 1))


def _time_calls(name: str, work: Callable[[], object], times: int = 9) -> None:
    milliseconds(name, [_milliseconds_of(work) for _ in range(times)])


def _milliseconds_of(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return (time.perf_counter() - began) * 1000


@contextmanager
def _bar(what: str, total: int) -> Iterator[Callable[[int], None]]:
    """A bar on a terminal's stderr, told how many are done."""
    columns = (TextColumn(what), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    console = Console(stderr=True)
    with Progress(*columns, console=console, disable=not console.is_terminal, transient=True) as bar:
        task = bar.add_task(what, total=total)
        yield lambda done: bar.update(task, completed=done)
