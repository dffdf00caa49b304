"""The ignition goes off: the watch ends, what is held arrives, then the power goes. Real daemons, real department."""

import json
import re
import signal
import socket
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from alpr_edge.app.stages.power import NOT_WATCHING, IgnitionStage, PowerMonitor
from alpr_edge.domain.power import Phase
from alpr_edge.power.files import FileIgnition, write_word
from alpr_edge.runtime.supervisor import Supervisor
from alpr_edge.settings import PowerSettings
from tests.app.rig import Daemon, daemon, edge, write_frames, write_settings
from tests.app.test_daemons import address, delivered_reads, department, stored_reads
from tests.app.test_unit_sounds import clock_settings, import_list
from tests.staff import FOR_STOLEN, Staff

__all__ = ["clock_settings", "department"]
WAIT_S = 60.0
OFF_AFTER_S = 2.0
SLEEPY = "retry_first_s = 600.0\nretry_max_s = 86400.0"
"""The first look at the outbox comes at a random moment of ten minutes: nothing but the ignition wakes it sooner."""


class Car:
    """A unit in a folder with an ignition key.

    Args:
        folder: of the unit.
        url: of the department.
        power: more settings of [power].
        uplink: settings of [uplink] in the place of others.
    """

    def __init__(self, folder: Path, url: str = "", power: str = "", uplink: str = "retry_first_s = 0.1") -> None:
        self.folder = folder
        self.runtime = folder / "runtime"
        self.power_off_log = folder / "gone"
        self.settings = write_settings(folder, write_frames(folder / "frames", range(20)), url)
        off = folder / "power-off"
        off.write_text(f"#!/bin/sh\ndate +%s.%N >> {self.power_off_log}\n")
        off.chmod(0o700)
        text = self.settings.read_text(encoding="utf-8").replace("retry_first_s = 0.1", uplink)
        with self.settings.open("w", encoding="utf-8") as file:
            file.write(f'{text}[power]\nignition = "file"\ncheck_interval_s = 0.1\n')
            file.write(f"off_after_s = {OFF_AFTER_S}\non_after_s = 0\n")
            file.write(f'power_off_command = "{off}"\n{power}')

    def turn(self, word: str) -> None:
        """Turn the key."""
        write_word(self.runtime, is_on=word == "on")

    def health(self, unit: str = "run") -> dict[str, Any]:
        path = self.runtime / f"{unit}.json"
        return json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}

    def until(self, holds: Callable[[dict[str, Any]], bool], unit: str = "run") -> dict[str, Any]:
        """Wait until a unit's health is so; returns it."""
        deadline_s = time.monotonic() + WAIT_S
        while not ((health := self.health(unit)) and holds(health)):
            assert time.monotonic() < deadline_s, health
            time.sleep(0.05)
        return health

    def is_in(self, phase: str) -> None:
        self.until(lambda health: health["figures"].get("power") == phase)


@pytest.fixture
def watching(tmp_path: Path) -> Iterator[Callable[..., tuple[Car, Daemon]]]:
    """Starts a unit that has stored reads."""
    daemons: list[Daemon] = []

    def start(*arguments: str) -> tuple[Car, Daemon]:
        car = Car(tmp_path, *arguments)
        run = Daemon("run", "--settings", str(car.settings))
        daemons.append(run)
        run.wait_for("event=read.stored", 3)
        run.wait_for("event=unit.started")
        # The folder that the ignition's word goes to is made with the first health file.
        car.until(bool)
        return car, run

    yield start
    for run in daemons:
        if run._process.poll() is None:
            run.end(signal.SIGKILL)


def test_ignition_off_wakes_the_uplink_delivers_everything_and_powers_off(
    watching: Callable[..., tuple[Car, Daemon]], department: tuple[Path, Daemon]
) -> None:
    folder, server = department
    car, run = watching(address(server), "shutdown_grace_s = 60\n", SLEEPY)
    with daemon("uplink", "--settings", str(car.settings)) as uplink:
        asleep = car.until(lambda health: health["figures"]["waiting"] > 0, "uplink")
        assert asleep["figures"]["link"] == "untried"
        car.turn("off")
        run.wait_for("event=power.off_ordered")
        assert car.power_off_log.exists()
        run.wait_for("phase=off sent=true")
        told = car.until(lambda told: told["figures"]["power"] == "off")
        assert told["figures"]["outbox_ready"] == 0
        assert "the ignition is off: no plate is read" in told["troubles"]
        assert uplink.end(signal.SIGTERM) == 0
    assert run.end(signal.SIGTERM) == 0
    read_ids = delivered_reads(folder)
    assert set(read_ids) == stored_reads(run.lines)
    assert len(read_ids) == len(set(read_ids))


def test_without_a_link_the_stay_is_bounded(watching: Callable[..., tuple[Car, Daemon]]) -> None:
    car, run = watching("https://127.0.0.1:9", "shutdown_grace_s = 3\n")
    car.turn("off")
    run.wait_for("event=power.phase_changed")
    run.wait_for("event=power.off_ordered")
    run.wait_for("phase=off sent=false")
    assert run.end(signal.SIGTERM) == 0


