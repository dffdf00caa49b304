"""A disk that is slow and one that was made read-only: a real file system that is frozen, and mounted anew."""

import itertools
import os
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from alpr_edge.app.store_upkeep.steps import FILE_NAME, IDLE_S_MAX, DiskProbe
from alpr_edge.app.unit_faults import Fault, FaultKind
from alpr_edge.app.watches.unit_watches import HOLD_S, DiskStateWatch
from alpr_edge.store.db.commit_times import CommitTimes
from alpr_edge.store.db.database import Database
from scripts.faults.disk import Disk

WAIT_S = 60.0
KEY = bytes(32)


class LateClock:
    """Monotonic seconds, to which a test adds."""

    def __init__(self) -> None:
        self.later_s = 0.0

    def __call__(self) -> float:
        return time.monotonic() + self.later_s


@pytest.fixture
def disk(
    tmp_path: Path, require_tool: Callable[[str], str], require_system_module: Callable[[str], str]
) -> Iterator[Disk]:
    """A small ext4 file system of its own."""
    require_system_module("import os; assert os.access('/dev/loop-control', os.W_OK), 'mounting needs root'")
    require_tool("mkfs.ext4")
    require_tool("fsfreeze")
    with Disk(tmp_path / "disk.img", 32 << 20) as disk:
        yield disk


def look_for(watch: DiskStateWatch, kind: FaultKind) -> Fault:
    limit = time.monotonic() + WAIT_S
    while time.monotonic() < limit:
        watch.look()
        for fault in watch.faults():
            if fault.kind is kind:
                return fault
        time.sleep(0.05)
    raise AssertionError(f"not told: {kind}")


def commit(database: Database, number: int) -> None:
    with database.write() as connection:
        connection.exec_driver_sql(f"CREATE TABLE written_{number} (id INTEGER)")


def test_a_commit_that_waits_for_the_disk_is_told_while_it_waits_and_ends_a_minute_later(disk: Disk) -> None:
    (data := disk.folder / "data").mkdir(mode=0o700)
    database = Database.open(data, KEY, migrate=True)
    database.commits.take_longest_s()
    seconds = LateClock()
    watch = DiskStateWatch(data, database.commits, seconds)
    writer = threading.Thread(target=commit, args=(database, 1))
    subprocess.run(["fsfreeze", "--freeze", disk.folder], check=True)
    try:
        writer.start()
        fault = look_for(watch, FaultKind.DISK_SLOW)
        assert writer.is_alive(), "the commit is not over"
    finally:
        subprocess.run(["fsfreeze", "--unfreeze", disk.folder], check=True)
        writer.join(WAIT_S)
    assert fault.text.startswith("disk: slow: a write took ")
    watch.look()
    assert [each.kind for each in watch.faults()] == [FaultKind.DISK_SLOW]
    seconds.later_s = HOLD_S + WAIT_S
    assert watch.faults() == []
    commit(database, 2)
    database.close()


def test_a_disk_that_hangs_while_nothing_is_stored_is_told(disk: Disk) -> None:
    commits = CommitTimes()
    probe, watch = DiskProbe(disk.folder, commits), DiskStateWatch(disk.folder, commits)
    file = disk.folder / FILE_NAME
    probe.step()
    assert not file.exists(), "something was written a moment ago"
    time.sleep(IDLE_S_MAX)
    probe.step()
    assert (file.read_bytes(), watch.faults()) == (b"\0", [])
    time.sleep(IDLE_S_MAX)
    writer = threading.Thread(target=probe.step)
    subprocess.run(["fsfreeze", "--freeze", disk.folder], check=True)
    try:
        writer.start()
        look_for(watch, FaultKind.DISK_SLOW)
        assert writer.is_alive(), "it hangs"
    finally:
        subprocess.run(["fsfreeze", "--unfreeze", disk.folder], check=True)
        writer.join(WAIT_S)
    assert file.stat().st_size == 1


