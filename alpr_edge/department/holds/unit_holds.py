"""Stores the holds that units send, with the transaction that stores their items."""

from typing import Any

from sqlalchemy import Connection
from sqlalchemy.dialects.sqlite import insert

from alpr_edge.department.db.database import naive_utc_now
from alpr_edge.department.db.hold_schema import held_reads, hold_releases, holds
from alpr_edge.domain.protocol.holds import HoldPayload, HoldReleasePayload
from alpr_edge.domain.protocol.items import ItemKind

_COLUMNS = ("hold_id", "origin", "kind", "subject_id", "case_number", "reason", "until", "person_id", "person")
"""Columns that have the names of the payload's fields."""


def take_in_hold_item(connection: Connection, unit_id: str, kind: ItemKind, body: bytes) -> None:
    """Store what a checked item says of a hold; a part that came before adds nothing.

    Args:
        connection: the connection of the transaction.
        unit_id: the unit that sent it.
        kind: what the item carries; of other kinds than those of holds nothing is stored.
        body: its body, which was checked.
    """
    if kind is ItemKind.HOLD:
        _take_in_part(connection, unit_id, HoldPayload.model_validate_json(body))
    elif kind is ItemKind.HOLD_RELEASE:
        released = HoldReleasePayload.model_validate_json(body)
        row = {name: getattr(released, name) for name in ("hold_id", "person_id", "person")}
        row |= {"unit_id": unit_id, "released": released.released.utc, "received_at": naive_utc_now()}
        connection.execute(insert(hold_releases).values(row).on_conflict_do_nothing())


def _take_in_part(connection: Connection, unit_id: str, part: HoldPayload) -> None:
    row: dict[str, Any] = {name: getattr(part, name) for name in _COLUMNS}
    row |= {"unit_id": unit_id, "made": part.made.utc, "received_at": naive_utc_now()}
    connection.execute(insert(holds).values(row).on_conflict_do_nothing())
    rows = [{"hold_id": part.hold_id, "unit_id": unit_id, "read_id": read_id} for read_id in part.read_ids]
    if rows:
        connection.execute(insert(held_reads).on_conflict_do_nothing(), rows)
