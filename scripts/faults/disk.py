"""A small ext4 file system of its own, whose power can be cut."""

import contextlib
import fcntl
import os
import secrets
import shutil
import struct
import subprocess
import time
from pathlib import Path
from types import TracebackType
from typing import Self

from alpr_edge.domain.errors import StoreError

EXT4_IOC_SHUTDOWN = 0x8004587D
WITHOUT_LOG_FLUSH = struct.pack("I", 2)
DISK_BYTES = 64 << 20
UNMOUNT_S_MAX = 60.0
MEMORY_BYTES_MIN = 1 << 30
_FILLING = "filling"


def mounting_fault() -> str:
    """Why this process cannot mount a file system; empty when it can."""
    if not os.access("/dev/loop-control", os.W_OK):
        return "mounting a file system needs root and a loop device; run it with sudo"
    missing = [tool for tool in ("mkfs.ext4", "mount", "umount") if shutil.which(tool) is None]
    return f"{', '.join(missing)} missing: apt install e2fsprogs mount" if missing else ""


def fast_folder() -> Path | None:
    """Where the file systems lie: in memory where there is room. What a cut takes is decided above that."""
    memory = Path("/dev/shm")  # noqa: S108 - a private folder is made in it
    return memory if memory.is_dir() and shutil.disk_usage(memory).free > MEMORY_BYTES_MIN else None


class Disk:
    """A mounted file system in a file; unmounted at the end of a ``with``.

    Args:
        image: the file that holds it; one that is there is overwritten.
        size: its size in bytes.
    """

    def __init__(self, image: Path, size: int = DISK_BYTES) -> None:
        self._image = image
        self.folder = image.with_suffix(".mounted")
        self.folder.mkdir(exist_ok=True)
        with image.open("wb") as file:
            file.truncate(size)
        _run("mkfs.ext4", "-q", "-F", str(image))
        with contextlib.ExitStack() as undo:
            undo.callback(self._unmount)
            self._mount()
            undo.pop_all()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._unmount()
        self._image.unlink(missing_ok=True)

    def cut_power(self) -> None:
        """Stop the file system at this moment: what was not synced never reaches the disk."""
        descriptor = os.open(self.folder, os.O_RDONLY | os.O_DIRECTORY)
        try:
            fcntl.ioctl(descriptor, EXT4_IOC_SHUTDOWN, WITHOUT_LOG_FLUSH)
        finally:
            os.close(descriptor)

    def fail(self) -> None:
        """Have the file system meet an error, as on a worn-out card: the kernel lets nothing be written any more."""
        _run("mount", "-o", "remount,errors=remount-ro", str(self.folder))
        device = self.folder.stat().st_dev
        name = Path(f"/sys/dev/block/{os.major(device)}:{os.minor(device)}").resolve().name
        Path(f"/sys/fs/ext4/{name}/trigger_fs_error").write_text("brought by a test", encoding="ascii")

    def repair(self) -> None:
        """Unmount, repair and mount again; nobody may have a file open."""
        _run("umount", str(self.folder))
        # 1: errors were found and corrected (e2fsck(8)).
        if subprocess.run(["e2fsck", "-p", self._image], check=False, capture_output=True).returncode > 1:
            raise StoreError(f"{self._image}: cannot be repaired")
        self._mount()

    def fill(self) -> None:
        """Take every byte that is left."""
        (self.folder / _FILLING).write_bytes(b"")
        self.fill_more()

    def fill_more(self) -> None:
        """Take what was given back since."""
        with (self.folder / _FILLING).open("ab", buffering=0) as file, contextlib.suppress(OSError):
            while file.write(bytes(1 << 16)):
                pass

    def free(self) -> None:
        """Give back what :meth:`fill` took."""
        (self.folder / _FILLING).unlink(missing_ok=True)

    def restart(self) -> None:
        """Unmount and mount again, as a start after a power cut does; nobody may have a file open.

        What is mounted is a copy: a container started meanwhile may hold the old mount, and with it a disk that is off.
        """
        subprocess.run(["sync", "-f", self.folder], check=False, capture_output=True)
        deadline = time.monotonic() + UNMOUNT_S_MAX
        while subprocess.run(["umount", self.folder], check=False, capture_output=True).returncode:
            if time.monotonic() > deadline:
                raise StoreError(f"{self.folder}: somebody still has a file of it open")
            time.sleep(0.02)
        before, self._image = self._image, self._image.with_name(f"{secrets.token_hex(8)}.img")
        _run("cp", "--sparse=always", str(before), str(self._image))
        before.unlink()
        self._mount()

    def used_share(self) -> float:
        """How full it is, 0 to 1."""
        usage = shutil.disk_usage(self.folder)
        return 1.0 - usage.free / usage.total

    def _mount(self) -> None:
        _run("mount", "-o", "loop", str(self._image), str(self.folder))

    def _unmount(self) -> None:
        """Unmount it whoever has a file open; an interrupt may have come while it was not mounted."""
        subprocess.run(["umount", "--lazy", self.folder], check=False, capture_output=True)


def _run(*command: str) -> None:
    done = subprocess.run(command, check=False, capture_output=True, text=True)
    if done.returncode:
        raise StoreError(f"{' '.join(command)}: {done.stderr.strip()}")
