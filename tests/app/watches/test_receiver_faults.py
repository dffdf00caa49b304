"""A real unit whose receiver is stuck, repeats itself or jumps: told by its own state, and healed by itself."""

import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from alpr_edge.app.stages.position import PositionMonitor, PositionStage, RepeatedMoment
from alpr_edge.app.unit_faults import FaultKind
from alpr_edge.domain.motion.fix_check import STUCK_S
from alpr_edge.position.chrony_time_sender import ChronyTimeSender
from alpr_edge.position.fix_history import FixHistory
from alpr_edge.position.fix_watch import NO_FIX_S_MAX, PAUSE_S, FixWatch, Placelessness
from alpr_edge.position.sentence_merger import SentenceMerger, SentenceTally
from alpr_edge.runtime.clock import SystemClock
from alpr_edge.runtime.supervisor import Supervisor
from alpr_edge.settings import PositionSettings
from tests.app.rig import daemon, wait_for_health, write_frames, write_settings
from tests.cli.unit.fit_unit import RECEIVER_KNOTS, Receiver
from tests.position import test_serial_source as serial
from tests.position.test_sentence_merger import BOOT, gga, rmc
from tests.position.test_sentences import with_checksum


def kinds_of(health: dict[str, Any]) -> set[str]:
    return {fault["kind"] for fault in health["figures"].get("faults", []) if fault["part"] == "receiver"}


def test_a_receiver_that_is_stuck_jumps_and_stops_its_clock_is_told_each_time_and_heals(tmp_path: Path) -> None:
    settings = write_settings(tmp_path, write_frames(tmp_path / "frames", range(2)), fps=5, pass_gap_ms=400)
    with settings.open("a", encoding="utf-8") as file:
        file.write(f'[position]\ndevice = "{tmp_path}/tty"\nfix_age_ms_max = 3000\n')
    with Receiver(tmp_path / "tty") as receiver, daemon("run", "--settings", str(settings)) as run:
        drives = receiver.minutes_north
        wait_for_health(tmp_path, lambda health: health["figures"].get("has_fix", False) and not kinds_of(health))
        receiver.minutes_north = lambda _: 5.0
        stuck = wait_for_health(tmp_path, lambda health: kinds_of(health) == {FaultKind.RECEIVER_STUCK.value})
        assert stuck["working"] is False or stuck["ready"], "plates are read on"
        wait_for_health(tmp_path, lambda health: not health["figures"]["has_fix"])
        receiver.minutes_north = drives
        wait_for_health(tmp_path, lambda health: health["figures"]["has_fix"] and not kinds_of(health))
        receiver.minutes_north = lambda seconds: seconds * RECEIVER_KNOTS / 3600 + 3.0 * (seconds % 4 > 2)
        jumps = wait_for_health(tmp_path, lambda health: kinds_of(health) == {FaultKind.RECEIVER_JUMPS.value})
        assert any("further than a car drives" in line for line in jumps["troubles"])
        receiver.minutes_north = drives
        wait_for_health(tmp_path, lambda health: health["figures"]["has_fix"] and not kinds_of(health))
        receiver.is_time_stopped = True
        again = wait_for_health(tmp_path, lambda health: kinds_of(health) == {FaultKind.RECEIVER_STUCK.value})
        assert "position: the receiver repeats the same moment: reads have no place" in again["troubles"]
        receiver.is_time_stopped = False
        wait_for_health(tmp_path, lambda health: health["figures"]["has_fix"] and not kinds_of(health))
        run.wait_for("event=tone.sounded tone=stale", 3)
        assert run.end(signal.SIGTERM) == 0
        assert not run.having("Traceback")


@pytest.mark.parametrize(("step_s", "is_stuck"), [(0, True), (1, False)])
def test_sentences_of_one_moment_for_too_long_are_a_clock_that_stands(step_s: int, is_stuck: bool) -> None:
    tally, repeats = SentenceTally(), RepeatedMoment()
    merger = SentenceMerger(tally)
    for second in range(int(STUCK_S) + 2):
        merger.feed(rmc(f"1200{second * step_s:02}"), BOOT)
        repeats.look(tally, float(second))
    assert repeats.is_stuck is is_stuck


