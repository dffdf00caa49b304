"""Files that survive a power cut and that nobody else can read."""

import ctypes
import os
import stat
import tempfile
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from typing import TypeVar

from alpr_edge.domain.errors import StoreError
from alpr_edge.runtime import no_follow
from alpr_edge.runtime.io_errors import io_errors

PRIVATE_DIRECTORY = 0o700
PRIVATE_FILE = 0o600
TEMPORARY_PREFIX = ".part-"
SYNCS_AT_ONCE = 4
"""Threads that sync files side by side. The kernel joins flushes of the disk that are asked for at one time: 32 files
in 32 folders took 216 ms one after the other, 73 with two threads, 21 with four, 20 with eight (ext4, a busy disk,
medians of ten in turns).
"""

SYNC_TOGETHER_MIN = 8
"""From so many files on one flush of their whole file system is cheaper than one a file and one a folder: 32 files took
16 ms in place of 54, 64 took 24 in place of 155 (ext4, a busy disk, medians of twelve in turns).
"""

T = TypeVar("T")


def private_directory(path: Path) -> None:
    """Make ``path`` (mode 0700), or check that an existing one is the owner's alone.

    Raises:
        StoreError: it cannot be made, is no folder, or others may enter it.
    """
    with io_errors(f"{path}: cannot be used as a folder", StoreError):
        path.mkdir(mode=PRIVATE_DIRECTORY, parents=True, exist_ok=True)
        with no_follow.opened_folder(path) as folder:
            about = os.fstat(folder)
    if stat.S_IMODE(about.st_mode) & 0o077:
        todo = f"run: chmod 700 {path}" if _may_be_closed(path, about) else "name a folder of its own"
        raise StoreError(f"{path}: others may enter this folder; {todo}")


def _may_be_closed(path: Path, about: os.stat_result) -> bool:
    """Whether this user may close a folder to all others: the system's own folders below / are everybody's."""
    is_systems = len(path.resolve().parts) <= 2 or about.st_mode & stat.S_ISVTX
    return not is_systems and about.st_uid == os.geteuid()


def give_to_owner_of(directory: Path, target: Path | int) -> None:
    """Give a file or folder that root made in ``directory`` to the folder's owner.

    The owner may have put something else in its place meanwhile: a link is not followed, and what is not root's own,
    or has a second name elsewhere, stays as it is. Raises OSError.
    """
    owner = directory.stat()
    if os.geteuid() != 0 or owner.st_uid == 0:
        return
    if isinstance(target, int):
        os.fchown(target, owner.st_uid, owner.st_gid)
        return
    descriptor = os.open(target, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    try:
        about = os.fstat(descriptor)
        if about.st_uid == 0 and (stat.S_ISDIR(about.st_mode) or about.st_nlink == 1):
            os.fchown(descriptor, owner.st_uid, owner.st_gid)
    finally:
        os.close(descriptor)


def sync_directory(path: Path) -> None:
    """Make the names in a folder durable; a file's own fsync does not."""
    descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def sync_file_system(descriptor: int) -> None:
    """Make all durable that was written to the file system of an open file or folder (syncfs(2)).

    For thousands of small files it is one flush in place of thousands. The kernel tells of pages that it could not
    write since the descriptor was opened (Linux 5.8), so it has to be opened before anything is written.

    Raises:
        OSError: something could not be written.
    """
    if ctypes.CDLL(None, use_errno=True).syncfs(descriptor) != 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))


