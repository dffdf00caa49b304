"""Make image folders unwritable, for root too, have the database refuse rows, and undo both."""

import fcntl
import os
import struct
import subprocess
from pathlib import Path
from random import Random

from alpr_edge.settings import Settings
from alpr_edge.store.evidence.images import PREFIXES
from alpr_edge.store.unit_store import open_store

FS_IOC_GETFLAGS, FS_IOC_SETFLAGS = 0x80086601, 0x40086602
IMMUTABLE = 0x10
"""Flag of an ext4 inode: not even root makes or removes a name in the folder."""
SHARES = (0.1, 0.5, 1.0)
REFUSED_EVERY = 3
REFUSING_SHARE = 0.5
_TRIGGER = "torture_refuses"


def spoil(settings: Settings, random: Random) -> None:
    """Make some or all image folders unwritable; every other time the database refuses every third read as well."""
    images = settings.unit.data_directory / "images"
    share = random.choice(SHARES)
    for prefix in PREFIXES:
        if random.random() < share:
            _spoil_folder(images / prefix)
    if random.random() < REFUSING_SHARE:
        _change(
            settings,
            f"CREATE TRIGGER {_TRIGGER} BEFORE INSERT ON reads WHEN NEW.first_frame % {REFUSED_EVERY} = 0"
            " BEGIN SELECT RAISE(ABORT, 'no'); END",
        )
    subprocess.run(["sync", "-f", images], check=True, capture_output=True)


def mend(settings: Settings) -> None:
    """Undo it; nobody has the store open."""
    for path in (settings.unit.data_directory / "images").iterdir():
        if path.is_file():
            path.unlink()
        else:
            _set_immutable(path, on=False)
    _change(settings, f"DROP TRIGGER IF EXISTS {_TRIGGER}")


def _spoil_folder(path: Path) -> None:
    """A file in its place, or a folder in which nothing can be made; the unit makes folders at the same time."""
    try:
        if not path.is_dir():
            path.write_bytes(b"")
            return
    except IsADirectoryError:
        pass
    _set_immutable(path, on=True)


def _set_immutable(path: Path, *, on: bool) -> None:
    descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        (flags,) = struct.unpack("I", fcntl.ioctl(descriptor, FS_IOC_GETFLAGS, bytes(4)))
        new_flags = flags | IMMUTABLE if on else flags & ~IMMUTABLE
        fcntl.ioctl(descriptor, FS_IOC_SETFLAGS, struct.pack("I", new_flags))
    finally:
        os.close(descriptor)


def _change(settings: Settings, statement: str) -> None:
    with open_store(settings, migrate=True) as store, store.database.write() as connection:
        connection.exec_driver_sql(statement)
