"""Checks records and checkpoints of a unit's access log before they are stored."""

from pydantic import ValidationError

from alpr_edge.department.ingest.ownership import Reference, log_reference
from alpr_edge.domain.access_log.records import origin_of, parse_record
from alpr_edge.domain.errors import AuditError
from alpr_edge.domain.protocol.access_log import (
    RECORD_PREFIX,
    CheckpointPayload,
    checkpoint_item_id,
    place_in,
    record_item_id,
)
from alpr_edge.domain.transparency.checkpoints import open_checkpoint
from alpr_edge.domain.transparency.notes import NoteKey


def fault_of(item_id: str, body: bytes, unit_id: str) -> str:
    """What is wrong with a record or a checkpoint, without any value of it; empty: nothing."""
    check = _record_fault if item_id.startswith(RECORD_PREFIX) else _checkpoint_fault
    return check(item_id, body, unit_id)


def references_of(item_id: str) -> tuple[Reference, ...]:
    """What a record or a checkpoint refers to: its log, which has to be of the unit that sends it."""
    place = place_in(item_id)
    return () if place is None else (log_reference(place.log_id),)


def _record_fault(item_id: str, body: bytes, unit_id: str) -> str:
    try:
        record = parse_record(body)
    except AuditError as error:
        return str(error)
    if record.unit_id != unit_id:
        return "unit_id: not that of the connection"
    return "" if record_item_id(record.log_id, record.sequence) == item_id else "sequence: not that of the item"


def _checkpoint_fault(item_id: str, body: bytes, unit_id: str) -> str:
    """What is wrong with a checkpoint by itself; whether its root is right is judged later."""
    try:
        payload = CheckpointPayload.model_validate_json(body)
        checkpoint = open_checkpoint(payload.note, NoteKey.parse(payload.key))
    except ValidationError as error:
        return f"body: {error.errors(include_url=False, include_context=False, include_input=False)[0]['type']}"
    except AuditError as error:
        return str(error)
    if payload.unit_id != unit_id:
        return "unit_id: not that of the connection"
    if checkpoint.origin != origin_of(payload.log_id) or checkpoint.size != payload.size:
        return "note: about another log or size than the item"
    is_named = checkpoint_item_id(payload.log_id, checkpoint.size, checkpoint.root) == item_id
    return "" if is_named and checkpoint.size else "item id: not that of the checkpoint"
