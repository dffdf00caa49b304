import os
import threading
import time
import tty
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Self

import pytest

from alpr_edge.domain.errors import PositionError
from alpr_edge.domain.fixes import Fix
from alpr_edge.domain.instants import Instant
from alpr_edge.domain.retry import Backoff
from alpr_edge.position.fix_collection import collect_fixes
from alpr_edge.position.fix_history import FixHistory
from alpr_edge.position.line_splitter import LineSplitter
from alpr_edge.position.sentence_merger import SentenceMerger, SentenceTally
from alpr_edge.position.sentences import Rejection
from alpr_edge.position.serial_source import BYTES_A_SECOND, SerialSource, _solutions
from alpr_edge.runtime.clock import SystemClock
from alpr_edge.settings import PositionSettings
from tests.position.test_sentence_merger import gga, rmc
from tests.syscalls import fail_to_set_lines

PATIENCE_S = 30.0


class HastyClock:
    """The system's clock, fifty times as fast."""

    def __init__(self) -> None:
        self._inner = SystemClock()
        self._start = self._inner.now()

    def now(self) -> Instant:
        return self._start.shift(self._inner.now().ms_since(self._start) * 50)


class Receiver:
    """A receiver on a pseudo-terminal that repeats a burst of bytes; ``link`` is its device name."""

    def __init__(self, link: Path, burst: Callable[[int], bytes]) -> None:
        self._link = link
        self._burst = burst
        self._unplug_event = threading.Event()
        self._thread = threading.Thread(target=self._speak)

    def __enter__(self) -> Self:
        self._master, slave = os.openpty()
        tty.setraw(slave)
        os.set_blocking(self._master, False)
        self._link.unlink(missing_ok=True)
        self._link.symlink_to(os.ttyname(slave))
        self._slave = slave
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.unplug()

    def unplug(self) -> None:
        self._unplug_event.set()
        self._thread.join()
        for end in (self._master, self._slave):
            if end >= 0:
                os.close(end)
        self._master = self._slave = -1

    def _speak(self) -> None:
        second = 0
        while not self._unplug_event.wait(0.02):
            second += 1
            try:
                os.write(self._master, self._burst(second))
            except BlockingIOError:
                continue  # nobody reads yet


def moment(second: int) -> str:
    return f"10{second // 60 % 60:02}{second % 60:02}"


def good(second: int) -> bytes:
    return rmc(moment(second), speed="0.0") + b"\r\n" + gga(moment(second)) + b"\r\n"


def noisy(second: int) -> bytes:
    return os.urandom(40) + b"\r\n" + good(second) + b"$GPRMC,1234\r\n"


def void(second: int) -> bytes:
    return rmc(moment(second), status="V") + b"\r\n" + gga(moment(second), quality="0") + b"\r\n"


def gibberish(second: int) -> bytes:
    return b"\xfe\x80\x1b" * 30


@pytest.fixture
def device(tmp_path: Path) -> Path:
    return tmp_path / "ttyGNSS"


@pytest.fixture
def settings(device: Path) -> PositionSettings:
    return PositionSettings(device=str(device), baud=115_200)


def test_fixes_come_through_noise(device: Path, settings: PositionSettings) -> None:
    source = SerialSource(settings, SystemClock())
    with Receiver(device, noisy):
        fixes = source.fixes()
        first_fixes = [next(fixes) for _ in range(5)]
        fixes.close()  # type: ignore[attr-defined]
    assert all(fix.source == "serial:ttyGNSS" for fix in first_fixes)
    assert all(abs(fix.lat_deg - 37.6391) < 1e-9 for fix in first_fixes)
    assert source.tally.rejections[Rejection.MALFORMED] > 0


def test_device_is_opened_for_one_alone_and_released(device: Path, settings: PositionSettings) -> None:
    with Receiver(device, good):
        first = SerialSource(settings, SystemClock()).fixes()
        next(first)
        with pytest.raises(PositionError, match="cannot be opened"):
            next(SerialSource(settings, SystemClock()).fixes())
        first.close()  # type: ignore[attr-defined]
        next(SerialSource(settings, SystemClock()).fixes())


def test_receiver_without_a_fix_is_heard_and_gives_none(device: Path, settings: PositionSettings) -> None:
    rounds = iter(range(40))
    source = SerialSource(settings, SystemClock(), should_stop=lambda: next(rounds, None) is None)
    with Receiver(device, void):
        assert list(source.fixes()) == []
    assert source.tally.rejections[Rejection.VOID] > 0


@pytest.mark.parametrize(("burst", "reason"), [(lambda _: b"", "is silent"), (gibberish, "speaks no NMEA at 115200")])
def test_silence_and_a_wrong_baud_rate_are_told_apart(
    device: Path, settings: PositionSettings, burst: Callable[[int], bytes], reason: str
) -> None:
    with Receiver(device, burst), pytest.raises(PositionError, match=reason):
        list(SerialSource(settings, HastyClock()).fixes())