def test_a_disk_that_refuses_the_probe_ends_nothing(disk: Disk) -> None:
    probe = DiskProbe(disk.folder, CommitTimes(itertools.count(0, 10).__next__))
    subprocess.run(["mount", "-o", "remount,ro", disk.folder], check=True)
    probe.step()
    subprocess.run(["mount", "-o", "remount,rw", disk.folder], check=True)
    assert not (disk.folder / FILE_NAME).exists()


def test_a_commit_that_waits_for_that_of_another_process_is_told_as_well(tmp_path: Path) -> None:
    """The uplink may be the one whose commit hangs with the disk; it holds up every other."""
    (data := tmp_path / "data").mkdir(mode=0o700)
    database, other = (Database.open(data, KEY, migrate=True) for _ in range(2))
    database.commits.take_longest_s()
    watch = DiskStateWatch(data, database.commits)
    writer = threading.Thread(target=commit, args=(database, 1))
    with other.write():
        writer.start()
        look_for(watch, FaultKind.DISK_SLOW)
        assert writer.is_alive(), "it waits"
    writer.join(WAIT_S)
    database.close()
    other.close()


def test_a_disk_that_cannot_be_written_is_told_and_ends_by_itself(disk: Disk) -> None:
    watch = DiskStateWatch(disk.folder, CommitTimes())
    watch.look()
    assert watch.faults() == []
    for option, told in (("ro", [FaultKind.DISK_READ_ONLY]), ("rw", [])):
        subprocess.run(["mount", "-o", f"remount,{option}", disk.folder], check=True)
        watch.look()
        assert [each.kind for each in watch.faults()] == told


@pytest.mark.parametrize(("options", "told"), [("rw", ""), ("rw,emergency_ro", "emergency_ro"), ("ro", "ro")])
def test_a_file_system_that_the_kernel_gave_up_after_an_error_is_told(tmp_path: Path, options: str, told: str) -> None:
    """Lines of Linux 6.18 before and after ``/sys/fs/ext4/loop0/trigger_fs_error``, with this folder's device."""
    device = tmp_path.stat().st_dev
    mounts = tmp_path / "mountinfo"
    other = "24 1 0:22 / /proc rw,nosuid shared:5 - proc proc ro\n"
    line = f"91 25 {os.major(device)}:{os.minor(device)} / /data rw,relatime shared:7 - ext4 /dev/loop0 {options}\n"
    mounts.write_text(other + line, encoding="ascii")
    watch = DiskStateWatch(tmp_path, CommitTimes(), mounts=mounts)
    watch.look()
    lines = [f"disk: nothing can be written on it ({told}); the kernel's log says why"] if told else []
    assert [fault.text for fault in watch.faults()] == lines


def test_a_folder_that_is_gone_is_told_by_others() -> None:
    watch = DiskStateWatch(Path("/no/such/folder"), CommitTimes())
    watch.look()
    assert watch.faults() == []


def test_a_write_at_work_counts_beside_shorter_ones_that_are_over() -> None:
    commits, begun, over = CommitTimes(), threading.Event(), threading.Event()

    def write() -> None:
        with commits.timing():
            begun.set()
            over.wait(WAIT_S)

    thread = threading.Thread(target=write)
    thread.start()
    assert begun.wait(WAIT_S)
    with commits.timing():
        pass
    time.sleep(0.02)
    assert commits.take_longest_s() >= 0.02
    over.set()
    thread.join(WAIT_S)
    assert commits.take_longest_s() >= 0.02, "the whole of it, as it ends"
    assert commits.take_longest_s() == 0.0


def test_commits_are_timed_alone() -> None:
    commits = CommitTimes()
    assert commits.take_longest_s() == 0.0
    with commits.timing():
        time.sleep(0.02)
        assert commits.take_longest_s() >= 0.02, "the one at work counts"
    assert commits.take_longest_s() >= 0.02
    assert commits.take_longest_s() == 0.0
