"""Checks that an item refers only to reads and hits of the unit that sent it.

The id of a read or a hit begins with its unit and a colon, which no unit's id holds. Ids of older units are without
them: there the department looks up which unit sent the read or hit of that id.
"""

from dataclasses import dataclass

from sqlalchemy import Column, Connection, select

from alpr_edge.department.db.schema import hits, reads


@dataclass(frozen=True, slots=True)
class Reference:
    """A reference of an item to a read or a hit that travels by itself."""

    field: str
    """The field of the item."""
    column: Column[str]
    """The column it refers to: ``reads.read_id`` or ``hits.hit_id``."""
    value: str


def read_reference(field: str, read_id: str) -> Reference:
    """Reference to a read."""
    return Reference(field, reads.c.read_id, read_id)


def hit_reference(field: str, hit_id: str) -> Reference:
    """Reference to a hit."""
    return Reference(field, hits.c.hit_id, hit_id)


def may_name(unit_id: str, identity: str) -> bool:
    """Whether an id, by its form, may be one of this unit: it begins with the unit, or names none."""
    owner, colon, _ = identity.partition(":")
    return not colon or owner == unit_id


def is_foreign(connection: Connection, unit_id: str, reference: Reference) -> bool:
    """Whether what an item refers to is stored here, and belongs to other units alone."""
    owner = reference.column.table.c.unit_id
    owners = set(connection.scalars(select(owner).where(reference.column == reference.value)))
    return bool(owners) and unit_id not in owners