def write_durably(files: Sequence[tuple[Path, bytes]]) -> None:
    """Write several new files (mode 0600) in folders that exist: on disk when this returns, or none of them is there.

    Each fsync makes a journaling file system commit what is in its journal by then. All content is therefore on its way
    and has its name before the first: the others find their part committed, and the card is written to once, not once
    a file and once a folder. A few are synced side by side (:data:`SYNCS_AT_ONCE`), folders after files; many at once,
    with all else that their file system has to write (:data:`SYNC_TOGETHER_MIN`).
    """
    paths: list[Path] = []
    folders = sorted({path.parent for path, _ in files})
    with ExitStack() as stack:
        try:
            # The kernel tells of failures since the opening, so it comes before the first write.
            file_systems = _open_file_systems(folders, stack) if len(files) >= SYNC_TOGETHER_MIN else []
            descriptors = [_begin_write(path, content, paths, stack) for path, content in files]
            if file_systems:
                _do_at_once(sync_file_system, file_systems)
            else:
                _do_at_once(os.fsync, descriptors)
                _do_at_once(sync_directory, folders)
        except (OSError, RuntimeError):  # RuntimeError: no thread is to be had now
            # What the kernel failed to write it does not write again: a file still in its memory would count as kept.
            for path in paths:
                path.unlink(missing_ok=True)
            raise


def _open_file_systems(folders: Sequence[Path], stack: ExitStack) -> list[int]:
    """A descriptor on each file system that some folders lie on."""
    by_device: dict[int, int] = {}
    for folder in folders:
        device = folder.stat().st_dev
        if device not in by_device:
            by_device[device] = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
            stack.callback(os.close, by_device[device])
    return list(by_device.values())


def _do_at_once(sync: Callable[[T], None], items: Sequence[T]) -> None:
    """Sync several files or folders, each whatever becomes of the others; raises the first error."""
    if len(items) < 2:
        for item in items:
            sync(item)
        return
    with ThreadPoolExecutor(min(SYNCS_AT_ONCE, len(items)), "sync") as pool:
        results = [pool.submit(sync, item) for item in items]
    for result in results:
        result.result()


def _begin_write(path: Path, content: bytes, paths: list[Path], stack: ExitStack) -> int:
    """Write a file under its name and have the kernel begin to put it on the disk; its paths are added to ``paths``."""
    descriptor, name = tempfile.mkstemp(prefix=TEMPORARY_PREFIX, dir=path.parent)
    stack.callback(os.close, descriptor)
    paths.append(Path(name))
    view = memoryview(content)
    while view:
        view = view[os.write(descriptor, view) :]
    # POSIX_FADV_DONTNEED starts the writing of dirty pages and does not wait for it (mm/fadvise.c).
    os.posix_fadvise(descriptor, 0, 0, os.POSIX_FADV_DONTNEED)
    paths.append(Path(name).replace(path))
    return descriptor


def write_temporary(directory: Path, content: bytes) -> Path:
    """Write a durable file (mode 0600) beside the place of its final name; removed again when the write fails."""
    descriptor, name = tempfile.mkstemp(prefix=TEMPORARY_PREFIX, dir=directory)
    try:
        with open(descriptor, "wb") as file:  # noqa: PTH123 - mkstemp gives a descriptor, which Path cannot open
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
    except OSError:
        Path(name).unlink()
        raise
    return Path(name)


def replace_file(path: Path, content: bytes) -> None:
    """Replace a file, or make it (mode 0600): durable and at once, owned by the owner of its folder.

    Raises:
        OSError: it cannot be written; what was there before still is.
    """
    temporary = write_temporary(path.parent, content)
    try:
        give_to_owner_of(path.parent, temporary)
        temporary.replace(path)
    except OSError:
        temporary.unlink(missing_ok=True)
        raise
    sync_directory(path.parent)


def create_file(path: Path, content: bytes) -> None:
    """Make a new file (mode 0600) at once and durable.

    Raises:
        FileExistsError: there is one of this name, which stays as it is; a rename would replace it.
        OSError: it cannot be written.
    """
    temporary = write_temporary(path.parent, content)
    try:
        path.hardlink_to(temporary)
    finally:
        temporary.unlink()
    sync_directory(path.parent)


def file_version(path: Path) -> tuple[int, int, int]:
    """Inode, size and time of change of a file, by which it is seen that it was replaced; zeros where there is none."""
    try:
        status = path.stat()
    except OSError:
        return 0, 0, 0
    return status.st_ino, status.st_size, status.st_mtime_ns
