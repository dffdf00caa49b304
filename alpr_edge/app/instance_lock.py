"""Keeps two capture daemons from working on the same data folder: each would migrate and purge for itself."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from alpr_edge.domain.errors import StoreError
from alpr_edge.runtime.durable_files import PRIVATE_DIRECTORY
from alpr_edge.runtime.file_lock import exclusive_lock, open_lock_file
from alpr_edge.runtime.io_errors import io_errors

LOCK_NAME = "run.lock"


@contextmanager
def instance_lock(data_directory: Path) -> Iterator[None]:
    """Lock the data folder for this process.

    Raises:
        StoreError: another process holds it.
    """
    with io_errors(f"{data_directory}: cannot be used", StoreError):
        data_directory.mkdir(mode=PRIVATE_DIRECTORY, parents=True, exist_ok=True)
        descriptor = open_lock_file(data_directory / LOCK_NAME)
    with exclusive_lock(descriptor, f"{data_directory}: another alpr-edge run works on it; stop that one first"):
        yield


def is_locked(data_directory: Path) -> bool:
    """Whether a unit works on this data folder at present; False where that cannot be determined."""
    try:
        descriptor = os.open(data_directory / LOCK_NAME, os.O_RDWR | os.O_CLOEXEC)
    except OSError:
        return False
    try:
        with exclusive_lock(descriptor, "another alpr-edge run works on it"):
            return False
    except StoreError:
        return True
