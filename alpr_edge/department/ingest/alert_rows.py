"""Checks what a unit told an officer of a hit, an alert, its late tone or its withdrawal, and makes the row of it."""

from typing import Any

from alpr_edge.department.ingest.part_checks import parse, same
from alpr_edge.domain.protocol.hits import (
    AlertPayload,
    LateTonePayload,
    WithdrawalPayload,
    alert_item_id,
    late_tone_item_id,
    withdrawal_item_id,
)

_ALERT_COLUMNS = ("hit_id", "read_id", "unit_id", "level", "tone", "phrase", "list_age")
_COLUMNS = ("hit_id", "read_id", "unit_id")
"""Columns that have the names of the payload's fields, likewise those of an alert."""


def alert_row(item_id: str, body: bytes, unit_id: str) -> dict[str, Any]:
    payload = parse(AlertPayload, body)
    same("hit_id", alert_item_id(payload.hit_id), item_id)
    same("unit_id", payload.unit_id, unit_id)
    row = {name: getattr(payload, name) for name in _ALERT_COLUMNS}
    return row | {"is_sounded": payload.sounded is not None, "sounded": payload.sounded and payload.sounded.utc}


def late_tone_row(item_id: str, body: bytes, unit_id: str) -> dict[str, Any]:
    """The row of a late tone; as :func:`alert_row`."""
    payload = parse(LateTonePayload, body)
    same("hit_id", late_tone_item_id(payload.hit_id), item_id)
    same("unit_id", payload.unit_id, unit_id)
    return {name: getattr(payload, name) for name in _COLUMNS} | {"sounded": payload.sounded.utc}


def withdrawal_row(item_id: str, body: bytes, unit_id: str) -> dict[str, Any]:
    """The row of a withdrawal; as :func:`alert_row`."""
    payload = parse(WithdrawalPayload, body)
    same("hit_id", withdrawal_item_id(payload.hit_id), item_id)
    same("unit_id", payload.unit_id, unit_id)
    return {name: getattr(payload, name) for name in _COLUMNS} | {"withdrawn": payload.withdrawn.utc}
