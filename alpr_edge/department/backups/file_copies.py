"""Copies the files of a department into a backup: new pictures, links to those that the backup before has, the rest."""

import hashlib
import os
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from io import FileIO
from pathlib import Path

from alpr_edge.department.backups.file_list import CHUNK_BYTES, Tick, file_digest
from alpr_edge.department.backups.survey import OpenReading, picture_count, picture_digests
from alpr_edge.department.images.department_images import object_name
from alpr_edge.department.images.sealed_images import key_id_of
from alpr_edge.domain.errors import StoreError
from alpr_edge.runtime.durable_files import PRIVATE_DIRECTORY, PRIVATE_FILE

HEAD_BYTES = 64
"""So much of a picture's file says whether it is encrypted."""


@dataclass(slots=True)
class CopiedPictures:
    """What became of the pictures that the database names."""

    count: int = 0
    linked: int = 0
    missing: int = 0
    damaged: set[str] = field(default_factory=set)
    """Digests of those that did not fit them, in the department already."""


def write_all(file: FileIO, content: bytes) -> None:
    """Write all of it; raises OSError."""
    view = memoryview(content)
    while view:
        view = view[file.write(view) :]


def copy_file(source: Path, to: Path) -> str:
    """Copy a file to a new one of mode 0600 and the same date; returns the SHA-256 of what was read.

    Raises:
        OSError: it cannot be read or written.
    """
    whole = hashlib.sha256()
    with source.open("rb") as reading:
        descriptor = os.open(to, os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_NOFOLLOW | os.O_CLOEXEC, PRIVATE_FILE)
        with open(descriptor, "wb", buffering=0) as writing:  # noqa: PTH123 - of a descriptor
            while chunk := reading.read(CHUNK_BYTES):
                whole.update(chunk)
                write_all(writing, chunk)
            dates = os.fstat(reading.fileno())
            os.utime(descriptor, ns=(dates.st_atime_ns, dates.st_mtime_ns))
    return whole.hexdigest()


def write_file(to: Path, content: bytes) -> None:
    """Write a new file of mode 0600; raises OSError."""
    descriptor = os.open(to, os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_NOFOLLOW | os.O_CLOEXEC, PRIVATE_FILE)
    with open(descriptor, "wb", buffering=0) as writing:  # noqa: PTH123 - of a descriptor
        write_all(writing, content)


def make_folder(path: Path) -> None:
    """Make a folder, and those above it that are missing, all of mode 0700. Raises OSError."""
    if not path.is_dir():
        make_folder(path.parent)
        path.mkdir(PRIVATE_DIRECTORY, exist_ok=True)


def link_or_copy(source: Path, to: Path) -> bool:
    """Give a file a second name, or copy it where the file system has no such links; returns whether it is linked.

    Raises:
        OSError: it cannot be read or written.
    """
    with suppress(OSError):
        to.hardlink_to(source)
        return True
    copy_file(source, to)
    return False


class PictureCopies:
    """Copies pictures into a backup.

    A picture that the backup before has is linked, and read back with all others: one that was damaged there is copied
    anew from the department. So is an encrypted one that is under another key now: the old one may be destroyed.

    Args:
        source: the department's folder of pictures.
        to: that of the backup.
        before: that of the backup before; None: there is none.
    """

    def __init__(self, source: Path, to: Path, before: Path | None) -> None:
        self._source, self._to, self._before = source, to, before
        self.result = CopiedPictures()

    def copy_all(self, reading: OpenReading, tick: Tick) -> None:
        """Copy or link the pictures that the database names.

        Raises:
            OSError: the disk is full or failed.
        """
        make_folder(self._to)
        total = picture_count(reading)
        for some in picture_digests(reading):
            for sha256 in some:
                self._copy_one(sha256)
                self.result.count += 1
            tick("pictures", self.result.count, max(total, self.result.count))

    def read_back(self, sha256: str) -> tuple[str, int]:
        """Digest and length of a picture in the backup, mended where the backup before had a damaged one.

        Raises:
            StoreError: the disk does not give back what was written.
            OSError: it failed.
        """
        path = _place(self._to, sha256)
        found = file_digest(path)
        if sha256 in self.result.damaged or found[0] == self._digest_for(sha256):
            return found
        path.unlink()
        if not self._copy_from_source(sha256):
            raise StoreError(f"{path}: damaged in the backup before, and not in the department any more")
        with path.open("rb") as file:
            os.fsync(file.fileno())
        found = file_digest(path)
        if found[0] != self._digest_for(sha256) and sha256 not in self.result.damaged:
            raise StoreError(f"{path}: the disk does not give back what was written; use another disk")
        return found

    def _digest_for(self, sha256: str) -> str:
        """The digest that a picture's file has to have."""
        source = _place(self._source, sha256)
        with suppress(FileNotFoundError):
            if _is_encrypted(source):
                return file_digest(source)[0]
        return sha256

    def _copy_one(self, sha256: str) -> None:
        place = _place(self._to, sha256)
        make_folder(place.parent)
        if self._before is not None:
            before = _place(self._before, sha256)
            with suppress(OSError):  # it has none, or links are not to be had there
                if _is_same_picture(_place(self._source, sha256), before):
                    place.hardlink_to(before)
                    self.result.linked += 1
                    return
        if not self._copy_from_source(sha256):
            self.result.missing += 1

    def _copy_from_source(self, sha256: str) -> bool:
        """Whether the department has it; a damaged one is copied as it is, and noted."""
        place = _place(self._to, sha256)
        try:
            read = copy_file(_place(self._source, sha256), place)
        except FileNotFoundError:
            return False
        if read != sha256 and not _is_encrypted(place):
            self.result.damaged.add(sha256)
        return True


def copy_others(directory: Path, to: Path, names: Sequence[str], tick: Tick) -> dict[str, str]:
    """Copy files of the department's folder by their relative names; returns the digests of what was read.

    Raises:
        OSError: one cannot be read or written.
    """
    digests = {}
    for number, name in enumerate(names, 1):
        place = to / name
        make_folder(place.parent)
        with suppress(FileNotFoundError):  # removed since it was looked for
            digests[name] = copy_file(directory / name, place)
        tick("settings and lists", number, len(names))
    return digests


def _place(folder: Path, sha256: str) -> Path:
    return folder / object_name(sha256)


def _is_encrypted(path: Path) -> bool:
    """Whether a picture lies encrypted: its file's digest is not its name then, and changes with its key."""
    with path.open("rb") as file:
        return key_id_of(file.read(HEAD_BYTES)) is not None


def _is_same_picture(source: Path, before: Path) -> bool:
    """Whether the backup before has a picture as the department has it, by size and date; raises OSError.

    One that lies as it came is always the same, as its name is its digest.
    """
    here, there = source.stat(), before.stat()
    if (here.st_size, here.st_mtime_ns) == (there.st_size, there.st_mtime_ns):
        return True
    return not _is_encrypted(source) and not _is_encrypted(before)
