"""A position receiver on a pseudo-terminal, which tells the time, a false date, or more than a line can carry."""

import os
import threading
import time
import tty
from datetime import UTC, datetime, timedelta
from enum import Enum, auto
from pathlib import Path
from types import TracebackType
from typing import Self

SPEAK_S = 0.2
SPEED_KNOTS = 12.5
FLOOD_BYTES = 4096
PAUSE_S = 0.0005


class Talk(Enum):
    """What a receiver sends."""

    FIXES = auto()
    FLOOD = auto()
    """The same sentences as fast as the line takes them."""
    NOISE = auto()
    """Bytes without an end of line, likewise."""


class Receiver:
    """A receiver that sends from a thread of its own until the end of a ``with``.

    Args:
        link: the device's name, a link that is made.
    """

    def __init__(self, link: Path) -> None:
        self._link = link
        self._stop = threading.Event()
        self._began_s = time.monotonic()
        self._thread = threading.Thread(target=self._speak, daemon=True)
        self.talk = Talk.FIXES
        self.ahead = timedelta(0)
        """How far ahead of the real time the receiver's time is."""

    def __enter__(self) -> Self:
        self._master, self._slave = os.openpty()
        tty.setraw(self._slave)
        os.set_blocking(self._master, False)
        self._link.unlink(missing_ok=True)
        self._link.symlink_to(os.ttyname(self._slave))
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop.set()
        self._thread.join()
        os.close(self._master)
        os.close(self._slave)
        self._link.unlink()

    def _speak(self) -> None:
        while not self._stop.is_set():
            talk = self.talk
            output = os.urandom(FLOOD_BYTES).replace(b"\n", b"") if talk is Talk.NOISE else self._burst()
            if talk is Talk.FLOOD:
                output *= FLOOD_BYTES // len(output)
            try:
                os.write(self._master, output)
            except BlockingIOError:
                time.sleep(PAUSE_S)
            if talk is Talk.FIXES:
                self._stop.wait(SPEAK_S)

    def _burst(self) -> bytes:
        """A fix of this moment (NMEA 0183: RMC and GGA)."""
        now = datetime.now(UTC) + self.ahead
        moment = f"{now:%H%M%S}.{now.microsecond // 10_000:02}"
        minutes_north = (time.monotonic() - self._began_s) * SPEED_KNOTS / 3600 % 10
        place = f"37{38 + minutes_north:07.4f},N,12059.8080,W"
        return _sentence(f"GPRMC,{moment},A,{place},{SPEED_KNOTS},000.0,{now:%d%m%y},,,A") + _sentence(
            f"GPGGA,{moment},{place},1,09,0.9,30.0,M,-30.0,M,,"
        )


def _sentence(body: str) -> bytes:
    checksum = 0
    for character in body.encode():
        checksum ^= character
    return f"${body}*{checksum:02X}\r\n".encode()
