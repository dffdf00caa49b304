"""Locks between processes, on files and folders; the kernel frees them when the process that holds one dies."""

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from alpr_edge.domain.errors import StoreError
from alpr_edge.runtime.durable_files import PRIVATE_FILE

_POLL_S = 0.05


def open_lock_file(path: Path) -> int:
    """Open a file to be locked, made (mode 0600) when missing; returns its descriptor. Raises OSError."""
    return os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, PRIVATE_FILE)


@contextmanager
def exclusive_lock(descriptor: int, busy: str, *, wait_s: float = 0.0) -> Iterator[None]:
    """Hold a file or folder for this process alone while the block runs.

    Raises:
        StoreError: another process holds it, or the file system grants no lock.
    """
    try:
        _acquire(descriptor, busy, wait_s)
        yield
    finally:
        os.close(descriptor)


def _acquire(descriptor: int, busy: str, wait_s: float) -> None:
    deadline_s = time.monotonic() + wait_s
    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() >= deadline_s:
                raise StoreError(busy) from None
            time.sleep(_POLL_S)
        except OSError as error:
            raise StoreError(f"the file system grants no lock: {error.strerror}") from None
        else:
            return
