"""Stores the sync state of each list: what was downloaded, what was imported, and why not.

The uplink writes what it fetched, the unit what it imported: each its own columns of one row, so that neither
overwrites what the other wrote.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.dialects.sqlite import insert

from alpr_edge.store.db.database import Database
from alpr_edge.store.db.schema import list_sync

Marks = Mapping[str, list[int]]
"""Names of files, each with its time of change in ns and its size in bytes."""
FAILURE_MAX = 300
REFUSED_LIST = "/"
"""The name, no file's, under which the marks have the complete list that was refused since one was imported last: its
place among the feeds, which is its file's time of change in ns or its serial at the department, and its file's size in
bytes, 0 of a download."""
REFUSED_CHANGE = "//"
"""The name, no file's, under which the marks have the changes by the department that were refused and that the list
lacks: the serials of the newest and of the oldest."""


@dataclass(frozen=True, slots=True)
class SyncState:
    """The sync state of one source."""

    source: str
    etag: str = ""
    """The server's ETag of the list downloaded last."""
    modified: str = ""
    """The server's date (Last-Modified) of that list."""
    serial: int = 0
    """The department's serial of the list imported or refused last; 0: the next complete one is wanted."""
    newest: int = 0
    """The newest serial that the department reported."""
    asked: datetime | None = None
    """When the server last confirmed that there is nothing newer, UTC."""
    fetch_failure: str = ""
    """Why the last request to the server failed; empty when it did not."""
    marks: Marks = field(default_factory=dict)
    """The files of the drop folder that were imported or refused."""
    taken: datetime | None = None
    """When a list was last imported, UTC."""
    take_failure: str = ""
    """Why the last list was not imported; empty when it was."""

    @property
    def refused_place(self) -> int | None:
        """Place of the complete list that stands refused (:data:`REFUSED_LIST`); None: none does."""
        return next(iter(self.marks.get(REFUSED_LIST, ())), None)


def state_of(database: Database, source: str) -> SyncState:
    """The sync state of a source; empty when it was never looked for."""
    with database.read() as connection:
        row = connection.execute(select(list_sync).where(list_sync.c.source == source)).mappings().one_or_none()
    return SyncState(source) if row is None else SyncState(**row)


def note(database: Database, source: str, **values: Any) -> None:  # noqa: ANN401 - columns of several types
    """Write some of a source's columns, named as in :class:`SyncState`, and leave the others."""
    for name in ("fetch_failure", "take_failure"):
        if name in values:
            values[name] = values[name][:FAILURE_MAX]
    statement = insert(list_sync).values(source=source, **values)
    with database.write() as connection:
        connection.execute(statement.on_conflict_do_update(index_elements=["source"], set_=values))
