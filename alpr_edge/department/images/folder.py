"""Objects as files of a folder, on disk when a call returns."""

import errno
from collections.abc import Iterator
from contextlib import AbstractContextManager, suppress
from datetime import UTC, datetime
from pathlib import Path

from alpr_edge.department.images.objects import ObjectState
from alpr_edge.domain.errors import LostError, StoreError
from alpr_edge.runtime.durable_files import (
    TEMPORARY_PREFIX,
    create_file,
    private_directory,
    replace_file,
    sync_directory,
)
from alpr_edge.runtime.io_errors import io_errors


class ObjectFolder:
    """Files spread over the folders that their names begin with (mode 0700, files 0600)."""

    calls_at_once = 1

    def __init__(self, directory: Path) -> None:
        private_directory(directory)
        self._directory = directory
        self.label = f"folder {directory}"

    @property
    def is_empty(self) -> bool:
        """Whether no file is in it."""
        return next(self.names(), None) is None

    def create(self, name: str, content: bytes) -> bool:
        """Make a file; False: there is one."""
        with self._errors():
            if self._is_there(name):
                return False
            try:
                create_file(self._path_to_write(name), content)
            except FileExistsError:
                return False
        return True

    def replace(self, name: str, content: bytes) -> None:
        """Write a file in place of the one that is there."""
        with self._errors():
            replace_file(self._path_to_write(name), content)

    def read(self, name: str) -> bytes | None:
        """The content of a file; None: there is none."""
        with self._errors():
            try:
                return (self._directory / name).read_bytes()
            except FileNotFoundError:
                return None
            except OSError as error:
                if error.errno != errno.EIO:
                    raise
                raise LostError(f"{self._directory}: the disk does not give back a file: {error.strerror}") from None

    def stat(self, name: str) -> ObjectState | None:
        """Size and date of a file; None if it does not exist."""
        with self._errors():
            try:
                found = (self._directory / name).stat()
            except FileNotFoundError:
                return None
        return ObjectState(found.st_size, datetime.fromtimestamp(found.st_mtime, UTC))

    def remove(self, name: str) -> None:
        """Remove a file."""
        with self._errors():
            (self._directory / name).unlink(missing_ok=True)

    def names(self) -> Iterator[str]:
        """The names of all files that are whole."""
        with self._errors():
            for folder in self._directory.iterdir():
                if not folder.is_dir():
                    continue
                for path in folder.iterdir():
                    if not path.name.startswith(TEMPORARY_PREFIX):
                        yield f"{folder.name}/{path.name}"

    def sizes(self) -> Iterator[tuple[str, int]]:
        """Likewise, with their bytes."""
        with self._errors():
            for name in self.names():
                with suppress(FileNotFoundError):  # removed meanwhile
                    yield name, (self._directory / name).stat().st_size

    def check(self) -> None:
        """Look at the folder."""
        with self._errors():
            self._directory.stat()

    def _is_there(self, name: str) -> bool:
        try:
            (self._directory / name).stat()
        except FileNotFoundError:
            return False
        return True

    def _path_to_write(self, name: str) -> Path:
        """The path of a file whose folder is there."""
        path = self._directory / name
        if not path.parent.exists():
            private_directory(path.parent)
            sync_directory(self._directory)
        return path

    def _errors(self) -> AbstractContextManager[None]:
        return io_errors(f"{self._directory}: the disk refused", StoreError)
