"""A GNSS receiver made of a pseudo-terminal, for the system's Python: ``receiver.py LINK SECONDS``.

Once a second it tells the present time and a place that moves north, at the name a udev rule would give it.
"""

import contextlib
import grp
import os
import sys
import time
import tty
from datetime import UTC, datetime
from functools import reduce
from pathlib import Path

SPEED_KNOTS = 20.0
DIALOUT_MODE = 0o660


def sentence(body: str) -> bytes:
    """One NMEA 0183 sentence with its checksum."""
    checksum = reduce(lambda sum_, character: sum_ ^ ord(character), body, 0)
    return f"${body}*{checksum:02X}\r\n".encode("ascii")


def fix(now: datetime, minutes_north: float) -> bytes:
    """RMC and GGA of one second."""
    place = f"37{38 + minutes_north:07.4f},N,12100.0000,W"
    clock = f"{now:%H%M%S}.{now.microsecond // 10000:02d}"
    rmc_body = f"GPRMC,{clock},A,{place},{SPEED_KNOTS:.1f},000.0,{now:%d%m%y},,,A"
    return sentence(rmc_body) + sentence(f"GPGGA,{clock},{place},1,09,0.9,27.0,M,-25.0,M,,")


def main() -> None:
    """Play until the time is over."""
    link, seconds = Path(sys.argv[1]), float(sys.argv[2])
    master, slave = os.openpty()
    tty.setraw(slave)
    name = os.ttyname(slave)
    os.chown(name, 0, grp.getgrnam("dialout").gr_gid)
    Path(name).chmod(DIALOUT_MODE)
    link.unlink(missing_ok=True)
    link.symlink_to(name)
    os.set_blocking(master, False)
    began = time.monotonic()
    while (elapsed_s := time.monotonic() - began) < seconds:
        # A serial line loses what nobody takes.
        with contextlib.suppress(BlockingIOError):
            os.write(master, fix(datetime.now(UTC), elapsed_s * SPEED_KNOTS / 3600))
        time.sleep(1.0)


if __name__ == "__main__":
    main()
