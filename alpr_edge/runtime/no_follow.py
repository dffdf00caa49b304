"""Opens, makes and removes files below a folder that another user may write, and follows no link on the way.

Root decommissions a unit, and works in folders of the unit's user and on media that anybody had in their hands. A link
laid there, in place of a file or of a folder on the way to it, would lead root to any file of the system. So a folder
is opened once, and everything below it is reached from its descriptor, one name at a time (openat(2), ``O_NOFOLLOW``).

This file lies in two places, the same to the byte: the scripts run where the product is not installed.
"""

import errno
import os
import shutil
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path, PurePath
from typing import NamedTuple

LINKS_MAX = 40
"""Followed on the way to one folder; as many as the kernel follows."""
_FOLDER = os.O_PATH | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC


class FileBelow(NamedTuple):
    """A regular file that :func:`files_below` found; its descriptor is open until the next one is asked for."""

    path: PurePath
    """Relative to the folder that was searched."""
    folder: int
    """Descriptor of the folder that it lies in."""

    def open(self, flags: int = os.O_RDONLY) -> int:
        """Open it; returns a descriptor for the caller to close. Raises OSError."""
        return _open_regular(self.folder, self.path.name, flags, 0)


@contextmanager
def opened_folder(path: Path) -> Iterator[int]:
    """Open a folder and give its descriptor.

    A link on the way is followed only in a folder where nobody but root and this process's user can have laid it, such
    as ``/var/run``.

    Raises:
        OSError: there is no such folder, or ELOOP: it lies behind a link that somebody else may have laid.
    """
    here = _walk(path)
    try:
        yield here
    finally:
        os.close(here)


@contextmanager
def folder_below(folder: int, name: str | PurePath) -> Iterator[int]:
    """Open a folder below another and give its descriptor. Raises OSError: ELOOP for a link."""
    here = _below(folder, _parts(name))
    try:
        yield here
    finally:
        os.close(here)


def make_folder(folder: int, name: str, mode: int = 0o700) -> bool:
    """Make a folder in another unless it is there; returns whether it was made. Raises OSError: ELOOP for a link."""
    try:
        os.mkdir(name, mode, dir_fd=folder)
    except FileExistsError:
        with folder_below(folder, name):
            return False
    os.fsync(folder)
    return True


def open_file(folder: int, name: str | PurePath, flags: int = os.O_RDONLY, mode: int = 0o600) -> int:
    """Open a regular file below a folder; returns a descriptor for the caller to close.

    Raises:
        OSError: as open(2) does; ELOOP for a link in any place, EINVAL for what is no regular file.
    """
    *folders, last = _parts(name)
    with folder_below(folder, PurePath(*folders)) as here:
        return _open_regular(here, last, flags, mode)


def read_file(folder: int, name: str | PurePath, bytes_max: int) -> bytes:
    """The first ``bytes_max`` bytes of a regular file below a folder. Raises OSError, as :func:`open_file`."""
    with os.fdopen(open_file(folder, name), "rb") as file:
        return file.read(bytes_max)


