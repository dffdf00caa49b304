"""A disk that answers nothing for minutes: the unit reads on, is not ended for it, and its power goes all the same."""

import signal
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from alpr_edge.app.pipeline.pipeline import WRITER_SILENT_S_MAX
from alpr_edge.app.stages.database_health import DatabaseHealth
from alpr_edge.domain.errors import UnreadError
from alpr_edge.settings import load
from alpr_edge.store.db.database import DATABASE_NAME
from alpr_edge.store.recovery.damaged_databases import damaged_databases
from alpr_edge.store.unit_store import UnitStore, open_store
from tests.app.rig import daemon, wait_for_health
from tests.app.stages.test_power import Car
from tests.fuse_disk import FuseDisk
from tests.store.damage import record

pytestmark = [pytest.mark.slow, pytest.mark.review2(4)]

DISK_BYTES = 512 << 20
GRACE = "shutdown_grace_s = 5\n"
HANG_S = WRITER_SILENT_S_MAX + 40
WATCHDOG_S = 30.0
"""WatchdogSec= of the unit's service."""


@pytest.fixture
def disk(
    tmp_path: Path, require_tool: Callable[[str], str], require_system_module: Callable[[str], str]
) -> Iterator[FuseDisk]:
    require_system_module("import os; assert os.access('/dev/fuse', os.W_OK) and os.geteuid() == 0, 'needs root'")
    for tool in ("mkfs.ext4", "filefrag"):
        require_tool(tool)
    with FuseDisk(tmp_path, DISK_BYTES).mount() as disk:
        yield disk


def car_on(disk: FuseDisk, folder: Path) -> Car:
    """A car whose data lie on the disk, with the key in."""
    car = Car(folder, power=GRACE)
    text = car.settings.read_text(encoding="utf-8")
    car.settings.write_text(text.replace('data_directory = "data"', f'data_directory = "{disk.folder}/data"'))
    return car


class Manager:
    """Listens as systemd does, and knows the longest time without a heartbeat.

    Args:
        folder: where the socket lies.
    """

    def __init__(self, folder: Path) -> None:
        self._address = folder / "notify"
        self.inside = ("env", f"NOTIFY_SOCKET={self._address}")
        self.heard: list[tuple[float, str]] = []

    @contextmanager
    def listening(self) -> Iterator["Manager"]:
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listener:
            listener.bind(str(self._address))
            listener.settimeout(1)
            ended = threading.Event()
            thread = threading.Thread(target=self._listen, args=(listener, ended))
            thread.start()
            yield self
            ended.set()
            thread.join()

    def _listen(self, listener: socket.socket, ended: threading.Event) -> None:
        while not ended.is_set():
            try:
                self.heard.append((time.monotonic(), listener.recv(65536).decode()))
            except TimeoutError:
                continue

    def longest_silence_s(self, since_s: float) -> float:
        """Longest time without a heartbeat since a moment."""
        beats = [since_s, *(at for at, text in self.heard if text == "WATCHDOG=1" and at > since_s), time.monotonic()]
        return max(later - earlier for earlier, later in pairwise(beats))


def tells_of_disk(health: dict[str, Any]) -> bool:
    return any(line.startswith("disk: slow: ") for line in health["troubles"])


def test_a_unit_whose_disk_hangs_for_minutes_reads_on_and_stores_all_of_it_afterwards(
    tmp_path: Path, disk: FuseDisk
) -> None:
    car, manager = car_on(disk, tmp_path), Manager(tmp_path)
    with (
        manager.listening(),
        daemon("run", "--settings", str(car.settings), inside=manager.inside) as run,
    ):
        run.wait_for("event=read.stored", 3)
        disk.hang()
        began_s = time.monotonic()
        told = wait_for_health(tmp_path, tells_of_disk)
        run.wait_for("event=tone.sounded tone=disk")
        time.sleep(began_s + HANG_S - time.monotonic())
        health = wait_for_health(tmp_path, tells_of_disk)
        assert health["figures"]["frames"] >= told["figures"]["frames"] + 5 * HANG_S
        waiting = health["figures"]["records_waiting"]
        assert waiting > 0
        assert manager.longest_silence_s(began_s) < WATCHDOG_S
        stored = run.count("event=read.stored")
        disk.answer()
        run.wait_for("event=read.stored", stored + waiting)
        assert run.end(signal.SIGTERM) == 0
        ids = {line.partition(" read=")[2].split()[0] for line in run.having("event=read.stored")}
    with open_store(load(car.settings), migrate=False) as store:
        assert [read_id for read_id in ids if store.reads.get(read_id) is None] == []


