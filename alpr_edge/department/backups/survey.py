"""What a database holds: rows and digests of its tables, and the roots of its logs; the same on every engine.

SQLite is copied as it was at one moment, so a restored database has to be equal. A base backup of PostgreSQL holds some
moment between its begin and its end: tables that nobody wrote meanwhile have to be equal, the others lie between, the
items that had arrived before are all there, and each log begins with what it was. Of tables whose rows come and go
nothing can be said of a moment in between.
"""

import hashlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Row, func, literal, select

from alpr_edge.department.backups.file_list import Tick
from alpr_edge.department.backups.manifest import LogRoot, SettledItems, TableState
from alpr_edge.department.copying.tables import TableDigest, damaged_bodies, digest_of, digest_table, plain_tables
from alpr_edge.department.db.people_schema import (
    people_failures,
    people_locks,
    people_saved_searches,
    people_sessions,
)
from alpr_edge.department.db.retention_schema import leases, picture_removals
from alpr_edge.department.db.revisions import stamped_version
from alpr_edge.department.db.schema import items, unit_logs
from alpr_edge.department.retention.deletion_log import logged_runs
from alpr_edge.department.unit_logs.trees import LogIdentity, StoredTree
from alpr_edge.domain.collection.deletion_runs import root_of
from alpr_edge.domain.errors import StoreError
from alpr_edge.domain.protocol.items import ItemKind

SETTLE_TIME = timedelta(minutes=6)
"""Longer than a transaction of a batch may last: an item received so long ago is committed, or never will be."""
DIGESTS_AT_ONCE = 500
PASSING_TABLES = frozenset(
    table.name
    for table in (leases, people_failures, people_locks, people_saved_searches, people_sessions, picture_removals)
)
"""Tables whose rows come and go while a department is served."""
OpenReading = Callable[[], AbstractContextManager[Connection]]
"""Opens a transaction that reads, at one moment."""


@dataclass(frozen=True, slots=True)
class Survey:
    """What a database holds at one moment."""

    version: int
    damaged_bodies: int
    tables: tuple[TableDigest, ...]
    settled: SettledItems
    logs: tuple[LogRoot, ...]


def survey(connection: Connection, before: datetime, tick: Tick) -> Survey:
    """Read a whole database.

    Args:
        before: items received before that moment are counted as settled; UTC, without a zone.
    """
    counted = _ItemCounts(before)
    tables = plain_tables()
    total = sum(connection.scalar(select(func.count()).select_from(table)) or 0 for table in tables)
    digests, done = [], 0
    for table in tables:

        def see(rows: Sequence[Row[Any]], *, is_items: bool = table.name == items.name) -> None:
            nonlocal done
            done += len(rows)
            tick("rows", done, max(total, done))
            if is_items:
                counted.see(rows)
                counted.damaged += damaged_bodies(connection, items, rows)

        digests.append(digest_table(connection, table, see))
    return Survey(
        version=stamped_version(connection) or 0,
        damaged_bodies=counted.damaged,
        tables=tuple(digests),
        settled=counted.settled_items,
        logs=(_deletion_log(connection), *_unit_logs(connection)),
    )


def joined_states(first: Survey, last: Survey) -> tuple[TableState, ...]:
    """What the tables held while a backup was made, by what they held before and after."""
    return tuple(
        TableState(
            name=one.name,
            rows_min=min(one.rows, two.rows),
            rows_max=max(one.rows, two.rows),
            sha256=one.sha256 if one == two else None,
        )
        for one, two in zip(first.tables, last.tables, strict=True)
    )


def picture_digests(reading: OpenReading) -> Iterator[Sequence[str]]:
    """The pictures that a database names, each once and in order, some at a time."""
    last = ""
    while True:
        query = select(items.c.item_id).where(items.c.kind == ItemKind.IMAGE.value, items.c.item_id > literal(last))
        with reading() as connection:
            some = list(connection.scalars(query.distinct().order_by(items.c.item_id).limit(DIGESTS_AT_ONCE)))
        if not some:
            return
        yield some
        last = some[-1]


def picture_count(reading: OpenReading) -> int:
    """How many pictures a database names."""
    with reading() as connection:
        query = select(func.count(items.c.item_id.distinct())).where(items.c.kind == ItemKind.IMAGE.value)
        return connection.scalar(query) or 0


def log_faults(connection: Connection, states: Sequence[LogRoot]) -> list[str]:
    """Compare the logs of a restored database with what they were: each begins with the records that it had.

    The trees of units are made anew from the records, so that nothing has to be believed.
    """
    faults = []
    deletions = _deletion_log(connection)
    for state in states:
        identity = LogIdentity(state.unit_id, state.log_id)
        try:
            if not state.unit_id:
                is_same = deletions == state
            else:
                tree = StoredTree(connection, identity)
                is_same = state.root == tree.root(state.size).hex() == tree.root_of_records(state.size).hex()
        except StoreError:
            is_same = False
        if not is_same:
            name = f"access log {state.log_id} of {state.unit_id}" if state.unit_id else "record of deletions"
            faults.append(f"{name}: its root is not that of the backup")
    return faults


class _ItemCounts:
    """Adds up what is to be known of items."""

    def __init__(self, before: datetime) -> None:
        self._before = before
        self._whole = hashlib.sha256()
        self._rows = 0
        self.damaged = 0

    def see(self, rows: Sequence[Row[Any]]) -> None:
        for row in rows:
            if row.received_at < self._before:
                self._whole.update(digest_of(row))
                self._rows += 1

    @property
    def settled_items(self) -> SettledItems:
        return SettledItems(before=self._before, rows=self._rows, sha256=self._whole.hexdigest())


def _deletion_log(connection: Connection) -> LogRoot:
    records = [run.record for run in logged_runs(connection)]
    return LogRoot(unit_id="", log_id="", size=len(records), root=root_of(records).hex())


def _unit_logs(connection: Connection) -> Iterator[LogRoot]:
    query = select(unit_logs.c.unit_id, unit_logs.c.log_id, unit_logs.c.size)
    for row in connection.execute(query.order_by(unit_logs.c.unit_id, unit_logs.c.log_id)).all():
        root = StoredTree(connection, LogIdentity(row.unit_id, row.log_id)).root(row.size)
        yield LogRoot(unit_id=row.unit_id, log_id=row.log_id, size=row.size, root=root.hex())
