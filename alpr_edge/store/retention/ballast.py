"""A file that reserves disk space and is released on a full disk, so that clean-up and receipts can be written.

SQLite needs room to delete: the pages of a DELETE go to the write-ahead log first, so with 0 bytes free nothing could
be freed any more. While the ballast is released nothing new is stored, neither a read nor a list: it would fill its
space.
"""

import errno
import os
from pathlib import Path

import structlog

from alpr_edge.domain.errors import StoreError
from alpr_edge.domain.retention import ballast_needed, ballast_room_bytes
from alpr_edge.runtime.durable_files import PRIVATE_FILE, give_to_owner_of, sync_directory
from alpr_edge.runtime.io_errors import io_errors

BALLAST_NAME = "ballast"
_BLOCK_BYTES = 512
"""Unit of st_blocks (stat(2)), whatever the file system."""

log = structlog.get_logger(__name__)


class Ballast:
    """The ballast file."""

    def __init__(self, directory: Path, wanted_bytes: int) -> None:
        self._path = directory / BALLAST_NAME
        self.wanted_bytes = wanted_bytes

    @property
    def held_bytes(self) -> int:
        """Bytes of the blocks that it takes up, at most the wanted size: a sparse file would free nothing."""
        try:
            return min(self._path.stat().st_blocks * _BLOCK_BYTES, self.wanted_bytes)
        except FileNotFoundError:
            return 0

    def tend(self) -> None:
        """Release it when hardly anything is free, and create it again when there is room for it.

        Raises:
            StoreError: the folder cannot be used.
        """
        with io_errors(f"{self._path}: the ballast cannot be adjusted", StoreError):
            free = free_bytes(self._path.parent)
            if self.held_bytes and ballast_needed(free, self.wanted_bytes):
                self.release()
            elif self.is_out and free >= ballast_room_bytes(self.wanted_bytes):
                self._create()

    @property
    def is_out(self) -> bool:
        """Whether it was released, or never fitted."""
        return self.held_bytes < self.wanted_bytes

    @property
    def has_room(self) -> bool:
        """Whether something new may be stored: it is held, or would fit, as where no unit ran yet that keeps it."""
        return not self.is_out or free_bytes(self._path.parent) >= ballast_room_bytes(self.wanted_bytes)

    def require(self) -> None:
        """Refuse to store anything new while it is released.

        Raises:
            StoreError: it is released, and its space is not free.
        """
        if not self.has_room:
            raise StoreError(f"{self._path.parent}: the disk is full, nothing new is kept; run: alpr-edge unit disk")

    def release(self) -> None:
        """Free its blocks; needs no free space itself."""
        self._path.unlink(missing_ok=True)
        # Blocks of a removed file can be used once the file system's journal has its removal.
        sync_directory(self._path.parent)
        log.warning("disk.ballast_released", bytes=self.wanted_bytes)

    def _create(self) -> None:
        """Allocate it. fallocate(2) reserves blocks without writing them, where the file system can."""
        descriptor = os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, PRIVATE_FILE)
        try:
            give_to_owner_of(self._path.parent, descriptor)
            os.posix_fallocate(descriptor, 0, self.wanted_bytes)
            os.fsync(descriptor)
        except OSError as error:
            # Another program filled the space meanwhile: a smaller ballast is of no use.
            self._path.unlink()
            if error.errno != errno.ENOSPC:
                raise
        else:
            log.info("disk.ballast_written", bytes=self.wanted_bytes)
        finally:
            os.close(descriptor)


def free_bytes(folder: Path) -> int:
    """What a process without privileges can still fill of the file system, in bytes."""
    usage = os.statvfs(folder)
    return usage.f_bavail * usage.f_frsize


def total_bytes(folder: Path) -> int:
    """What such processes can fill of it in all, in bytes."""
    usage = os.statvfs(folder)
    return (usage.f_blocks - usage.f_bfree + usage.f_bavail) * usage.f_frsize
