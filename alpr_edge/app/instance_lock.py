"""Keeps two units from working on the same data: each would migrate, purge and number for itself."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from alpr_edge.domain.errors import StoreError


@contextmanager
def instance_lock(data_directory: Path) -> Iterator[None]:
    """Lock the data folder for this process.

    Raises:
        StoreError: another process holds it.
    """
    try:
        data_directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        descriptor = os.open(data_directory / "run.lock", os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise StoreError(f"{data_directory}: cannot be used: {error.strerror}") from None
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(descriptor)
        raise StoreError(f"{data_directory}: another alpr-edge run works on it; stop that one first") from None
    try:
        yield
    finally:
        os.close(descriptor)


def is_locked(data_directory: Path) -> bool:
    """Whether a unit works on this data folder at present; False where that cannot be determined."""
    try:
        descriptor = os.open(data_directory / "run.lock", os.O_RDWR | os.O_CLOEXEC)
    except OSError:
        return False
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return True
    finally:
        os.close(descriptor)
    return False
