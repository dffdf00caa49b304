"""The Merkle tree over the records of one unit's log, as far as they arrived without a gap.

Records may arrive in any order; each lies in ``items``, by its number. The tree takes them in their order, and stops at
the first that is missing.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import takewhile
from typing import Any

from sqlalchemy import ColumnElement, Connection, func, select, update

from alpr_edge.department.db.day_keys.item_bodies import open_bodies, select_bodies
from alpr_edge.department.db.schema import items, unit_log_nodes, unit_logs
from alpr_edge.department.db.statements import insert_many
from alpr_edge.domain.errors import StoreError
from alpr_edge.domain.log_proofs.merkle import CompactRange, hash_leaf, nodes_of_append, range_root
from alpr_edge.domain.protocol.access_log import record_id_range, record_item_id

ADVANCE_MAX = 2000
"""Most records that one batch lets a tree grow by: those of the largest batch, and what waited for them."""
BODIES_AT_ONCE = 100


@dataclass(frozen=True, slots=True)
class LogIdentity:
    """Which log it is."""

    unit_id: str
    log_id: str


class StoredTree:
    """The tree of one log, inside a transaction.

    Args:
        connection: the connection of a transaction that may write.
    """

    def __init__(self, connection: Connection, log: LogIdentity) -> None:
        self._connection = connection
        self._log = log
        self._added: dict[tuple[int, int], bytes] = {}
        """Nodes of this transaction, by level and place."""

    def advance(self, size: int, tell: Callable[[int, bytes], None]) -> int:
        """Take in the records that follow; returns the new size.

        Args:
            tell: receives the number and the bytes of each.
        """
        end, rows = size + ADVANCE_MAX, list[dict[str, Any]]()
        while bodies := self._bodies(size, min(BODIES_AT_ONCE, end - size)):
            for body in bodies:
                tell(size, body)
                for node in nodes_of_append(self.read_node, size, hash_leaf(body)):
                    self._added[node.level, node.place] = node.value
                    rows.append({**self._owner, "level": node.level, "place": node.place, "value": node.value})
                size += 1
        insert_many(self._connection, unit_log_nodes, rows)
        of_log = (unit_logs.c.unit_id == self._log.unit_id) & (unit_logs.c.log_id == self._log.log_id)
        self._connection.execute(update(unit_logs).where(of_log).values(size=size))
        return size

    def root(self, size: int) -> bytes:
        return range_root(self.read_node, 0, size)

    def root_of_records(self, size: int) -> bytes:
        """Root of the tree over the first records, made anew from what is stored of them."""
        tree = CompactRange()
        while tree.size < size:
            bodies = self._bodies(tree.size, min(BODIES_AT_ONCE, size - tree.size))
            if not bodies:
                raise StoreError(
                    f"record {tree.size} of {self._log.unit_id}'s access log is missing; restore the database"
                )
            for body in bodies:
                tree.append(hash_leaf(body))
        return tree.root

    def read_node(self, level: int, place: int) -> bytes:
        """The hash of a complete subtree."""
        if (level, place) in self._added:
            return self._added[level, place]
        nodes = unit_log_nodes.c
        query = select(nodes.value).where(
            nodes.unit_id == self._log.unit_id,
            nodes.log_id == self._log.log_id,
            nodes.level == level,
            nodes.place == place,
        )
        value = self._connection.scalar(query)
        if value is None:
            raise StoreError(f"the tree of {self._log.unit_id}'s access log lacks a node; restore the database")
        return bytes(value)

    @property
    def _owner(self) -> dict[str, str]:
        return {"unit_id": self._log.unit_id, "log_id": self._log.log_id}

    def _bodies(self, first: int, count: int) -> list[bytes]:
        """The records from a number on that are here without a gap, some of them."""
        found = record_bodies(self._connection, self._log, first, first + count)
        return [found[sequence] for sequence in takewhile(found.__contains__, range(first, first + count))]


def record_bodies(connection: Connection, log: LogIdentity, first: int, end: int) -> dict[int, bytes]:
    """The records of a log that are here and open, by their numbers.

    Args:
        first: the least number.
    """
    numbers = _record_numbers(log, first, end)
    rows = connection.execute(select_bodies().where(_are_items(log, numbers))).all()
    bodies = open_bodies(connection, rows)
    return {numbers[row.item_id]: body for row, body in zip(rows, bodies, strict=True) if body}


def record_arrivals(connection: Connection, log: LogIdentity, first: int, end: int) -> dict[int, datetime]:
    """When the records of a log that are here arrived, by their numbers and by this server's clock.

    Args:
        first: the least number.
    """
    numbers = _record_numbers(log, first, end)
    query = select(items.c.item_id, items.c.received_at).where(_are_items(log, numbers))
    return {numbers[row.item_id]: row.received_at.replace(tzinfo=UTC) for row in connection.execute(query)}


def _record_numbers(log: LogIdentity, first: int, end: int) -> dict[str, int]:
    """The numbers of records by the ids of their items."""
    return {record_item_id(log.log_id, sequence): sequence for sequence in range(first, end)}


def _are_items(log: LogIdentity, item_ids: Iterable[str]) -> ColumnElement[bool]:
    """Whether items are some of a log's unit."""
    return items.c.item_id.in_(list(item_ids)) & (items.c.unit_id == log.unit_id)


def count_waiting_records(connection: Connection, log: LogIdentity, size: int) -> int:
    """How many records of a log are here that wait for one before them.

    The primary key alone answers it: the condition on the unit is inside the count, or SQLite would choose the index
    of all items of the unit.
    """
    first, end = record_id_range(log.log_id)
    next_id = record_item_id(log.log_id, size)
    length = func.length(items.c.item_id)
    # Numbers have no zeros before them: the longer one is greater.
    is_behind = (length > len(next_id)) | ((length == len(next_id)) & (items.c.item_id >= next_id))
    count = func.count().filter((items.c.unit_id == log.unit_id) & is_behind)
    return connection.execute(select(count).where(items.c.item_id >= first, items.c.item_id < end)).scalar_one()
