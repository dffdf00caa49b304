"""A medium that a package is written to: has it room, and nothing on it looks like a package before it is one.

A package is written under a hidden name, read back and compared, booked, and renamed last. What an earlier try left
under a hidden name, because the medium was unplugged or the power went, is removed before the next begins.
"""

import contextlib
import hashlib
import os
import re
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import IO

from alpr_edge.domain.errors import EvidenceError
from alpr_edge.runtime.durable_files import sync_directory
from alpr_edge.runtime.io_errors import io_errors

SUFFIX = ".zip"
MARGIN_BYTES = 8_000_000
"""Left free on a medium: its own tables grow as well."""
FAT_FILE_BYTES_MAX = 4 * 1024**3 - 1
"""Largest file of FAT, which small sticks are sold with."""
READ_BYTES = 1 << 20
_MOUNTS = Path("/proc/self/mountinfo")
_NO_NAME = re.compile(r"[^A-Za-z0-9-]+")


@dataclass(frozen=True, slots=True)
class WrittenFile:
    """What is in a file."""

    sha256: str
    size_bytes: int


class ExportMedium:
    """An existing folder on a medium."""

    def __init__(self, directory: Path, unit_id: str) -> None:
        self.directory = directory
        self._prefix = f".{_NO_NAME.sub('-', unit_id)}-unfinished-"
        with io_errors(f"{directory}: cannot be looked at", EvidenceError, "whoever exports must be able to enter it"):
            if not directory.is_dir():
                raise EvidenceError(f"{directory}: no such folder; is the medium mounted?")
        if not os.access(directory, os.W_OK | os.X_OK):
            raise EvidenceError(f"{directory}: cannot be written; is the medium write-protected?")

    def unfinished_path(self) -> Path:
        """Where a package is written until it is whole."""
        return self.directory / f"{self._prefix}{secrets.token_hex(8)}{SUFFIX}"

    def remove_leftovers(self) -> int:
        """Remove what earlier tries of this unit left; returns how many files."""
        with self._medium_errors():
            left = [path for path in self.directory.iterdir() if self._prefix in path.name]
            for path in left:
                path.unlink(missing_ok=True)
        return len(left)

    def require_room(self, bytes_needed: int) -> None:
        """Refuse a medium on which a package has no room, before anything is written."""
        with self._medium_errors():
            room = os.statvfs(self.directory)
        free = room.f_bavail * room.f_frsize
        if free < bytes_needed + MARGIN_BYTES:
            needed, there = _megabytes(bytes_needed + MARGIN_BYTES), _megabytes(free)
            raise EvidenceError(f"{self.directory}: the package takes up to {needed}, {there} are free; take another")
        if bytes_needed > FAT_FILE_BYTES_MAX and file_system_of(self.directory) in {"vfat", "msdos"}:
            raise EvidenceError(f"{self.directory}: FAT takes no file over 4 GB; format the medium as exFAT or ext4")

    def digest_of(self, path: Path) -> WrittenFile:
        """A file as it was written, by what this machine still caches of it: to be asked before it is read back.

        Of a package larger than the memory that is free, the medium is asked here already for what is cached no more.
        """
        with self._medium_errors(), path.open("rb") as file:
            return _digest(file)

    def read_back(self, path: Path, written: WrittenFile) -> None:
        """Read a file from the medium itself, not from the cache, and compare it with what was written."""
        with self._medium_errors(), path.open("rb") as file:
            os.fsync(file.fileno())
            os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)
            found = _digest(file)
        if found != written:
            words = "the medium gives back other bytes than were written; nothing was booked: take another medium"
            raise EvidenceError(f"{self.directory}: {words}")

    def give_name(self, path: Path, name: str) -> Path:
        """Give a whole and durable file its name, durably."""
        final = self.directory / name
        with self._medium_errors():
            if final.exists():
                raise EvidenceError(f"{final}: is there already")
            path.rename(final)
            try:
                sync_directory(self.directory)
            except OSError:
                self.discard(final)
                raise
        return final

    def discard(self, path: Path) -> None:
        """Remove a file that gets no name, as far as the medium still answers; the next export removes what stays."""
        with contextlib.suppress(OSError):
            path.unlink(missing_ok=True)

    @contextmanager
    def _medium_errors(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise EvidenceError(f"{self.directory}: the medium failed: {error.strerror}") from None


def package_name(case: str, unit_id: str, booked_at: datetime | None, package_id: str) -> str:
    """Name of the file of a package: case, unit and date, and the end of its id; no two have the same."""
    date = "undated" if booked_at is None else f"{booked_at:%Y%m%dT%H%M%SZ}"
    parts = ("evidence", case, unit_id, date, package_id.rpartition(":")[2][-8:])
    return "_".join(_NO_NAME.sub("-", part) for part in parts) + SUFFIX


def file_system_of(directory: Path, mounts: Path = _MOUNTS) -> str:
    """The kind of file system that a folder is on, such as ``vfat``; empty where the kernel does not say."""
    device = directory.stat().st_dev
    wanted = f"{os.major(device)}:{os.minor(device)}"
    try:
        lines = mounts.read_text(encoding="utf-8").splitlines()
    except OSError:
        return ""
    for line in lines:
        words = line.split()
        if len(words) > 2 and words[2] == wanted and "-" in words:
            return words[words.index("-") + 1]
    return ""


def _digest(file: IO[bytes]) -> WrittenFile:
    digest, size = hashlib.sha256(), 0
    while part := file.read(READ_BYTES):
        digest.update(part)
        size += len(part)
    return WrittenFile(digest.hexdigest(), size)


def _megabytes(count: int) -> str:
    return f"{count / 1e6:,.0f} MB"
