"""The folder that a package is written to: new or empty, and one package in it."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from alpr_edge.domain.errors import AlprEdgeError
from alpr_edge.runtime.durable_files import PRIVATE_DIRECTORY, TEMPORARY_PREFIX
from alpr_edge.runtime.file_lock import exclusive_lock
from alpr_edge.runtime.io_errors import io_errors

FREE_BYTES_MIN = 64 * 1024 * 1024
"""Less room than this is refused before anything is read, and while a package is written: others need the disk too."""
_BUSY = "another package is written to this folder; wait, or give another one"


@contextmanager
def package_folder(folder: Path, kind: str, failure: type[AlprEdgeError]) -> Iterator[None]:
    """Hold a folder for one package while the block runs; what a try that was killed left in it is removed.

    A folder that is made here and stays empty, as the package failed, goes again.
    """
    leftover, is_new = f"{TEMPORARY_PREFIX}{kind}", not folder.exists()
    with io_errors(f"{folder}: cannot be used", failure, "give a folder of its own for the package"):
        folder.mkdir(mode=PRIVATE_DIRECTORY, exist_ok=True)
        descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
    with _removal_if_empty(folder, is_new=is_new), exclusive_lock(descriptor, _BUSY):
        with io_errors(f"{folder}: cannot be used", failure):
            entries = list(folder.iterdir())
            if any(not each.name.startswith(leftover) for each in entries):
                raise failure(f"{folder}: is not empty; give a new folder, or an empty one")
            for each in entries:
                each.unlink()
        require_room(folder, failure)
        yield


@contextmanager
def _removal_if_empty(folder: Path, *, is_new: bool) -> Iterator[None]:
    try:
        yield
    finally:
        if is_new:
            with suppress(OSError):  # it is not empty
                folder.rmdir()


def require_room(folder: Path, failure: type[AlprEdgeError], free_bytes_min: int = FREE_BYTES_MIN) -> None:
    """Refuse a folder whose disk is nearly full."""
    with io_errors(f"{folder}: cannot be used", failure):
        free_bytes = shutil.disk_usage(folder).free
    if free_bytes < free_bytes_min:
        raise failure(f"{folder}: has no room; {free_bytes_min >> 20} MiB have to stay free")