def test_a_receiver_that_has_lost_its_fix_and_says_when_it_is_repeats_nothing() -> None:
    tally, repeats = SentenceTally(), RepeatedMoment()
    merger = SentenceMerger(tally)
    merger.feed(rmc("120000"), BOOT)
    for second in range(1, 30):
        merger.feed(rmc(f"1200{second:02}", status="V"), BOOT)
        merger.feed(gga(f"1200{second:02}", quality="0"), BOOT)
        repeats.look(tally, float(second))
        assert not repeats.is_stuck, "a tunnel"


def test_a_receiver_that_says_nothing_repeats_nothing() -> None:
    tally, repeats = SentenceTally(), RepeatedMoment()
    SentenceMerger(tally).feed(rmc("120000"), BOOT)
    for second in range(60):
        repeats.look(tally, float(second))
    assert not repeats.is_stuck, "silence is told by the line itself"


@contextmanager
def monitor_of(device: Path, fix_watch: FixWatch) -> Iterator[PositionMonitor]:
    """The state of a receiver that a real stage reads."""
    supervisor, fix_history = Supervisor(), FixHistory(5000)
    settings = PositionSettings(device=str(device), baud=115_200)
    stage = PositionStage(settings, SystemClock(), fix_history, ChronyTimeSender(""))
    supervisor.add(stage, replaceable=True)
    supervisor.start()
    try:
        yield PositionMonitor(stage, supervisor, fix_history, fix_watch)
    finally:
        supervisor.stop.set()
        supervisor.join(5.0)


def wait_for_kinds(monitor: PositionMonitor, *kinds: FaultKind) -> str:
    """Wait until these faults stand, and no other; returns their texts."""
    until_s = time.monotonic() + 30.0
    while [fault.kind for fault in monitor.faults()] != list(kinds):
        assert time.monotonic() < until_s, monitor.faults()
        time.sleep(0.05)
    return "; ".join(fault.text for fault in monitor.faults())


def in_view(_: int) -> bytes:
    """Satellites in view, of which there are none: a sentence without place and time."""
    return with_checksum(b"GPGSV,1,1,00")


@pytest.mark.parametrize(
    ("burst", "kind", "word"),
    [
        (serial.void, FaultKind.RECEIVER_NO_FIX, "antenna"),
        (in_view, FaultKind.RECEIVER_NO_SENTENCES, "no RMC or GGA"),
    ],
)
def test_a_receiver_that_speaks_and_gives_no_place_is_told_and_heals(
    tmp_path: Path, burst: Callable[[int], bytes], kind: FaultKind, word: str
) -> None:
    bursts: list[Callable[[int], bytes]] = [serial.good]

    def speak(second: int) -> bytes:
        return bursts[-1](second)

    with (
        serial.Receiver(tmp_path / "tty", speak) as receiver,
        monitor_of(tmp_path / "tty", FixWatch(wait_s=1.5)) as monitor,
    ):
        wait_for_kinds(monitor)
        bursts.append(burst)
        assert word in wait_for_kinds(monitor, kind)
        bursts.append(serial.good)
        wait_for_kinds(monitor)
        bursts.append(burst)
        wait_for_kinds(monitor, kind)
        receiver.unplug()
        wait_for_kinds(monitor, FaultKind.RECEIVER)


def test_a_garage_a_tunnel_and_an_hour_without_ignition_tell_nothing() -> None:
    watch, tally = FixWatch(), SentenceTally()
    seconds = iter(range(100, 100_000))

    def look(during_s: float) -> list[Placelessness]:
        said = []
        for _, now_s in zip(range(round(during_s)), seconds, strict=False):
            tally.place_sentences += 2
            said.append(watch.look(tally, float(now_s)))
        return [each for each in said if each is not None]

    assert look(NO_FIX_S_MAX) == [], "it starts in a garage"
    tally.solutions += 1
    assert look(NO_FIX_S_MAX) == [], "a tunnel"
    for _ in range(round(PAUSE_S) + 1):
        next(seconds)
    assert look(NO_FIX_S_MAX) == [], "the ignition was off meanwhile"
    assert set(look(10)) == {Placelessness.NO_FIX}
    tally = SentenceTally()
    assert look(NO_FIX_S_MAX) == [], "it was opened again"
