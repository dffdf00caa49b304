"""Samples for chrony: a real datagram socket, and a real chronyd that only looks (-x)."""

import socket
import subprocess
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from alpr_edge.domain.fixes import Fix
from alpr_edge.position.chrony_time_sender import MAGIC, SAMPLE, ChronyTimeSender, sample
from alpr_edge.position.fix_collection import collect_fixes
from alpr_edge.position.fix_history import FixHistory
from alpr_edge.position.serial_source import SerialSource
from alpr_edge.runtime.clock import SystemClock, wall_ns_at
from alpr_edge.settings import PositionSettings
from tests.position.test_fix_history import NOON, fix_at
from tests.position.test_sentence_merger import gga, rmc
from tests.position.test_serial_source import Receiver, wait_for

HOUR_NS = 3_600_000_000_000
NOON_NS = int(NOON.timestamp()) * 1_000_000_000


@pytest.fixture
def folder() -> Iterator[Path]:
    """A short path: a socket's address holds 107 characters."""
    with tempfile.TemporaryDirectory(prefix="ch") as name:
        yield Path(name)


@pytest.fixture
def listener(folder: Path) -> Iterator[socket.socket]:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as server:
        server.bind(str(folder / "s"))
        server.settimeout(10)
        yield server


@pytest.mark.parametrize(
    ("wall_ns", "offset_s"),
    [
        (NOON_NS - 250_000_000, 0.25),
        (NOON_NS + HOUR_NS, -3600.0),
        (
            int(datetime(1980, 1, 6, tzinfo=UTC).timestamp()) * 10**9,
            (NOON - datetime(1980, 1, 6, tzinfo=UTC)) / timedelta(seconds=1),
        ),
        (1_500, NOON_NS / 1e9 - 1e-6),
    ],
)
def test_a_sample_says_how_far_the_clock_is_off(wall_ns: int, offset_s: float) -> None:
    seconds, micros, offset, pulse, leap, _, magic = SAMPLE.unpack(sample(NOON, wall_ns))
    assert (seconds * 10**6 + micros, pulse, leap, magic) == (wall_ns // 1000, 0, 0, MAGIC)
    assert offset == pytest.approx(offset_s, abs=1e-6)


def test_chronyd_that_is_absent_is_tried_again_within_bounds(folder: Path) -> None:
    feed = ChronyTimeSender(str(folder / "s"), lambda _: NOON_NS, draw=lambda: 1.0)
    assert feed.state == "no time of a receiver yet"
    for second in range(20):
        feed.feed(fix_at(second))
    assert feed.state.endswith("/s: no such file or directory")
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as server:
        server.bind(str(folder / "s"))
        feed.feed(fix_at(20))  # after 1, 2, 4 and 8 s the next try is in second 31
        assert feed.samples == 0
        feed.feed(fix_at(31))
        assert (feed.state, feed.samples) == ("fed", 1)
    feed.feed(fix_at(32))
    assert feed.state.endswith("connection refused")


def test_a_chronyd_that_does_not_read_holds_nothing_up(folder: Path, listener: socket.socket) -> None:
    feed = ChronyTimeSender(str(folder / "s"), lambda _: NOON_NS)

    def feed_all() -> None:
        for second in range(5000):
            feed.feed(fix_at(second))

    feeding = threading.Thread(target=feed_all, daemon=True)
    feeding.start()
    feeding.join(60)
    assert not feeding.is_alive()
    assert "unavailable" in feed.state
    assert len(listener.recv(100)) == SAMPLE.size


def test_without_a_path_or_a_date_nothing_is_sent(folder: Path, listener: socket.socket) -> None:
    off = ChronyTimeSender("")
    off.feed(fix_at(1))
    assert (off.state, off.samples) == ("off", 0)
    feed = ChronyTimeSender(str(folder / "s"), lambda _: NOON_NS)
    feed.feed(replace(fix_at(1), utc=None))
    assert feed.samples == 0
    listener.settimeout(0)
    with pytest.raises(BlockingIOError):
        listener.recv(100)


def sentences_now(offset_s: float = 0.0, day: str | None = None) -> bytes:
    """What a receiver says of the present second, ``offset_s`` off."""
    moment = datetime.now(UTC) + timedelta(seconds=offset_s)
    time_text = f"{moment:%H%M%S}.{moment.microsecond // 10_000:02}"
    return rmc(time_text, day=day or f"{moment:%d%m%y}") + b"\r\n" + gga(time_text) + b"\r\n"


@contextmanager
def running_pump(
    device: Path, feed: ChronyTimeSender, fix_history: FixHistory, offset_s: float = 0.0, day: str | None = None
) -> Iterator[None]:
    """A receiver on a pseudo-terminal and the collect_fixes that listens to it."""
    stop = threading.Event()
    source = SerialSource(PositionSettings(device=str(device), baud=115_200), SystemClock(), stop.is_set)
    with Receiver(device, lambda _: sentences_now(offset_s, day)):
        thread = threading.Thread(
            target=collect_fixes,
            args=(source, fix_history, stop.wait),
            kwargs={"on_trusted_fix": feed.feed},
            daemon=True,
        )
        thread.start()
        try:
            yield
        finally:
            stop.set()
            thread.join(10)


def test_only_time_that_the_receiver_bears_out_is_sent(folder: Path, listener: socket.socket) -> None:
    """From a pseudo-terminal, an hour off the system's clock: for four seconds nothing, then samples."""
    feed, fix_history, began = ChronyTimeSender(str(folder / "s")), FixHistory(5000), time.monotonic()
    with running_pump(folder / "tty", feed, fix_history, offset_s=-3600):
        datagram = listener.recv(100)
        assert time.monotonic() - began > 3.5
    seconds, micros, offset, *_ = SAMPLE.unpack(datagram)
    assert offset == pytest.approx(-3600, abs=2)
    assert abs(seconds + micros / 1e6 - time.time()) < 30


def test_a_receiver_that_rolled_over_gives_places_and_no_time(folder: Path) -> None:
    feed, fix_history = ChronyTimeSender(str(folder / "s")), FixHistory(5000)
    old_day = f"{datetime.now(UTC) - timedelta(weeks=1024):%d%m%y}"
    with running_pump(folder / "tty", feed, fix_history, day=old_day):
        wait_for(lambda: fix_history.latest is not None)
        threading.Event().wait(5)
    assert fix_history.latest is not None
    assert fix_history.latest.utc is None
    assert feed.state == "no time of a receiver yet"


def test_the_system_clock_at_an_instant_is_the_one_it_was_stamped_with() -> None:
    now = SystemClock().now()
    assert now.utc is not None
    assert abs(wall_ns_at(now) / 1e9 - now.utc.timestamp()) < 0.01


def test_a_real_chronyd_takes_the_time(folder: Path, require_tool: Callable[[str], str]) -> None:
    chronyd = require_tool("chronyd")
    (folder / "c").write_text(
        f"refclock SOCK {folder}/s refid NMEA delay 1.0 poll 0 filter 4\nlogdir {folder}\nlog refclocks\n"
        f"pidfile {folder}/p\ncmdport 0\nport 0\nbindcmdaddress /\n",
        encoding="ascii",
    )
    daemon = subprocess.Popen(
        [chronyd, "-d", "-x", "-u", "root", "-f", str(folder / "c")],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        wait_for((folder / "s").exists)
        feed = ChronyTimeSender(str(folder / "s"))
        log = folder / "refclocks.log"
        for _ in range(40):
            now = SystemClock().now()
            feed.feed(replace(a_fix(), received_at=now, utc=datetime.now(UTC) - timedelta(seconds=7)))
            threading.Event().wait(0.1)
        assert (feed.state, feed.samples) == ("fed", 40)
        wait_for(lambda: log.exists() and "NMEA" in log.read_text())
        # Date, time, refid, number, leap, pulse, raw offset: chrony too counts what is to be added to the clock.
        rows = [line.split() for line in log.read_text().splitlines() if "NMEA" in line]
        raw = [float(row[6]) for row in rows if row[3] != "-"]
        assert raw
        assert raw == pytest.approx([-7.0] * len(raw), abs=0.1)
    finally:
        daemon.terminate()
        daemon.wait(10)


def a_fix() -> Fix:
    return fix_at(0)
