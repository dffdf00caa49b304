"""The department's unit file, as systemd reads it, and the notifications that it relies on."""

import os
import re
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from alpr_edge.department.pki.authority import initialise
from alpr_edge.runtime.boot import BOOT_ID_FILE
from tests.department.waits import WAIT_S

FOLDER = Path(__file__).parents[2] / "systemd" / "department"
UNIT = FOLDER / "alpr-edge-department.service"
PURGE = FOLDER / "alpr-edge-department-purge.service"
ALARMS = FOLDER / "alpr-edge-department-alarms.service"
BACKUP = FOLDER / "alpr-edge-department-backup.service"
PAGE = FOLDER / "alpr-edge-department-page.service"
DRILL = FOLDER / "alpr-edge-department-drill.service"
METRICS = FOLDER / "alpr-edge-department-metrics.service"
EXCHANGE = FOLDER / "alpr-edge-department-exchange.service"
PROGRAM = "/opt/alpr-edge-department/current/.venv/bin/alpr-edge"
EXPOSURE_MAX = 1.2
"""Of ten, as ``systemd-analyze security`` adds it up; the network alone is 0.5."""


def run(*command: str) -> str:
    outcome = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    return outcome.stdout + outcome.stderr


def test_systemd_accepts_them(tmp_path: Path, require_tool: Callable[[str], str]) -> None:
    units = [tmp_path / path.name for path in sorted(FOLDER.iterdir())]
    assert [unit.name.removeprefix("alpr-edge-department") for unit in units] == [
        *("-alarms.service", "-alarms.timer", "-backup.service", "-backup.timer", "-drill.service", "-drill.timer"),
        *("-exchange.service", "-exchange.timer", "-metrics.service", "-page.service"),
        *("-purge.service", "-purge.timer", ".service"),
    ]
    for unit in units:
        text = (FOLDER / unit.name).read_text(encoding="utf-8")
        unit.write_text(text.replace(PROGRAM, shutil.which("true") or ""))
    assert run(require_tool("systemd-analyze"), "verify", *map(str, units)) == ""


@pytest.mark.parametrize(
    "unit",
    [UNIT, PURGE, ALARMS, BACKUP, DRILL, PAGE, METRICS, EXCHANGE],
    ids=["server", "purge", "alarms", "backup", "drill", "page", "metrics", "exchange"],
)
def test_its_exposure_is_small(unit: Path, require_tool: Callable[[str], str]) -> None:
    output = run(require_tool("systemd-analyze"), "security", "--offline=true", "--no-pager", str(unit))
    exposure = re.search(r"Overall exposure level for \S+: ([0-9.]+)", output)
    assert exposure, output
    assert float(exposure[1]) <= EXPOSURE_MAX


def test_it_serves_the_folder_that_systemd_makes_and_leaves_nothing_of_its_memory() -> None:
    text = UNIT.read_text(encoding="utf-8")
    for line in (
        "Type=notify",
        "StateDirectoryMode=0700",
        "UMask=0077",
        "LimitCORE=0",
        "MemorySwapMax=0",
        "Environment=ALPR_EDGE_DEPARTMENT=/var/lib/alpr-edge-department/data",
        "User=alpr-edge-department",
    ):
        assert f"\n{line}\n" in text
    ports = r"--enroll-port \d+ --health-port \d+ --people-port \d+ --figures \S+"
    assert re.search(rf"(?m)^ExecStart={PROGRAM} department serve .*{ports}$", text)


@pytest.mark.parametrize("unit", [UNIT, PAGE], ids=["server", "page"])
def test_what_has_sessions_and_figures_may_ask_the_kernel_which_boot_it_is(unit: Path) -> None:
    assert BOOT_ID_FILE.is_relative_to("/proc/sys")
    assert not re.search("(?m)^ProcSubset=", unit.read_text(encoding="utf-8"))


def test_what_answers_prometheus_has_neither_keys_devices_nor_data() -> None:
    text = METRICS.read_text(encoding="utf-8")
    for line in (
        "DynamicUser=yes",
        "IPAddressDeny=any",
        "IPAddressAllow=localhost",
        "PrivateDevices=yes",
        "InaccessiblePaths=-/var/lib/alpr-edge-department",
        "InaccessiblePaths=-/run/postgresql",
        "LimitCORE=0",
        "MemorySwapMax=0",
    ):
        assert f"\n{line}\n" in text
    assert not re.search("(?m)^(LoadCredential|DeviceAllow|StateDirectory|User=|Supplementary|Environment)", text)
    figures = re.search(r"(?m)^ExecStart=\S+ department metrics --figures /run/(\S+)$", text)
    assert figures
    server = UNIT.read_text(encoding="utf-8")
    assert f"\nRuntimeDirectory={figures[1]}\nRuntimeDirectoryMode=0755\n" in server
    assert f" --figures /run/{figures[1]}\n" in server


def test_the_server_says_that_it_is_ready_alive_and_stopping(tmp_path: Path) -> None:
    directory = initialise(tmp_path / "department", ["127.0.0.1"]).directory
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.bind(str(tmp_path / "notify"))
        manager.settimeout(WAIT_S)
        environment = {
            **os.environ,
            "NOTIFY_SOCKET": str(tmp_path / "notify"),
            "ALPR_EDGE_DEPARTMENT": str(directory),
        }
        command = [sys.executable, "-m", "alpr_edge", "department", "serve", "--port", "0"]
        server = subprocess.Popen(command, env=environment, stderr=subprocess.DEVNULL)
        try:
            assert manager.recv(4096).startswith(b"READY=1\nSTATUS=units connect to port ")
            assert manager.recv(4096) == b"WATCHDOG=1"
            server.send_signal(signal.SIGTERM)
            while (message := manager.recv(4096)) != b"STOPPING=1":
                assert message == b"WATCHDOG=1"
            assert server.wait(WAIT_S) == 0
        finally:
            server.kill()
            server.wait()


@pytest.mark.review2(15)
def test_all_that_is_stored_is_verified_each_week() -> None:
    commands = re.findall(r"(?m)^ExecStart=(-?)\S+ department (\w+)", DRILL.read_text(encoding="utf-8"))
    assert commands == [("-", "verify"), ("", "drill")]
