"""The lock of the lists' folder: one import, roll-back or removal at a time."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from alpr_edge.domain.errors import StoreError
from alpr_edge.hotlist.index.sealed_file import remove_leftovers
from alpr_edge.runtime.durable_files import give_to_owner_of, private_directory
from alpr_edge.runtime.file_lock import exclusive_lock, open_lock_file
from alpr_edge.runtime.io_errors import io_errors

_LOCK_FILE = ".import.lock"


@contextmanager
def import_lock(directory: Path) -> Iterator[None]:
    """Make the lists' folder and hold its lock.

    Raises:
        StoreError: another import runs, or the folder cannot be used.
    """
    make_lists_folder(directory)
    path = directory / _LOCK_FILE
    with io_errors(f"{path}: cannot be opened", StoreError):
        descriptor = open_lock_file(path)
    with exclusive_lock(descriptor, "another import runs; try again when it is done"):
        give_to_owner_of(directory, descriptor)
        remove_leftovers(directory)
        yield


def make_lists_folder(directory: Path) -> None:
    """Make the folder of the lists where there is none; root gives it to the owner of the data folder."""
    is_new = not directory.exists()
    private_directory(directory)
    if is_new:
        give_to_owner_of(directory.parent, directory)