@pytest.mark.parametrize("name", ["absent", "."])
def test_device_that_cannot_be_opened_is_one_clear_line(tmp_path: Path, name: str) -> None:
    settings = PositionSettings(device=str(tmp_path / name))
    with pytest.raises(PositionError, match="cannot be opened at 9600 baud") as excinfo:
        next(SerialSource(settings, SystemClock()).fixes())
    assert "\n" not in str(excinfo.value)


def test_unplugged_receiver_is_an_error(device: Path, settings: PositionSettings) -> None:
    with Receiver(device, good) as receiver:
        fixes = SerialSource(settings, SystemClock()).fixes()
        next(fixes)
        receiver.unplug()
        with pytest.raises(PositionError, match="vanished"):
            list(fixes)


@pytest.fixture
def pumping(settings: PositionSettings) -> Iterator[FixHistory]:
    """A collect_fixes on the device, stopped at the end."""
    stop, fix_history = threading.Event(), FixHistory(5000)
    source = SerialSource(settings, SystemClock(), stop.is_set)
    thread = threading.Thread(target=collect_fixes, args=(source, fix_history, stop.wait, Backoff(0.01, 2.0, 0.1)))
    thread.start()
    yield fix_history
    stop.set()
    thread.join(PATIENCE_S)
    assert not thread.is_alive()


def wait_for(condition: Callable[[], bool]) -> None:
    tick = threading.Event()
    for _ in range(int(PATIENCE_S / 0.02)):
        if condition():
            return
        tick.wait(0.02)
    pytest.fail("it did not happen")


def test_unplugged_receiver_is_taken_up_again(device: Path, pumping: FixHistory) -> None:
    with Receiver(device, good):
        wait_for(lambda: pumping.latest is not None)
    last_fix = pumping.latest
    assert last_fix is not None
    with Receiver(device, good):
        wait_for(lambda: pumping.latest is not None and pumping.latest.received_at.ms_since(last_fix.received_at) > 200)


@pytest.mark.review(3)
def test_a_receiver_that_goes_while_it_is_opened_is_a_position_error(tmp_path: Path) -> None:
    """Between the two calls that read and set the line's speed: pyserial lets out a termios.error, no OSError."""
    source = SerialSource(PositionSettings(device=str(tmp_path / "tty")), SystemClock())
    # In a thread of its own, which alone is under the filter.
    with Receiver(tmp_path / "tty", lambda _: b""), ThreadPoolExecutor(1, initializer=fail_to_set_lines) as unlucky:
        first_fix = unlucky.submit(lambda: next(source.fixes()))
        with pytest.raises(PositionError, match=r"cannot be opened at \d+ baud: input/output error"):
            first_fix.result(PATIENCE_S)


@pytest.mark.review(2)
def test_a_receiver_that_floods_the_line_is_listened_to_within_bounds_and_still_tells_where_it_is(
    tmp_path: Path,
) -> None:
    link, stop, fixes = tmp_path / "receiver", threading.Event(), list[Fix]()
    talk = b"".join(good(second) for second in range(200))
    source = SerialSource(PositionSettings(device=str(link)), SystemClock(), stop.is_set)
    with Receiver(link, lambda second: b"") as receiver:
        talking = threading.Thread(target=flood, args=(receiver._master, talk, stop))
        talking.start()
        began = time.monotonic()
        for fix in source.fixes():
            fixes.append(fix)
            if source.tally.floods >= 3:
                break
        seconds = time.monotonic() - began
        stop.set()
        talking.join(PATIENCE_S)
    assert source.tally.sentences * 60 <= (seconds + 1) * BYTES_A_SECOND
    assert len(fixes) > 3


def flood(master: int, talk: bytes, stop: threading.Event) -> None:
    while not stop.is_set():
        try:
            talk = talk[os.write(master, talk[:2000]) :] + talk[:2000]
        except BlockingIOError:
            time.sleep(0.0005)


def test_of_what_waited_for_a_stalled_unit_the_newest_place_is_the_present_one() -> None:
    tally = SentenceTally()
    splitter, merger, now = LineSplitter(tally), SentenceMerger(tally), SystemClock().now()
    pairs = [(rmc(f"12000{second}"), gga(f"12000{second}")) for second in range(4)]
    assert len(_solutions(splitter, merger, b"\r\n".join([*pairs[0], b""]), now)) == 1
    (solution,) = _solutions(splitter, merger, b"\r\n".join([line for pair in pairs[1:] for line in (*pair, b"")]), now)
    assert solution.time_of_day.second == 3
