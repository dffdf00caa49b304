"""A package as a folder: written beside its name, durable, and renamed when it is whole."""

import os
import shutil
from pathlib import Path

from alpr_edge.domain.errors import EvidenceError
from alpr_edge.runtime.durable_files import (
    PRIVATE_DIRECTORY,
    PRIVATE_FILE,
    TEMPORARY_PREFIX,
    sync_directory,
    sync_file_system,
)
from alpr_edge.runtime.io_errors import io_errors


class FolderTarget:
    """Writes the files of a package into a new folder, which its owner alone may enter.

    The medium is flushed twice: once when all but the last file is there, and once when that is. The last one is the
    tag manifest, so what a power cut leaves is either whole or plainly not.

    Args:
        folder: the folder; it must not exist, the one it lies in must. What an earlier try left beside it is removed.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._failure = f"{folder}: cannot be written"
        self._part = temporary_of(folder)
        self._last: tuple[Path, bytes] | None = None
        self._made = {self._part}
        with io_errors(self._failure, EvidenceError):
            if folder.is_symlink() or folder.exists():
                raise EvidenceError(f"{folder}: exists already; give another name")
            remove_leftover(folder)
            self._part.mkdir(mode=PRIVATE_DIRECTORY)
            self._descriptor: int | None = os.open(self._part, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)

    def add(self, path: str, content: bytes) -> None:
        """Write a file that does not exist yet, once the next one comes or all is done. Raises EvidenceError."""
        self._write_last()
        self._last = (self._part / path, content)

    def finish(self) -> None:
        """Make all of it durable and give the folder its name. Raises EvidenceError."""
        assert self._descriptor is not None, "finished once"
        with io_errors(self._failure, EvidenceError):
            sync_file_system(self._descriptor)
            self._write_last()
            sync_file_system(self._descriptor)
            self._part.rename(self._folder)
            sync_directory(self._folder.parent)
        self._close()

    def discard(self) -> None:
        """Remove all that was written, as far as the medium still answers."""
        self._last = None
        self._close()
        shutil.rmtree(self._part, ignore_errors=True)

    def _write_last(self) -> None:
        if self._last is None:
            return
        path, content = self._last
        self._last = None
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
        with io_errors(self._failure, EvidenceError):
            self._make(path.parent)
            with os.fdopen(os.open(path, flags, PRIVATE_FILE), "wb", buffering=0) as file:
                view = memoryview(content)
                while view:
                    view = view[file.write(view) :]
                # The kernel begins to write it now, so that a slow medium shows in the progress and not at the end.
                os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)

    def _make(self, folder: Path) -> None:
        if folder not in self._made:
            self._make(folder.parent)
            folder.mkdir(mode=PRIVATE_DIRECTORY)
            self._made.add(folder)

    def _close(self) -> None:
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None


def temporary_of(path: Path) -> Path:
    """Where a package is written before it is whole: beside its name."""
    return path.with_name(TEMPORARY_PREFIX + path.name)


def remove_leftover(path: Path) -> None:
    """Remove what an earlier try, which was cut off, left of the package of a name. Raises OSError."""
    part = temporary_of(path)
    if part.is_dir() and not part.is_symlink():
        shutil.rmtree(part)
    else:
        part.unlink(missing_ok=True)
