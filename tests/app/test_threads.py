"""Every thread of the daemons is listed and killed in turn: each comes back, is told of, and the rest goes on."""

import ctypes
import json
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import structlog

from alpr_edge.app.capture_daemon import CaptureDaemon
from alpr_edge.app.uplink_daemon import UplinkDaemon
from alpr_edge.department.pki.authority import initialise
from alpr_edge.settings import load
from alpr_edge.store.unit_store import open_store
from tests.app.rig import UNIT, write_frames, write_settings
from tests.cli.unit.fit_unit import Receiver
from tests.department.enrolment import enrol_unit

WAIT_S = 120.0
WORKERS = {"recognition-1", "recognition-2"}
STAGES = {
    "writer",
    "tracking",
    "vehicle",
    "camera-front",
    "lists",
    "disk",
    "counts",
    "store-upkeep",
    "frame-rate",
    "access-log",
    "roster",
    "holds",
    "self-check",
    "page-requests",
    "canvass",
    "precision",
    "watches",
    "position",
    "ignition",
    "database",
    "pictures",
    "power-stand-in",
    *WORKERS,
}


DIES_BETWEEN_OPEN_AND_WITH = pytest.mark.filterwarnings("ignore:unclosed:ResourceWarning")
"""The exception may be raised where no code can: after a file or connection is open and before its ``with`` begins."""


class Killed(BaseException):
    """Nothing that any code expects."""


def kill(thread: threading.Thread) -> None:
    """Raise :class:`Killed` in a thread, wherever it is."""
    assert thread.ident is not None
    done = ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(thread.ident), ctypes.py_object(Killed))
    assert done == 1


class Daemon:
    """A daemon that runs in this process.

    Args:
        settings: its file.
        kind: which.
    """

    def __init__(self, settings: Path, kind: type[CaptureDaemon] | type[UplinkDaemon]) -> None:
        self.stop = threading.Event()
        self._health = settings.parent / "runtime" / ("run.json" if kind is CaptureDaemon else "uplink.json")
        self._others = set(threading.enumerate())
        self.main = threading.Thread(target=kind(load(settings), self.stop).run, name="main", daemon=True)
        self.main.start()

    @property
    def threads(self) -> dict[str, threading.Thread]:
        """Its own but the first, whose end is the process's, and those that flush the pictures of one commit."""
        own = [thread for thread in threading.enumerate() if thread not in {*self._others, self.main}]
        return {thread.name: thread for thread in own if not thread.name.startswith("sync_")}

    def until(self, holds: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
        """Wait until its health is so; returns that."""
        limit_s = time.monotonic() + WAIT_S
        health: dict[str, Any] = {}
        while not (health and holds(health)):
            assert time.monotonic() < limit_s, health
            assert self.main.is_alive()
            time.sleep(0.05)
            health = json.loads(self._health.read_text(encoding="utf-8")) if self._health.exists() else {}
        return health


def tells_of_restart(health: dict[str, Any], name: str) -> bool:
    """Whether one restart of a stage is counted, and its failure told; the ignition's is told by what reads it."""
    told = " ".join(health["troubles"] + health["warnings"])
    counted: int = health["figures"]["restarts"].get(name, 0)
    assert counted <= 1
    return counted == 1 and (name == "ignition" or f"{name} failed: Killed: " in told)


@pytest.fixture
def car(tmp_path: Path) -> Iterator[Daemon]:
    settings = write_settings(tmp_path, write_frames(tmp_path / "frames", range(9)), fps=20)
    (tmp_path / "lists").mkdir()
    text = settings.read_text(encoding="utf-8")
    settings.write_text(
        f"""{text}
[position]
device = "{tmp_path}/tty"
[power]
ignition = "file"
power_off_command = ""
[[hotlist.source]]
name = "bolo"
format = "generic-csv"
folder = "{tmp_path}/lists"
""",
        encoding="utf-8",
    )
    with Receiver(tmp_path / "tty"):
        running = Daemon(settings, CaptureDaemon)
        try:
            running.until(lambda health: health["ready"])
            yield running
        finally:
            running.stop.set()
            running.main.join(WAIT_S)
    assert not running.main.is_alive()
    assert not running.threads


@DIES_BETWEEN_OPEN_AND_WITH
@pytest.mark.review(3)
def test_every_thread_of_a_unit_is_a_stage_that_comes_back(car: Daemon) -> None:
    assert set(car.threads) == STAGES
    with structlog.testing.capture_logs() as logs:
        for name in sorted(STAGES):
            thread = car.threads[name]
            kill(thread)
            health = car.until(lambda told, name=name: tells_of_restart(told, name))  # type: ignore[misc]
            frame_count = health["figures"]["frames"]
            car.until(lambda told, count_before=frame_count: told["figures"]["frames"] > count_before)  # type: ignore[misc]
            assert car.threads[name].is_alive()
        read_logs = [log for log in logs if log["event"] == "read.stored"]
        failed_stages = [log["stage"] for log in logs if log["event"] == "stage.restarting"]
    assert sorted(failed_stages) == sorted(STAGES)
    assert len({log["read"] for log in read_logs}) > 1
    car.until(lambda told: not [line for line in told["troubles"] if "failed" in line])


@DIES_BETWEEN_OPEN_AND_WITH
@pytest.mark.review(3)
def test_every_thread_of_the_uplink_is_a_stage_that_comes_back(tmp_path: Path) -> None:
    folder = tmp_path / "department"
    initialise(folder, ["127.0.0.1"])
    enrol_unit(folder, UNIT, tmp_path / "tls")
    settings = write_settings(tmp_path, write_frames(tmp_path / "frames", [0]), "https://127.0.0.1:9")
    with open_store(load(settings), migrate=True):
        pass
    uplink = Daemon(settings, UplinkDaemon)
    uplink.until(lambda health: health["ready"])
    certificates = {"certificate", "page_certificate", "evidence_voucher"}
    assert set(uplink.threads) == {"lists", "roster", "holds", "heartbeat", *certificates}
    for name in ("lists", "certificate", "roster", "holds", "heartbeat"):
        kill(uplink.threads[name])
        uplink.until(lambda told, name=name: tells_of_restart(told, name))  # type: ignore[misc]
        assert uplink.threads[name].is_alive()
    uplink.stop.set()
    uplink.main.join(WAIT_S)
    assert not uplink.threads