def write_file(
    folder: int,
    name: str,
    content: bytes,
    *,
    mode: int = 0o600,
    durable: bool = True,
    like: os.stat_result | None = None,
) -> None:
    """Replace a file in a folder at once.

    Args:
        folder: descriptor of the folder.
        name: the name in that folder.
        content: all of it.
        mode: whatever the umask is; a file system without modes has its own.
        durable: also a power cut leaves the old or the new one.
        like: a file whose owner, group and mode it gets; None leaves them to this process and ``mode``.

    Raises:
        OSError: it cannot be written; what was there before still is.
    """
    draft = f".{name}.new"
    remove_file(folder, draft)
    try:
        with os.fdopen(open_file(folder, draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "wb") as file:
            _give_mode(file.fileno(), mode, like)
            file.write(content)
            file.flush()
            if durable:
                os.fsync(file.fileno())
        os.replace(draft, name, src_dir_fd=folder, dst_dir_fd=folder)
    except OSError:
        remove_file(folder, draft)
        raise
    if durable:
        os.fsync(folder)


def _give_mode(file: int, mode: int, like: os.stat_result | None) -> None:
    """Give a file owner, group and mode of another one, or what the umask took of its own mode."""
    if like is not None:
        os.fchown(file, like.st_uid, like.st_gid)
        os.fchmod(file, stat.S_IMODE(like.st_mode))
    elif os.fstat(file).st_mode & mode != mode:
        with suppress(PermissionError):
            os.fchmod(file, mode)


def remove_file(folder: int, name: str | PurePath) -> None:
    """Remove a file, or a link itself, below a folder; nothing when there is none. Raises OSError."""
    *folders, last = _parts(name)
    try:
        with folder_below(folder, PurePath(*folders)) as here:
            os.unlink(last, dir_fd=here)
    except FileNotFoundError:
        return


def empty_folder(folder: int) -> None:
    """Remove everything in a folder; of a link the link alone. Raises OSError."""
    with os.scandir(folder) as entries:
        names = [(entry.name, entry.is_dir(follow_symlinks=False)) for entry in entries]
    for name, is_folder in sorted(names):
        if is_folder:
            shutil.rmtree(name, dir_fd=folder)
        else:
            os.unlink(name, dir_fd=folder)


def names_in(folder: int) -> list[str]:
    """The names in a folder, sorted. Raises OSError."""
    with os.scandir(folder) as entries:
        return sorted(entry.name for entry in entries)


def files_below(folder: int) -> Iterator[FileBelow]:
    """Every regular file below a folder, links left out. Raises OSError."""
    for root, folders, names, here in os.fwalk(".", dir_fd=folder, onerror=_raise, follow_symlinks=False):
        folders.sort()
        for name in sorted(names):
            if stat.S_ISREG(os.stat(name, dir_fd=here, follow_symlinks=False).st_mode):
                yield FileBelow(PurePath(root, name), here)


def _raise(error: OSError) -> None:
    raise error


def _parts(name: str | PurePath) -> tuple[str, ...]:
    path = PurePath(name)
    if path.is_absolute() or ".." in path.parts:
        raise OSError(errno.EINVAL, os.strerror(errno.EINVAL), str(name))
    return path.parts


def _open_regular(folder: int, name: str, flags: int, mode: int) -> int:
    # A pipe in a file's place would keep the opener waiting for ever.
    descriptor = os.open(name, flags | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC, mode, dir_fd=folder)
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise OSError(errno.EINVAL, "not a regular file", name)
    return descriptor


def _below(folder: int, names: tuple[str, ...]) -> int:
    here = os.open(".", _FOLDER, dir_fd=folder)
    for name in names:
        here = _step(here, name)
    return _readable(here)


def _walk(path: Path) -> int:
    """The folder at a path, name by name from the root on."""
    waiting, links = list(reversed(path.absolute().parts)), 0
    here = os.open(waiting.pop(), _FOLDER)
    while waiting:
        name = waiting.pop()
        target = _trusted_link(here, name) if links < LINKS_MAX else None
        if target is None:
            here = _step(here, name)
            continue
        links += 1
        waiting += reversed(PurePath(target).parts)
        if target.startswith("/"):
            os.close(here)
            here = os.open(waiting.pop(), _FOLDER)
    return _readable(here)


def _step(here: int, name: str) -> int:
    """The folder of that name in another one, whose descriptor is closed."""
    try:
        return os.open(name, _FOLDER, dir_fd=here)
    except NotADirectoryError:
        if _is_link(here, name):
            raise OSError(errno.ELOOP, "a link, which is not followed here", name) from None
        raise
    finally:
        os.close(here)


def _readable(here: int) -> int:
    try:
        return os.open(".", os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC, dir_fd=here)
    finally:
        os.close(here)


def _is_link(here: int, name: str) -> bool:
    return stat.S_ISLNK(os.stat(name, dir_fd=here, follow_symlinks=False).st_mode)


def _trusted_link(here: int, name: str) -> str | None:
    """Where a link leads that root or this process's user laid, and nobody else can have; None for all else."""
    folder, trusted = os.fstat(here), {0, os.geteuid()}
    if folder.st_uid not in trusted or folder.st_mode & (stat.S_IWGRP | stat.S_IWOTH):
        return None
    try:
        return os.readlink(name, dir_fd=here)
    except OSError:
        return None
