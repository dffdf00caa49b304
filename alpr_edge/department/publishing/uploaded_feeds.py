"""Feeds that were uploaded and wait to be confirmed, in a folder of their own; backups leave it out.

Each is one file under a random name. It goes once it is published or refused, an hour later at the latest while the
page is served, and the oldest goes when there are too many.
"""

import contextlib
import secrets
import time
from pathlib import Path
from typing import BinaryIO

from alpr_edge.domain.errors import DepartmentError
from alpr_edge.runtime.durable_files import TEMPORARY_PREFIX, private_directory
from alpr_edge.runtime.io_errors import io_errors

FOLDER_NAME = "uploads"
UPLOAD_BYTES_MAX = 268_435_456
"""Largest feed that is uploaded; it is as much as a unit takes unless its settings say otherwise."""
UPLOADS_MAX = 4
KEPT_S_MAX = 3600.0
_CHUNK_BYTES = 1 << 20


class UploadedFeeds:
    """The feeds that wait."""

    def __init__(self, directory: Path) -> None:
        self._folder = directory / FOLDER_NAME

    def keep(self, content: BinaryIO) -> Path:
        """Keep a feed until it is confirmed; returns its file."""
        with io_errors(f"{self._folder}: cannot be written", DepartmentError):
            private_directory(self._folder)
            self._remove(spare=UPLOADS_MAX - 1)
            path = self._folder / f"{TEMPORARY_PREFIX}{secrets.token_hex(16)}"
            try:
                size = _copy(content, path)
            except OSError:
                path.unlink(missing_ok=True)
                raise
        if not 0 < size <= UPLOAD_BYTES_MAX:
            path.unlink(missing_ok=True)
            larger = f"a feed that is uploaded has {UPLOAD_BYTES_MAX // 2**20} MiB at most; publish it at the server"
            raise DepartmentError(larger if size else "the file of the feed is empty; choose another")
        return path

    def remove_old(self) -> None:
        """Remove what has waited for too long; a folder that cannot be read is left to the next look."""
        with contextlib.suppress(OSError):
            self._remove(spare=UPLOADS_MAX)

    def _remove(self, spare: int) -> None:
        """Remove all but so many, the oldest first, and what is too old."""
        if not self._folder.is_dir():
            return
        files = sorted((_changed_at(path), path) for path in self._folder.iterdir())
        oldest = time.time() - KEPT_S_MAX
        for place, (changed_at, path) in enumerate(files):
            if place < len(files) - spare or changed_at < oldest:
                path.unlink(missing_ok=True)


def _changed_at(path: Path) -> float:
    """When a file was written; the beginning of time: it is gone."""
    try:
        return path.stat().st_mtime
    except FileNotFoundError:
        return 0.0


def _copy(content: BinaryIO, path: Path) -> int:
    """Copy what was uploaded, one byte more than may be at most; returns the bytes."""
    size = 0
    path.touch(mode=0o600, exist_ok=False)
    with path.open("wb") as file:
        while size <= UPLOAD_BYTES_MAX and (chunk := content.read(_CHUNK_BYTES)):
            size += file.write(chunk)
    return size
