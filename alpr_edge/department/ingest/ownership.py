"""Checks that an item refers only to reads, hits and access logs of the unit that sent it.

The id of a read or a hit begins with its unit and a colon, which no unit's id holds. Ids of older units, and those of
logs, are without them: there the department looks up which unit sent the read, hit or log of that id.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import Column, Connection, select

from alpr_edge.department.db.schema import hits, reads, unit_logs
from alpr_edge.domain.protocol.items import ItemKind

ASKED_AT_ONCE = 500
"""Most values that one query names."""
ID_CHARACTERS_MAX = 128
"""Of an item, and so of a read or a hit."""
_COLUMNS = {ItemKind.READ: reads.c.read_id, ItemKind.HIT: hits.c.hit_id}
"""What the id of an item of a kind is referred to by."""


@dataclass(frozen=True, slots=True)
class Reference:
    """A reference of an item to a read or a hit that travels by itself, or to the log that it is of."""

    field: str
    """The field of the item."""
    column: Column[str]
    """The column it refers to: ``reads.read_id``, ``hits.hit_id`` or ``unit_logs.log_id``."""
    value: str


def read_reference(field: str, read_id: str) -> Reference:
    return Reference(field, reads.c.read_id, read_id)


def hit_reference(field: str, hit_id: str) -> Reference:
    return Reference(field, hits.c.hit_id, hit_id)


def log_reference(log_id: str) -> Reference:
    """Reference of a record or a checkpoint to the access log that it is of."""
    return Reference("log_id", unit_logs.c.log_id, log_id)


def may_name(unit_id: str, identity: str) -> bool:
    """Whether an id, by its form, may be one of this unit: it begins with the unit, or names none."""
    owner, colon, _ = identity.partition(":")
    return not colon or owner == unit_id


def form_fault(unit_id: str, reference: Reference) -> str:
    """What is wrong with a reference by its form alone; empty: nothing."""
    if len(reference.value) > ID_CHARACTERS_MAX:
        return "longer than an id"
    return "" if may_name(unit_id, reference.value) else "of another unit"


class Owners:
    """Which units stored the reads, hits and logs that a batch refers to."""

    def __init__(self) -> None:
        self._units: defaultdict[tuple[Column[str], str], set[str]] = defaultdict(set)

    def add(self, unit_id: str, kind: ItemKind, item_id: str) -> None:
        """Note a read or a hit that a unit stores now; items of other kinds are passed over."""
        column = _COLUMNS.get(kind)
        if column is not None:
            self.note(column, item_id, unit_id)

    def note(self, column: Column[str], value: str, unit_id: str) -> None:
        """Note a read, a hit or a log of a unit by the column and the value that refer to it."""
        self._units[column, value].add(unit_id)

    def are_foreign(self, unit_id: str, reference: Reference) -> bool:
        """Whether what an item refers to is stored, and belongs to other units alone."""
        owners = self._units.get((reference.column, reference.value))
        return owners is not None and unit_id not in owners


def find_owners(connection: Connection, references: Iterable[Reference]) -> Owners:
    """Look up which units stored what a batch refers to."""
    values: defaultdict[Column[str], set[str]] = defaultdict(set)
    for reference in references:
        values[reference.column].add(reference.value)
    owners = Owners()
    for column, some in values.items():
        ids = sorted(some)
        for start in range(0, len(ids), ASKED_AT_ONCE):
            is_asked = column.in_(ids[start : start + ASKED_AT_ONCE])
            for value, unit_id in connection.execute(select(column, column.table.c.unit_id).where(is_asked)):
                owners.note(column, value, unit_id)
    return owners
