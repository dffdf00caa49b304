"""The list of a backup's files with their digests, as ``sha256sum --check`` reads it, and the check of them.

Lines stand in the order in which a walk meets the files, so a list of millions is compared with a folder side by side,
and neither is ever held in memory.
"""

import hashlib
import os
import stat
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import chain, islice
from pathlib import Path, PurePosixPath

from alpr_edge.department.backups.manifest import FileTotals
from alpr_edge.department.backups.target import LIST_NAME, MANIFEST_NAME, NOTE_NAME
from alpr_edge.domain.errors import StoreError
from alpr_edge.runtime.io_errors import io_errors

CHUNK_BYTES = 1 << 20
LINE_CHARACTERS_MAX = 5000
FAULTS_MAX = 20
"""Faults that are named; a disk that fails has millions."""
_OWN = {MANIFEST_NAME, NOTE_NAME, LIST_NAME}
_DIGITS = 64

Tick = Callable[[str, int, int | None], None]
"""Is told what is worked on, how much of it is done, and how much there is; None: not known."""


@dataclass(frozen=True, slots=True)
class ListedFile:
    """A line of the list."""

    path: str
    """Relative to the backup, with slashes."""
    sha256: str


def file_digest(path: Path) -> tuple[str, int]:
    """SHA-256 and length of what the disk holds of a regular file, past what the system still has in memory."""
    descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    with open(descriptor, "rb", buffering=0) as file:  # noqa: PTH123 - of a descriptor, which Path cannot open
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise OSError(0, "not a regular file")
        os.posix_fadvise(descriptor, 0, 0, os.POSIX_FADV_DONTNEED)
        whole, length = hashlib.sha256(), 0
        while chunk := file.read(CHUNK_BYTES):
            whole.update(chunk)
            length += len(chunk)
    return whole.hexdigest(), length


def files_in(folder: Path, below: str = "") -> Iterator[str]:
    """Paths of everything in a folder that is no folder, relative and in the order of the list. Raises OSError."""
    with os.scandir(folder) as entries:
        found = sorted((entry.name, entry.is_dir(follow_symlinks=False)) for entry in entries)
    for name, is_folder in found:
        if is_folder:
            yield from files_in(folder / name, f"{below}{name}/")
        elif below or name not in _OWN:
            yield f"{below}{name}"


def write_list(backup: Path, digest_of: Callable[[str], tuple[str, int]], tick: Tick) -> FileTotals:
    """Read a finished backup back from its disk and write the list of its files.

    Args:
        tick: told of the bytes read.
    """
    count = length_sum = 0
    whole, path = hashlib.sha256(), backup / LIST_NAME
    with io_errors(f"{backup}: cannot be read back", StoreError), path.open("xb") as file:
        for name in files_in(backup):
            sha256, length = digest_of(name)
            if "\n" in name or "\\" in name:
                raise StoreError(f"{backup / name}: a line break or backslash in a file's name; rename it")
            line = f"{sha256}  {name}\n".encode("utf-8", "surrogateescape")
            file.write(line)
            whole.update(line)
            count, length_sum = count + 1, length_sum + length
            tick("bytes read back", length_sum, None)
        file.flush()
        os.fsync(file.fileno())
    path.chmod(0o600)
    return FileTotals(count=count, bytes=length_sum, list_sha256=whole.hexdigest())


def listed_files(backup: Path, totals: FileTotals) -> Iterator[ListedFile]:
    """The lines of a list, once it is sure that it is the one that was signed."""
    path = backup / LIST_NAME
    with io_errors(f"{path}: cannot be read", StoreError):
        if file_digest(path)[0] != totals.list_sha256:
            raise StoreError(f"{path}: not the list that was signed")
        with path.open("rb") as file:
            while line := file.readline(LINE_CHARACTERS_MAX):
                text = line.decode("utf-8", "surrogateescape").removesuffix("\n")
                yield _parse(path, text)


def list_faults(backup: Path, totals: FileTotals, tick: Tick, below: str = "") -> list[str]:
    """Compare a backup with its list; a line for each of the first files that is not as it was backed up.

    Args:
        below: the beginning of the paths of the files that are meant; empty: all of them.
    """
    faults: list[str] = []
    present, done = (path for path in _present(backup) if path.startswith(below)), 0
    here = next(present, None)
    for listed in (each for each in listed_files(backup, totals) if each.path.startswith(below)):
        while here is not None and _order(here) < _order(listed.path):
            faults.append(f"{backup / here}: was put in afterwards")
            here = next(present, None)
        if here != listed.path:
            faults.append(f"{backup / listed.path}: missing")
        else:
            fault, length = _compare(backup, listed)
            faults += fault
            done += length
            tick("bytes checked", done, totals.bytes)
            here = next(present, None)
        if len(faults) >= FAULTS_MAX:
            return faults
    more = () if here is None else chain([here], present)
    return [*faults, *(f"{backup / each}: was put in afterwards" for each in islice(more, FAULTS_MAX))]


def _compare(backup: Path, listed: ListedFile) -> tuple[list[str], int]:
    path = backup / listed.path
    try:
        sha256, length = file_digest(path)
    except OSError as error:
        return [f"{path}: cannot be read: {error.strerror}"], 0
    return ([] if sha256 == listed.sha256 else [f"{path}: not as it was backed up"]), length


def _present(backup: Path) -> Iterator[str]:
    with io_errors(f"{backup}: cannot be read", StoreError):
        yield from files_in(backup)


def _order(path: str) -> tuple[str, ...]:
    return tuple(path.split("/"))


def _parse(path: Path, text: str) -> ListedFile:
    sha256, gap, name = text[:_DIGITS], text[_DIGITS : _DIGITS + 2], text[_DIGITS + 2 :]
    parts = PurePosixPath(name).parts
    if gap != "  " or not parts or name.startswith("/") or ".." in parts:
        raise StoreError(f"{path}: not a list of files")
    return ListedFile(name, sha256)
