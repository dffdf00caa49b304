"""A package as a folder: written beside its name, durable, and renamed when it is whole."""

import shutil
from pathlib import Path

from alpr_edge.domain.errors import EvidenceError
from alpr_edge.runtime.durable_files import PRIVATE_DIRECTORY, TEMPORARY_PREFIX, sync_directory, write_durably
from alpr_edge.runtime.io_errors import io_errors

_BATCH_FILES = 128
_BATCH_BYTES = 16 * 1024 * 1024


class FolderTarget:
    """Writes the files of a package into a new folder, which its owner alone may enter.

    Files are made durable in batches, since a disk is flushed for many at hardly more cost than for one.

    Args:
        folder: the folder; it must not exist, the one it lies in must. What an earlier try left beside it is removed.

    Raises:
        EvidenceError: it exists, or cannot be made.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._failure = f"{folder}: cannot be written"
        self._part = temporary_of(folder)
        self._batch: list[tuple[Path, bytes]] = []
        self._batch_bytes = 0
        self._made = {self._part}
        with io_errors(self._failure, EvidenceError):
            if folder.is_symlink() or folder.exists():
                raise EvidenceError(f"{folder}: exists already; give another name")
            remove_leftover(folder)
            self._part.mkdir(mode=PRIVATE_DIRECTORY)

    def add(self, path: str, content: bytes) -> None:
        """Write a file that does not exist yet. Raises EvidenceError."""
        self._batch.append((self._part / path, content))
        self._batch_bytes += len(content)
        if len(self._batch) >= _BATCH_FILES or self._batch_bytes >= _BATCH_BYTES:
            self._write_batch()

    def finish(self) -> None:
        """Make all of it durable and give the folder its name. Raises EvidenceError."""
        last = self._batch.pop() if self._batch else None
        self._write_batch()
        with io_errors(self._failure, EvidenceError):
            for folder in {made.parent for made in self._made}:
                sync_directory(folder)
        if last is not None:  # the tag manifest: nothing else is written once it is there
            self._batch = [last]
            self._write_batch()
        with io_errors(self._failure, EvidenceError):
            self._part.rename(self._folder)
            sync_directory(self._folder.parent)

    def discard(self) -> None:
        """Remove all that was written, as far as the medium still answers."""
        self._batch.clear()
        shutil.rmtree(self._part, ignore_errors=True)

    def _write_batch(self) -> None:
        with io_errors(self._failure, EvidenceError):
            for folder in {path.parent for path, _ in self._batch}:
                self._make(folder)
            write_durably(self._batch)
        self._batch.clear()
        self._batch_bytes = 0

    def _make(self, folder: Path) -> None:
        if folder not in self._made:
            self._make(folder.parent)
            folder.mkdir(mode=PRIVATE_DIRECTORY)
            self._made.add(folder)


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
