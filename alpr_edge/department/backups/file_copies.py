"""Copies files of a department into a backup: whole files, second names of them, and what lies beside the pictures."""

import hashlib
import os
from collections.abc import Sequence
from contextlib import suppress
from io import FileIO
from pathlib import Path

from alpr_edge.department.backups.file_list import CHUNK_BYTES, Tick
from alpr_edge.runtime.durable_files import PRIVATE_DIRECTORY, PRIVATE_FILE


def write_all(file: FileIO, content: bytes) -> None:
    """Write all of it; raises OSError."""
    view = memoryview(content)
    while view:
        view = view[file.write(view) :]


def copy_file(source: Path, to: Path) -> str:
    """Copy a file to a new one of mode 0600 and the same date; returns the SHA-256 of what was read."""
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
    """Give a file a second name, or copy it where the file system has no such links; returns whether it is linked."""
    with suppress(OSError):
        to.hardlink_to(source)
        return True
    copy_file(source, to)
    return False


def copy_others(directory: Path, to: Path, names: Sequence[str], tick: Tick) -> dict[str, str]:
    """Copy files of the department's folder by their relative names; returns the digests of what was read."""
    digests = {}
    for number, name in enumerate(names, 1):
        place = to / name
        make_folder(place.parent)
        with suppress(FileNotFoundError):  # removed since it was looked for
            digests[name] = copy_file(directory / name, place)
        tick("settings and lists", number, len(names))
    return digests
