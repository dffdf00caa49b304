"""How the sync of each list stands: what was fetched, what was taken in, and why not.

The uplink writes what it fetched, the unit what it took in: each its own columns of one row, so that neither undoes
the other's word.
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
"""File name to its time of change in ns and its size in bytes."""
FAILURE_MAX = 300


@dataclass(frozen=True, slots=True)
class SyncState:
    """One source."""

    source: str
    etag: str = ""
    """The server's mark of the list fetched last; and its date:"""
    modified: str = ""
    serial: int = 0
    """The department's serial of the list dealt with last; 0: the next complete one is wanted."""
    newest: int = 0
    """The newest serial that the department told of."""
    asked: datetime | None = None
    """When the server last said that nothing newer is there, UTC."""
    fetch_failure: str = ""
    """Why the last look at the server failed; empty when it did not."""
    marks: Marks = field(default_factory=dict)
    """The files of the watched folder that are dealt with."""
    taken: datetime | None = None
    """When a list was last taken in, UTC."""
    take_failure: str = ""
    """Why the last list was not taken in; empty when it was."""


def state_of(database: Database, source: str) -> SyncState:
    """How a source stands; nothing yet when it was never looked for."""
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
