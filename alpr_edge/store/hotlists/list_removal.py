"""Removes a source's list from a unit: its generations, their sealed files and the state of its sync."""

from pathlib import Path

from sqlalchemy import delete

from alpr_edge.domain.errors import StoreError
from alpr_edge.runtime.io_errors import io_errors
from alpr_edge.store.db.database import Database
from alpr_edge.store.db.schema import generations, list_sync
from alpr_edge.store.hotlists.generations import StoredGeneration, all_generations, forget_oldest


def remove_list(database: Database, source: str, directory: Path) -> list[StoredGeneration]:
    """Remove the rows of a source in one transaction, and then its sealed files.

    What the sync knew of it goes too: a source that the settings still name is downloaded and imported from its
    beginning. A crash in between leaves files without a row, which the next call removes.

    Returns:
        The generations that were removed, newest first.

    Raises:
        StoreError: the rows or the files cannot be removed.
    """
    rows = all_generations(database, source)
    with database.write() as connection:
        connection.execute(delete(generations).where(generations.c.source == source))
        connection.execute(delete(list_sync).where(list_sync.c.source == source))
    with io_errors(f"{directory}: the files of list {source} cannot be removed", StoreError):
        forget_oldest(database, source, directory)
    return rows
