"""A file system of its own on a loop device, and what was written to that device."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from alpr_edge.domain.errors import StoreError
from alpr_edge.runtime.durable_files import private_directory
from alpr_edge.settings import Settings, StoreSettings, UnitSettings
from alpr_edge.store.keys import create_keys
from alpr_edge.store.unit_store import UnitStore, open_store
from scripts.faults.disk import Disk, mounting_fault

SECTOR_BYTES = 512
"""Unit of /sys/block/*/stat, whatever the device (Documentation/block/stat.rst)."""
_SECTORS_WRITTEN = 6


@dataclass(frozen=True, slots=True)
class Device:
    """The loop device under a mounted folder."""

    folder: Path
    name: str

    def written_bytes(self) -> int:
        """What the file system has sent to the device since it was made, once everything is on it."""
        os.sync()
        fields = Path(f"/sys/block/{self.name}/stat").read_text(encoding="ascii").split()
        return int(fields[_SECTORS_WRITTEN]) * SECTOR_BYTES

    def used_bytes(self) -> int:
        """What is taken up on the file system, in whole blocks."""
        usage = os.statvfs(self.folder)
        return (usage.f_blocks - usage.f_bfree) * usage.f_frsize


@contextmanager
def device(image: Path, size_bytes: int) -> Iterator[Device]:
    """An ext4 file system in a sparse file.

    Raises:
        StoreError: it cannot be mounted here.
    """
    if fault := mounting_fault():
        raise StoreError(fault)
    try:
        with Disk(image, size_bytes) as disk:
            mounts = Path("/proc/self/mounts").read_text(encoding="ascii").splitlines()
            source = next(line.split()[0] for line in mounts if line.split()[1] == str(disk.folder))
            yield Device(disk.folder, Path(source).name)
    finally:
        image.unlink(missing_ok=True)


def unit_settings(folder: Path, store: StoreSettings) -> Settings:
    """The settings of a unit whose data and keys lie in ``folder``; the keys are made."""
    data = folder / "unit"
    private_directory(data)
    create_keys(data / "keys")
    return Settings(
        unit=UnitSettings(id="bench-1", data_directory=data),
        store=store.model_copy(update={"keys_directory": data / "keys"}),
    )


@contextmanager
def unit_store(folder: Path, store: StoreSettings) -> Iterator[UnitStore]:
    """A unit's store in ``folder``, opened as the unit opens it."""
    with open_store(unit_settings(folder, store), migrate=True) as room:
        yield room
