"""The files of an import: the CSV, the folder of its pictures, and the list of what was rejected."""

import csv
import hashlib
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from alpr_edge.domain.errors import DepartmentError
from alpr_edge.runtime.io_errors import io_errors

_PIECE_BYTES = 1024 * 1024

Reject = Callable[[int, str], None]
"""Notes a line that is rejected, and the reason."""


@dataclass(frozen=True, slots=True)
class ImportFiles:
    """The files of an import."""

    rows: Path
    """The CSV."""
    pictures: Path | None
    """The folder of its pictures."""
    rejects: Path
    """Where the line and the reason of each rejected row are written."""


@contextmanager
def reject_list(path: Path) -> Iterator[Reject]:
    """Write a line for each rejected row; the file is there only if there is one. It holds no plate."""
    with io_errors(f"{path}: cannot be written", DepartmentError, "name another file with --rejects"):
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW, 0o600)
    count = 0
    with os.fdopen(descriptor, "w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(("line", "reason"))

        def reject(line: int, reason: str) -> None:
            nonlocal count
            count += 1
            writer.writerow((line, reason))

        yield reject
    if not count:
        path.unlink(missing_ok=True)


@contextmanager
def opened_pictures(folder: Path | None) -> Iterator[int | None]:
    """Open the folder of pictures and give its descriptor; None: there is none."""
    if folder is None:
        yield None
        return
    with io_errors(f"{folder}: cannot be read", DepartmentError):
        descriptor = os.open(folder, os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        yield descriptor
    finally:
        os.close(descriptor)


def file_digest(path: Path) -> str:
    """SHA-256 of a file, read a piece at a time."""
    whole = hashlib.sha256()
    with io_errors(f"{path}: cannot be read", DepartmentError), path.open("rb") as file:
        while piece := file.read(_PIECE_BYTES):
            whole.update(piece)
    return whole.hexdigest()