def test_ignition_that_comes_back_goes_on_without_losing_a_read(watching: Callable[..., tuple[Car, Daemon]]) -> None:
    car, run = watching("https://127.0.0.1:9", "shutdown_grace_s = 600\n")
    for _ in range(2):
        car.turn("off")
        car.is_in("parting")
        before = len(run.having("event=read.stored"))
        car.turn("on")
        car.is_in("watching")
        run.wait_for("event=read.stored", before + 3)
    assert not car.power_off_log.exists()
    assert run.end(signal.SIGTERM) == 0
    Staff(car.settings).sign_in_here()
    shown = edge("reads", "--settings", str(car.settings), "--limit", "1000", "--json", *FOR_STOLEN)
    lines = shown.stdout.splitlines()
    assert {json.loads(line)["read_id"] for line in lines} == stored_reads(run.lines)


def test_the_service_manager_hears_that_the_ignition_came_back(
    watching: Callable[..., tuple[Car, Daemon]], clock_settings: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A unit that has no fault to tell then."""
    monkeypatch.setenv("NOTIFY_SOCKET", str(tmp_path / "notify"))
    statuses = [""]

    def hear_status(manager: socket.socket, holds: Callable[[str], bool]) -> None:
        deadline_s = time.monotonic() + WAIT_S
        while not holds(statuses[-1]):
            assert time.monotonic() < deadline_s, statuses
            statuses.extend(re.findall("STATUS=(.*)", manager.recv(4096).decode()))

    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.bind(str(tmp_path / "notify"))
        manager.settimeout(WAIT_S)
        car, run = watching("https://127.0.0.1:9", f"shutdown_grace_s = 600\n{clock_settings}")
        assert import_list(car.settings) == 0
        hear_status(manager, lambda status: status == "watching")
        car.turn("off")
        hear_status(manager, lambda status: NOT_WATCHING in status)
        car.turn("on")
        hear_status(manager, lambda status: status == "watching")
        assert run.end(signal.SIGTERM) == 0


def test_neither_a_cranking_dip_nor_an_ignition_that_is_lost_is_off(
    watching: Callable[..., tuple[Car, Daemon]],
) -> None:
    car, run = watching()
    for _ in range(3):
        car.turn("off")
        time.sleep(OFF_AFTER_S / 4)  # no condition: the length of the dip
        car.turn("on")
        time.sleep(0.5)  # long enough to be seen
    (car.runtime / "ignition").write_text("?")
    car.until(lambda health: any("the ignition cannot be read" in line for line in health["warnings"]))
    time.sleep(OFF_AFTER_S + 1)  # longer than an "off" would need
    assert car.health()["figures"]["power"] == "watching"
    car.turn("on")
    car.until(lambda told: not told["warnings"])
    assert not run.having("event=power.phase_changed")
    assert not car.power_off_log.exists()
    assert run.end(signal.SIGTERM) == 0


def test_an_order_that_fails_is_a_trouble_and_the_unit_stays(watching: Callable[..., tuple[Car, Daemon]]) -> None:
    car, run = watching()
    (car.folder / "power-off").write_text("#!/bin/sh\nexit 4\n")
    car.turn("off")
    car.until(lambda health: any("power.power_off_command ended with 4" in line for line in health["troubles"]))
    before = len(run.having("event=read.stored"))
    car.turn("on")
    run.wait_for("event=read.stored", before + 3)
    assert run.end(signal.SIGTERM) == 0


class SilentLine:
    """An ignition whose line says off once and hangs from then on."""

    def __init__(self) -> None:
        self.back = threading.Event()
        self.call_count = 0

    def is_on(self) -> bool:
        self.call_count += 1
        if self.call_count > 1:
            self.back.wait(WAIT_S)
        return False


@pytest.mark.review(3)
def test_an_ignition_that_does_not_answer_is_unknown_and_what_it_said_before_counts_no_more() -> None:
    line, supervisor = SilentLine(), Supervisor()
    stage = IgnitionStage(line, check_interval_s=0.01, answer_s_max=0.5)
    supervisor.add(stage, replaceable=True)
    watch = PowerMonitor(PowerSettings(off_after_s=0.001), stage, supervisor)
    supervisor.start()
    deadline_s = time.monotonic() + WAIT_S
    while not stage.is_late:
        assert time.monotonic() < deadline_s
        time.sleep(0.01)
    assert (stage.word, watch.figures()["ignition"]) == (None, "unknown")
    assert watch.warnings() == ("the ignition cannot be read: no answer comes",)
    watch.step()
    time.sleep(0.01)  # longer than an off has to last
    assert watch.step() is Phase.WATCHING
    line.back.set()
    supervisor.stop.set()
    assert supervisor.join(WAIT_S)


def test_without_a_command_the_unit_waits_for_its_supply_and_takes_the_ignition_that_is_back(tmp_path: Path) -> None:
    """A converter that switches itself off; until then nothing is ordered that could not be taken back."""
    supervisor = Supervisor()
    stage = IgnitionStage(FileIgnition(tmp_path), check_interval_s=0.01, answer_s_max=WAIT_S)
    supervisor.add(stage, replaceable=True)
    settings = PowerSettings(off_after_s=0.001, on_after_s=0.001, power_off_command="")
    watch = PowerMonitor(settings, stage, supervisor)
    supervisor.start()
    deadline_s = time.monotonic() + WAIT_S
    for is_on, phase in ((False, Phase.OFF), (True, Phase.WATCHING)):
        write_word(tmp_path, is_on=is_on)
        while watch.step(all_sent=True) is not phase:
            assert time.monotonic() < deadline_s
            time.sleep(0.01)
        assert watch.troubles() == (() if is_on else (NOT_WATCHING,))
    supervisor.stop.set()
    assert supervisor.join(WAIT_S)
