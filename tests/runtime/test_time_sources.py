"""Who vouches for the clock: chronyd's own protocol, against a real chronyd and one that says what a test wants."""

import socket
import subprocess
import tempfile
import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from alpr_edge.domain.instants import Instant, UtcSource
from alpr_edge.domain.protocol.items import instant_payload
from alpr_edge.position.chrony_time_sender import ChronyTimeSender
from alpr_edge.runtime.clock import SystemClock
from alpr_edge.runtime.health import Health, write_health
from alpr_edge.runtime.time_sources import (
    ASK_MS,
    UNCERTAINTY_MS_MAX,
    VALID_MS,
    ChronydError,
    TimeConfirmation,
    TimeSources,
    number_of,
    tracking,
    tracking_in,
)
from scripts.loopback_ports import free_port
from tests.position.test_chrony_time_sender import a_fix
from tests.position.test_serial_source import wait_for
from tests.runtime.time_daemon import LOCAL, NOT_SYNCHRONISED, RECEIVER, TimeDaemon, word_of

NOW = datetime(2026, 5, 4, 12, tzinfo=UTC)


def at(milliseconds: float = 0.0, boot: str = "boot") -> Instant:
    return Instant(boot, 10**12, NOW, UtcSource.RTC).shift(milliseconds)


@pytest.mark.parametrize("value", [0.0, 0.5, -0.5, 1.25, 3600.0, -0.015625, 1e9])
def test_numbers_of_chrony(value: float) -> None:
    assert number_of(word_of(value)) == pytest.approx(value, rel=1e-6)


@pytest.mark.review(10)
def test_a_server_that_chronyd_follows_vouches_for_the_clock() -> None:
    with TimeDaemon() as daemon:
        now = SystemClock(TimeSources(daemon.port)).now()
    assert (now.utc_source, now.trusted) == (UtcSource.NTP, True)
    assert now.trusted_utc == now.utc
    assert now.uncertainty_ms == pytest.approx(1000 / 64 + 1000 / 64)


