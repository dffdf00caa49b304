"""Says which boot of this computer it is, and how long ago it began: times of two boots do not compare."""

import time
from pathlib import Path

BOOT_ID_FILE = Path("/proc/sys/kernel/random/boot_id")


def boot_id() -> str:
    """The kernel's id of the present boot."""
    return BOOT_ID_FILE.read_text(encoding="ascii").strip()


def boottime_ns() -> int:
    """Nanoseconds since the boot, time asleep included (CLOCK_BOOTTIME); no change of the clock moves it."""
    return time.clock_gettime_ns(time.CLOCK_BOOTTIME)
