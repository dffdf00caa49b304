"""The folder that a package is written to: new or empty, and one package in it."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
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

    Args:
        folder: the folder.
        kind: how names of such packages begin.
        failure: the error of packages of this kind.

    Raises:
        AlprEdgeError: of the kind given: it is none, is not empty, has no room, or cannot be made.
        StoreError: another package is being written to it.
    """
    leftover = f"{TEMPORARY_PREFIX}{kind}"
    with io_errors(f"{folder}: cannot be used", failure, "give a folder of its own for the package"):
        folder.mkdir(mode=PRIVATE_DIRECTORY, exist_ok=True)
        descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
    with exclusive_lock(descriptor, _BUSY):
        with io_errors(f"{folder}: cannot be used", failure):
            entries = list(folder.iterdir())
            if any(not each.name.startswith(leftover) for each in entries):
                raise failure(f"{folder}: is not empty; give a new folder, or an empty one")
            for each in entries:
                each.unlink()
        require_room(folder, failure)
        yield


def require_room(folder: Path, failure: type[AlprEdgeError], free_bytes_min: int = FREE_BYTES_MIN) -> None:
    """Refuse a folder whose disk is nearly full.

    Args:
        folder: the folder.
        failure: the error of packages of this kind.
        free_bytes_min: what stays free.

    Raises:
        AlprEdgeError: of the kind given: it has less room, or cannot be used.
    """
    with io_errors(f"{folder}: cannot be used", failure):
        free_bytes = shutil.disk_usage(folder).free
    if free_bytes < free_bytes_min:
        raise failure(f"{folder}: has no room; {free_bytes_min >> 20} MiB have to stay free")
