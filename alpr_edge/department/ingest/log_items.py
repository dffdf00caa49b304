"""Checks records and checkpoints of a unit's access log before they are stored."""

from pydantic import ValidationError

from alpr_edge.department.ingest.ownership import Reference, log_reference
from alpr_edge.department.ingest.part_checks import PartError
from alpr_edge.domain.access_log.records import origin_of, parse_record
from alpr_edge.domain.errors import AuditError
from alpr_edge.domain.log_proofs.checkpoints import open_checkpoint
from alpr_edge.domain.log_proofs.notes import NoteKey
from alpr_edge.domain.protocol.access_log import (
    RECORD_PREFIX,
    CheckpointPayload,
    checkpoint_item_id,
    place_in,
    record_item_id,
)


def unit_in(item_id: str, body: bytes) -> str:
    """The unit that a record or a checkpoint says it is of."""
    return _unit_of_record(item_id, body) if item_id.startswith(RECORD_PREFIX) else _unit_of_checkpoint(item_id, body)


def references_of(item_id: str) -> tuple[Reference, ...]:
    """What a record or a checkpoint refers to: its log, which has to be of the unit that sends it."""
    place = place_in(item_id)
    return () if place is None else (log_reference(place.log_id),)


def _unit_of_record(item_id: str, body: bytes) -> str:
    try:
        record = parse_record(body)
    except AuditError as error:
        raise PartError(422, str(error)) from None
    if record_item_id(record.log_id, record.sequence) != item_id:
        raise PartError(422, "sequence: not that of the item")
    return record.unit_id


def _unit_of_checkpoint(item_id: str, body: bytes) -> str:
    """The unit of a checkpoint that is right by itself; whether its root is right is judged later."""
    try:
        payload = CheckpointPayload.model_validate_json(body)
        checkpoint = open_checkpoint(payload.note, NoteKey.parse(payload.key))
    except ValidationError as error:
        first = error.errors(include_url=False, include_context=False, include_input=False)[0]
        raise PartError(422, f"body: {first['type']}") from None
    except AuditError as error:
        raise PartError(422, str(error)) from None
    if checkpoint.origin != origin_of(payload.log_id) or checkpoint.size != payload.size:
        raise PartError(422, "note: about another log or size than the item")
    if checkpoint_item_id(payload.log_id, checkpoint.size, checkpoint.root) != item_id or not checkpoint.size:
        raise PartError(422, "item id: not that of the checkpoint")
    return payload.unit_id