def test_with_the_key_out_the_power_goes_although_the_disk_hangs(tmp_path: Path, disk: FuseDisk) -> None:
    car, manager = car_on(disk, tmp_path), Manager(tmp_path)
    with (
        manager.listening(),
        daemon("run", "--settings", str(car.settings), inside=manager.inside) as run,
    ):
        run.wait_for("event=read.stored", 3)
        wait_for_health(tmp_path, bool)
        disk.hang()
        began_s = time.monotonic()
        car.turn("off")
        run.wait_for("event=power.off_ordered")
        assert car.power_off_log.exists()
        assert manager.longest_silence_s(began_s) < WATCHDOG_S
        disk.answer()


def test_a_start_that_hangs_with_its_disk_powers_off_with_the_key_out(tmp_path: Path, disk: FuseDisk) -> None:
    car, manager = car_on(disk, tmp_path), Manager(tmp_path)
    with daemon("run", "--settings", str(car.settings)) as run:
        run.wait_for("event=read.stored", 3)
        wait_for_health(tmp_path, bool)
        assert run.end(signal.SIGTERM) == 0
    disk.forget()
    disk.hang()
    car.turn("off")
    with (
        manager.listening(),
        daemon("run", "--settings", str(car.settings), inside=manager.inside) as run,
    ):
        run.wait_for("event=power.off_ordered")
        assert car.power_off_log.exists()
        assert not run.having("event=unit.started")
        assert any(text.startswith("EXTEND_TIMEOUT_USEC=") for _, text in manager.heard)
        disk.answer()


def run_once(car: Car) -> None:
    """Have the database hold some reads, all of it in its file and none in its log."""
    with daemon("run", "--settings", str(car.settings)) as run:
        run.wait_for("event=read.stored", 3)
        assert run.end(signal.SIGTERM) == 0


@pytest.mark.review2(1)
def test_a_database_that_the_disk_does_not_read_for_some_seconds_is_in_use_afterwards(
    tmp_path: Path, disk: FuseDisk
) -> None:
    car = car_on(disk, tmp_path)
    run_once(car)
    data = load(car.settings).unit.data_directory
    disk.fail_reads(data / DATABASE_NAME)
    with daemon("run", "--settings", str(car.settings)) as run:
        time.sleep(15)
        disk.answer()
        run.wait_for("event=store.sound_again")
        run.wait_for("event=read.stored", 3)
        assert run.end(signal.SIGTERM) == 0
    assert damaged_databases(data) == []


@pytest.mark.review2(1)
def test_a_database_that_the_disk_does_not_read_any_more_is_set_aside(tmp_path: Path, disk: FuseDisk) -> None:
    car = car_on(disk, tmp_path)
    run_once(car)
    data = load(car.settings).unit.data_directory
    disk.fail_reads(data / DATABASE_NAME)
    with daemon("run", "--settings", str(car.settings)) as run:
        run.wait_for("event=store.set_aside")
        run.wait_for("event=read.stored", 3)
        assert run.end(signal.SIGTERM) == 0
    assert len(damaged_databases(data)) == 1


def read_anew(store: UnitStore) -> None:
    """Read everything; what is committed before has other connections forget what they hold in memory."""
    store.reads.commit([record(400)])
    store.reads.recent(400)


@pytest.mark.review2(1)
def test_a_page_that_is_not_read_while_the_unit_works_is_read_again(tmp_path: Path, disk: FuseDisk) -> None:
    settings = load(car_on(disk, tmp_path).settings)
    with open_store(settings, migrate=True, replace_damaged=True) as store:
        for start in range(0, 400, 20):
            store.reads.commit([record(number) for number in range(start, start + 20)])
    with open_store(settings, migrate=True, replace_damaged=True) as store:
        disk.fail_reads(store.database.path)
        with pytest.raises(UnreadError):
            read_anew(store)
        mending = threading.Thread(target=DatabaseHealth(store).mend)
        mending.start()
        time.sleep(5)
        assert mending.is_alive()
        disk.answer()
        mending.join()
        assert len(store.reads.recent(400)) == 400
        assert damaged_databases(settings.unit.data_directory) == []
