import json
import os
import socket
import subprocess
import sys
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from alpr_edge import __version__
from alpr_edge.runtime.boot import boot_id
from alpr_edge.runtime.health import Health, current_health, read_health, write_health
from alpr_edge.runtime.notify import ServiceManager


def test_the_manager_hears_ready_alive_and_stopping(tmp_path: Path) -> None:
    address = tmp_path / "notify"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.bind(str(address))
        manager.settimeout(5)
        service = ServiceManager({"NOTIFY_SOCKET": str(address)})
        service.ready("watching")
        service.alive()
        service.status("camera front: lost")
        service.stopping()
        messages = [manager.recv(1000).decode() for _ in range(4)]
    assert messages == ["READY=1\nSTATUS=watching", "WATCHDOG=1", "STATUS=camera front: lost", "STOPPING=1"]


def test_abstract_sockets_are_spoken_to() -> None:
    name = f"alpr-edge-test-{os.getpid()}"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.bind(f"\0{name}")
        manager.settimeout(5)
        ServiceManager({"NOTIFY_SOCKET": f"@{name}"}).alive()
        assert manager.recv(100) == b"WATCHDOG=1"


def test_without_a_manager_nothing_is_said_and_nothing_fails(tmp_path: Path) -> None:
    ServiceManager({}).ready("watching")
    ServiceManager({"NOTIFY_SOCKET": str(tmp_path / "gone")}).ready("watching")


def test_health_is_replaced_whole(tmp_path: Path) -> None:
    for ready in (False, True):
        health = Health("run", ready, ("camera front: lost",), {"frames": 3}, ("the clock is not set",))
        write_health(tmp_path / "run", health)
        assert read_health(tmp_path / "run", "run") == health
    content = json.loads((tmp_path / "run" / "run.json").read_text(encoding="utf-8"))
    assert content.pop("written").endswith("Z")
    assert content.pop("boottime_s") >= content.pop("began_boottime_s") > 0
    assert content == {
        "unit": "run",
        "ready": True,
        "troubles": ["camera front: lost"],
        "figures": {"frames": 3},
        "warnings": ["the clock is not set"],
        "working": None,
        "boot_id": boot_id(),
        "pid": os.getpid(),
        "version": __version__,
    }
    assert [path.name for path in (tmp_path / "run").iterdir()] == ["run.json"]


def test_the_health_of_a_process_that_is_gone_is_not_current(tmp_path: Path) -> None:
    write_health(tmp_path, Health("run", ready=True, troubles=()))
    health = current_health(tmp_path, "run", 60)
    assert health is not None
    assert health.stamp is not None
    assert abs(datetime.now(UTC) - datetime.fromisoformat(health.stamp.written)) < timedelta(minutes=10)
    content = json.loads((tmp_path / "run.json").read_text(encoding="utf-8"))
    dead = subprocess.Popen([sys.executable, "-c", ""])
    dead.wait()
    old = content["boottime_s"] - 90
    for change in ({"pid": dead.pid}, {"pid": 0}, {"boot_id": "another"}, {"boottime_s": old}):
        (tmp_path / "run.json").write_text(json.dumps(content | change), encoding="utf-8")
        assert current_health(tmp_path, "run", 60) is None, change
    assert current_health(tmp_path, "run") is not None, "without a limit its age is none"
    del content["written"]
    (tmp_path / "run.json").write_text(json.dumps(content), encoding="utf-8")
    assert current_health(tmp_path, "run") is None, "an older release's says nothing of its process"
    assert read_health(tmp_path, "run") is not None


@pytest.mark.parametrize(
    "content", [None, "", "{}", "[1]", '{"ready": true, "troubles": 3, "figures": 1, "warnings": []}']
)
def test_health_that_cannot_be_read_is_none(content: str | None, tmp_path: Path) -> None:
    if content is not None:
        (tmp_path / "run.json").write_text(content, encoding="utf-8")
    assert read_health(tmp_path, "run") is None


def messages_of_start(folder: Path, script: str) -> list[str]:
    """What a start tells the manager, of a process of its own: progress is measured of a whole process."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.bind(str(folder / "notify"))
        manager.settimeout(0.1)
        subprocess.run(
            [sys.executable, "-c", script], check=True, env=os.environ | {"NOTIFY_SOCKET": f"{folder}/notify"}
        )
        messages = []
        while True:
            try:
                messages.append(manager.recv(1000).decode())
            except TimeoutError:
                return messages


START = """
import os, time
from alpr_edge.runtime.notify import ServiceManager
with ServiceManager().extending_start(progress_s=0.7):
    until_s = time.monotonic() + 2.5
    while time.monotonic() < until_s:
        {work}
time.sleep(1)
"""


@pytest.mark.review2(5)
def test_a_start_that_works_gets_more_time_and_one_that_waits_does_not(tmp_path: Path) -> None:
    for folder in (tmp_path / "works", tmp_path / "waits"):
        folder.mkdir()
    works = messages_of_start(tmp_path / "works", START.format(work="pass"))
    assert set(works) == {"EXTEND_TIMEOUT_USEC=120000000"}
    assert messages_of_start(tmp_path / "waits", START.format(work="time.sleep(0.01)")) == []


@pytest.mark.review(4)
def test_a_manager_that_reads_nothing_holds_nobody_up(tmp_path: Path) -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listener:
        listener.bind(str(tmp_path / "notify"))
        manager = ServiceManager({"NOTIFY_SOCKET": str(tmp_path / "notify")})
        done = threading.Event()

        def tell() -> None:
            for _ in range(5000):
                manager.alive()
            done.set()

        threading.Thread(target=tell, daemon=True).start()
        assert done.wait(60)