def test_threads_that_ask_at_once_for_the_first_time_all_get_the_answer() -> None:
    with TimeDaemon() as daemon:
        clock, together = SystemClock(TimeSources(daemon.port)), threading.Barrier(8)
        instants: list[Instant] = []

        def ask() -> None:
            together.wait()
            instants.append(clock.now())

        threads = [threading.Thread(target=ask) for _ in range(together.parties)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert [now.utc_source for now in instants] == [UtcSource.NTP] * 8
        assert daemon.request_count == 1


@pytest.mark.review(10)
def test_the_unit_s_receiver_behind_chronyd_is_named_as_such() -> None:
    with TimeDaemon(RECEIVER) as daemon:
        assert SystemClock(TimeSources(daemon.port)).now().utc_source is UtcSource.GNSS


@pytest.mark.review(10)
@pytest.mark.parametrize(
    ("reference", "leap", "dispersion_s"),
    [(LOCAL, 0, 0.0), (0, NOT_SYNCHRONISED, 0.0), (0xC0000201, NOT_SYNCHRONISED, 0.0), (0xC0000201, 0, 16.0)],
)
def test_a_chronyd_that_follows_nothing_or_lost_it_long_ago_vouches_for_nothing(
    reference: int, leap: int, dispersion_s: float
) -> None:
    """Its own word counts: the kernel's flag is not asked besides."""
    with TimeDaemon(reference, leap, dispersion_s) as daemon:
        now = SystemClock(TimeSources(daemon.port)).now()
    assert (now.utc_source, now.trusted_utc) == (UtcSource.RTC, None)


def test_what_is_still_to_be_corrected_counts() -> None:
    """A receiver that told a false date is corrected by years: chronyd calls itself synchronised all the while."""
    with TimeDaemon(RECEIVER) as daemon:
        daemon.correction_s = 50_000_000.0
        assert not SystemClock(TimeSources(daemon.port)).now().trusted


def test_it_is_asked_at_intervals_and_its_new_word_taken() -> None:
    with TimeDaemon() as daemon:
        sources = TimeSources(daemon.port)
        for milliseconds in range(0, round(ASK_MS), 100):
            assert sources.stamp(at(milliseconds)).trusted
        assert daemon.request_count == 1
        daemon.leap = NOT_SYNCHRONISED
        assert not sources.stamp(at(ASK_MS)).trusted
        assert daemon.request_count == 2


def test_a_daemon_that_falls_silent_takes_its_word_back_by_and_by() -> None:
    with TimeDaemon() as daemon:
        sources = TimeSources(daemon.port)
        assert sources.stamp(at()).utc_source is UtcSource.NTP
    assert sources.stamp(at(2 * ASK_MS)).utc_source is UtcSource.NTP


def test_a_word_ends_with_its_time_its_boot_and_its_certainty() -> None:
    word = TimeConfirmation(UtcSource.NTP, 20.0, at())
    assert word.stamp(at(VALID_MS)).uncertainty_ms == 20.0 + VALID_MS * 100e-6
    for now in (at(VALID_MS + 1), at(0, "other"), at(-1), replace(at(), utc=None)):
        assert not word.stamp(now).trusted
    assert not replace(word, uncertainty_ms=UNCERTAINTY_MS_MAX + 1).stamp(at()).trusted


@pytest.mark.review(10)
def test_a_process_without_network_believes_what_the_uplink_heard(tmp_path: Path) -> None:
    """The uplink asks and tells; the daemon of the car may ask nobody."""
    with TimeDaemon() as daemon:
        uplink = TimeSources(daemon.port, tmp_path / "runtime")
        uplink.stamp(at())
        uplink.publish(at())
        car = TimeSources(free_port(), tmp_path / "runtime")
        now = car.stamp(at(1000))
        assert (now.utc_source, now.utc) == (UtcSource.NTP, at(1000).utc)
        daemon.leap = NOT_SYNCHRONISED
        uplink.stamp(at(ASK_MS))
        uplink.publish(at(ASK_MS))
    content = (tmp_path / "runtime" / "time.json").read_text(encoding="utf-8")
    assert '"ready": false' in content


def told_by_reader(directory: Path, instant: Instant) -> None:
    write_health(
        directory,
        Health("run", ready=True, troubles=(), figures={"now": instant_payload(instant).model_dump(mode="json")}),
    )


def test_where_nothing_sets_the_clock_the_receiver_s_time_is_taken_from_the_plate_reader(tmp_path: Path) -> None:
    """The computer's clock is an hour behind, or was never set; the uplink does not publish that time again."""
    fix = replace(at(), utc=NOW + timedelta(hours=1), utc_source=UtcSource.GNSS, uncertainty_ms=200.0)
    told_by_reader(tmp_path, fix)
    with TimeDaemon(leap=NOT_SYNCHRONISED) as daemon:
        for port in (daemon.port, free_port()):
            sources = TimeSources(port, tmp_path, asks_reader=True)
            for now in (at(1000), replace(at(1000), utc=None, utc_source=UtcSource.UNKNOWN)):
                told = sources.stamp(now)
                assert (told.utc_source, told.utc) == (UtcSource.GNSS, NOW + timedelta(hours=1, seconds=1))
                assert told.uncertainty_ms == pytest.approx(200.1)
            sources.publish(at(1000))
            reader = TimeSources(port, tmp_path)
            assert not reader.stamp(at(2000)).trusted


@pytest.mark.parametrize("source", [UtcSource.RTC, UtcSource.NTP])
def test_a_plate_reader_without_a_receiver_s_time_confirms_nothing(tmp_path: Path, source: UtcSource) -> None:
    told_by_reader(tmp_path, replace(at(), utc_source=source, uncertainty_ms=20.0))
    with TimeDaemon(leap=NOT_SYNCHRONISED) as daemon:
        assert not TimeSources(daemon.port, tmp_path, asks_reader=True).stamp(at(1000)).trusted


@pytest.mark.parametrize("content", ["", "{}", '{"ready": true, "troubles": [], "warnings": [], "figures": {}}'])
def test_a_word_that_is_not_understood_is_none(tmp_path: Path, content: str) -> None:
    (tmp_path / "time.json").write_text(content, encoding="utf-8")
    assert TimeSources(0, tmp_path).stamp(at()).utc_source in {UtcSource.RTC, UtcSource.NTP}


def test_answers_that_are_none_of_chronyd_s() -> None:
    with TimeDaemon() as daemon:
        good = daemon.answer(1)
    assert tracking_in(good, 1).is_synchronised
    for bad in (b"", good[:-1], good[:3] + b"\x01" + good[4:5] + b"\xff" + good[6:], daemon.answer(2)):
        with pytest.raises(ChronydError):
            tracking_in(bad, 1)


def test_a_port_without_a_daemon_and_one_that_is_silent_hold_nothing_up() -> None:
    with pytest.raises(ChronydError, match="refused"):
        tracking(free_port())
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as silent:
        silent.bind(("127.0.0.1", 0))
        with pytest.raises(ChronydError, match="timed out"):
            tracking(silent.getsockname()[1], 0.05)


@pytest.mark.review(10)
def test_a_real_chronyd_is_believed_once_it_follows_its_source(require_tool: Callable[[str], str]) -> None:
    chronyd = require_tool("chronyd")
    with tempfile.TemporaryDirectory(prefix="ch") as name:
        folder, port = Path(name), free_port()
        (folder / "c").write_text(
            f"refclock SOCK {folder}/s refid NMEA delay 1.0 poll 0 filter 4\npidfile {folder}/p\n"
            f"cmdport {port}\nport 0\nbindcmdaddress /\nbindcmdaddress 127.0.0.1\n",
            encoding="ascii",
        )
        daemon = subprocess.Popen(
            [chronyd, "-d", "-x", "-u", "root", "-f", str(folder / "c")],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        try:
            wait_for((folder / "s").exists)
            wait_for(lambda: _answers(port))
            assert not SystemClock(TimeSources(port)).now().trusted
            feed = ChronyTimeSender(str(folder / "s"))

            def follows() -> bool:
                feed.feed(replace(a_fix(), received_at=SystemClock().now(), utc=datetime.now(UTC)))
                return threading.Event().wait(0.1) or tracking(port).is_synchronised

            wait_for(follows)
            now = SystemClock(TimeSources(port)).now()
            assert (now.utc_source, now.trusted) == (UtcSource.GNSS, True)
            assert now.uncertainty_ms is not None
            assert 500 <= now.uncertainty_ms < 2000
        finally:
            daemon.terminate()
            daemon.wait(10)


def _answers(port: int) -> bool:
    try:
        return not tracking(port).is_synchronised
    except ChronydError:
        return False
