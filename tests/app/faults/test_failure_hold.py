"""A unit that fails with the ignition off: no end that horns, and its power goes. Real daemons."""

import resource
import signal
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from alpr_edge.app.faults.failure_hold import FailureHold
from alpr_edge.app.faults.run_health import RunHealth
from alpr_edge.app.instance_lock import instance_lock
from alpr_edge.app.stages.power import NOT_WATCHING, power_monitor
from alpr_edge.domain.errors import StoreError
from alpr_edge.power.files import write_word
from alpr_edge.runtime.notify import ServiceManager
from alpr_edge.settings import Settings, load
from tests.app.rig import Daemon, daemon
from tests.app.stages.test_power import Car, watching

__all__ = ["watching"]
GRACE = "shutdown_grace_s = 2\n"
READS_MEANWHILE = 3


def damaged_car(folder: Path, url: str = "") -> Car:
    """A car whose detector is damaged, with the key out."""
    car = Car(folder, url, GRACE)
    for model in (folder / "models").glob("*.onnx"):
        model.write_bytes(b"damaged")
    car.runtime.mkdir()
    car.turn("off")
    return car


def order_off_by_touch(car: Car) -> None:
    """Have the power switched off by a command that writes nothing into a file."""
    (car.folder / "power-off").write_text(f"#!/bin/sh\ntouch {car.power_off_log}\n")


@pytest.mark.parametrize("url", ["", "https://127.0.0.1:9"])
def test_a_unit_that_cannot_start_powers_off_with_the_key_out_and_ends_with_its_error_once_it_is_in(
    tmp_path: Path, url: str
) -> None:
    car = damaged_car(tmp_path, url)
    with daemon("run", "--settings", str(car.settings)) as run:
        run.wait_for("event=power.off_ordered")
        assert car.power_off_log.exists()
        told = car.until(lambda health: health["figures"].get("power") == "off")
        assert (told["ready"], told["working"], told["troubles"][0]) == (False, False, NOT_WATCHING)
        assert "SHA-256" in told["troubles"][-1]
        assert run._process.poll() is None, "an end would horn"
        assert run.end(signal.SIGTERM) != 0
    car.turn("on")
    with daemon("run", "--settings", str(car.settings)) as again:
        assert again.wait_for_end() != 0
        assert not again.having("event=unit.failed"), "the car drives: the horn tells it"


def test_a_unit_whose_last_reads_cannot_be_written_powers_off(
    watching: Callable[..., tuple[Car, Daemon]],
) -> None:
    car, run = watching("", GRACE)
    order_off_by_touch(car)
    before = run.count("event=read.stored")
    run.wait_for("event=read.stored", before + READS_MEANWHILE)
    limits = resource.prlimit(run._process.pid, resource.RLIMIT_FSIZE)
    resource.prlimit(run._process.pid, resource.RLIMIT_FSIZE, (0, limits[1]))
    car.turn("off")
    failure = run.wait_for("event=unit.failed")
    assert "the last reads could not be written" in failure
    run.wait_for("event=power.off_ordered")
    assert car.power_off_log.exists()
    assert run._process.poll() is None
    assert run.end(signal.SIGTERM) != 0


@pytest.fixture
def parked_settings(tmp_path: Path) -> Settings:
    """Settings of a unit with the key out."""
    settings = load(Car(tmp_path, power=GRACE).settings)
    settings.unit.runtime_directory.mkdir()
    write_word(settings.unit.runtime_directory, is_on=False)
    return settings


def test_a_second_unit_on_the_same_data_ends_at_once_and_says_nothing_of_the_power(parked_settings: Settings) -> None:
    stop, folder = threading.Event(), parked_settings.unit.runtime_directory
    with instance_lock(parked_settings.unit.data_directory), power_monitor(parked_settings) as power:
        power.wait_for_word()
        assert power.is_off
        with (
            pytest.raises(StoreError, match="another"),
            FailureHold(parked_settings, power, ServiceManager({}), RunHealth(folder), stop),
            instance_lock(parked_settings.unit.data_directory),
        ):
            raise AssertionError("both work")
    assert not (folder / "run.json").exists()


def test_a_key_that_is_back_before_the_power_goes_ends_the_hold(parked_settings: Settings) -> None:
    stop, folder = threading.Event(), parked_settings.unit.runtime_directory

    class Manager(ServiceManager):
        """Turns the key as soon as it hears that the unit lives on."""

        def alive(self) -> None:
            write_word(folder, is_on=True)

    with power_monitor(parked_settings) as power:
        with (
            pytest.raises(StoreError, match="a key is missing"),
            FailureHold(parked_settings, power, Manager({}), RunHealth(folder), stop),
        ):
            raise StoreError("a key is missing")
        assert not power.is_off
    assert not (parked_settings.unit.runtime_directory.parent / "gone").exists()


@pytest.mark.review2(4)
def test_the_power_goes_with_the_key_out_although_the_daemon_hangs(parked_settings: Settings) -> None:
    """Nobody takes a step: the start, the last writes and the end of a daemon may hang with their disk."""
    told: list[str] = []

    class Manager(ServiceManager):
        """Notes what it hears."""

        def alive(self) -> None:
            told.append("alive")

        def extend_timeout(self, seconds: float) -> None:
            told.append(f"extended by {seconds:g} s")

    gone = parked_settings.unit.runtime_directory.parent / "gone"
    with power_monitor(parked_settings, Manager({}), late_s=0.1) as power:
        deadline_s = time.monotonic() + 60
        while not gone.exists() and time.monotonic() < deadline_s:
            time.sleep(0.05)
        assert gone.exists()
        assert power.is_off
    assert {"alive", "extended by 60 s"} <= set(told)
