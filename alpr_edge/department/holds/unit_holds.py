"""Stores the holds that units send, with the transaction that stores their items."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection

from alpr_edge.department.db.database import naive_utc_now
from alpr_edge.department.db.hold_schema import held_reads, hold_releases, holds
from alpr_edge.department.db.statements import insert_once
from alpr_edge.domain.protocol.holds import HoldPayload, HoldReleasePayload
from alpr_edge.domain.protocol.items import ItemKind

_COLUMNS = ("hold_id", "origin", "kind", "subject_id", "case_number", "reason", "until", "person_id", "person")
"""Columns that have the names of the payload's fields."""


def take_in_hold_items(connection: Connection, unit_id: str, new: Sequence[tuple[ItemKind, bytes]]) -> None:
    """Store what checked items say of holds; a part that came before adds nothing."""
    parts = [HoldPayload.model_validate_json(body) for kind, body in new if kind is ItemKind.HOLD]
    released = [HoldReleasePayload.model_validate_json(body) for kind, body in new if kind is ItemKind.HOLD_RELEASE]
    insert_once(connection, holds, [_hold_row(unit_id, part) for part in parts])
    rows = [
        {"hold_id": part.hold_id, "unit_id": unit_id, "read_id": read_id} for part in parts for read_id in part.read_ids
    ]
    insert_once(connection, held_reads, rows)
    insert_once(connection, hold_releases, [_release_row(unit_id, each) for each in released])


def _hold_row(unit_id: str, part: HoldPayload) -> dict[str, Any]:
    row: dict[str, Any] = {name: getattr(part, name) for name in _COLUMNS}
    return row | {"unit_id": unit_id, "made": part.made.utc, "received_at": naive_utc_now()}


def _release_row(unit_id: str, released: HoldReleasePayload) -> dict[str, Any]:
    row: dict[str, Any] = {name: getattr(released, name) for name in ("hold_id", "person_id", "person")}
    row["reason"] = released.reason or None
    return row | {"unit_id": unit_id, "released": released.released.utc, "received_at": naive_utc_now()}
