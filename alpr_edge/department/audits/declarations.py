"""What people declare for the audits: the plates of their own household, and the hours of a shift.

A plate stands as a keyed digest that differs from person to person, and is never shown again. One that was declared
stays declared, so that nobody takes one back before they search for it.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime
from enum import StrEnum

from pydantic import TypeAdapter
from sqlalchemy import Connection, func, insert, select

from alpr_edge.department.db.permanent_tables.audit_schema import audit_declarations
from alpr_edge.department.db.sealed_values import cipher_of
from alpr_edge.domain.audits.shifts import Shift

_DIGESTS, _SHIFT = TypeAdapter(tuple[str, ...]), TypeAdapter(Shift)


class DeclarationKind(StrEnum):
    """What is declared."""

    HOUSEHOLD = "household"
    SHIFT = "shift"


def add_household(connection: Connection, person_id: str, plates: Sequence[str], at: datetime) -> int:
    """Note the canonical plates of somebody's household; returns how many they declared by now."""
    digests = tuple(sorted({household_digest(connection, person_id, plate) for plate in plates}))
    _add(connection, person_id, DeclarationKind.HOUSEHOLD, _DIGESTS.dump_json(digests), at, person_id)
    return len(read_households(connection).get(person_id, frozenset()))


def add_shift(connection: Connection, person_id: str, shift: Shift, at: datetime, by: str) -> None:
    """Note somebody's shift; it holds from its first day on, in place of the one before."""
    _add(connection, person_id, DeclarationKind.SHIFT, _SHIFT.dump_json(shift), at, by)


def read_households(connection: Connection) -> Mapping[str, frozenset[str]]:
    """Digests of the plates that each person ever declared."""
    found: dict[str, set[str]] = defaultdict(set)
    for person_id, body in _read(connection, DeclarationKind.HOUSEHOLD):
        found[person_id].update(_DIGESTS.validate_json(body))
    return {person_id: frozenset(digests) for person_id, digests in found.items()}


def read_shifts(connection: Connection) -> Mapping[str, Sequence[Shift]]:
    """The shifts of each person, in the order in which they were declared."""
    found: dict[str, list[Shift]] = defaultdict(list)
    for person_id, body in _read(connection, DeclarationKind.SHIFT):
        found[person_id].append(_SHIFT.validate_json(body))
    return dict(found)


def household_digest(connection: Connection, person_id: str, plate: str) -> str:
    """What stands for a canonical plate of somebody's household."""
    return cipher_of(connection).digest(f"household/{person_id}/{plate}")


def _add(connection: Connection, person_id: str, kind: DeclarationKind, body: bytes, at: datetime, by: str) -> None:
    number = connection.scalar(select(func.count()).select_from(audit_declarations)) or 0
    row = {"number": number, "person_id": person_id, "kind": kind.value, "at": at, "by": by}
    sealed = cipher_of(connection).seal(body, _place(number, person_id, kind))
    connection.execute(insert(audit_declarations).values(**row, body=sealed))


def _read(connection: Connection, kind: DeclarationKind) -> list[tuple[str, bytes]]:
    row, cipher = audit_declarations.c, cipher_of(connection)
    query = select(row.number, row.person_id, row.body).where(row.kind == kind.value).order_by(row.number)
    return [
        (person_id, cipher.open(body, _place(number, person_id, kind)))
        for number, person_id, body in connection.execute(query)
    ]


def _place(number: int, person_id: str, kind: DeclarationKind) -> str:
    """What a declaration is sealed for."""
    return f"audit_declarations/{number}/{person_id}/{kind.value}"
