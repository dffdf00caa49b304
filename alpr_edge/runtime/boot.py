"""Identifies the present boot of this computer: boot times of one boot do not compare with those of another."""

from pathlib import Path

BOOT_ID_FILE = Path("/proc/sys/kernel/random/boot_id")


def boot_id() -> str:
    """The kernel's id of the present boot."""
    return BOOT_ID_FILE.read_text(encoding="ascii").strip()
