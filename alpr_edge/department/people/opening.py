"""Opens the database of a department that exists, for what is done to its people."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from alpr_edge.department.db.database import DepartmentDatabase


@contextmanager
def open_database(directory: Path) -> Iterator[DepartmentDatabase]:
    """Open the database of a department that exists.

    Raises:
        DepartmentError: there is none.
        StoreError: it cannot be opened.
    """
    database = DepartmentDatabase(directory, create=False)
    try:
        yield database
    finally:
        database.close()
