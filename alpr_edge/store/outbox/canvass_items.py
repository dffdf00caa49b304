"""Puts canvasses and their ends into the outbox, inside the transaction that stores them."""

from datetime import datetime

from sqlalchemy import Connection
from sqlalchemy.dialects.sqlite import insert

from alpr_edge.domain.canvass.canvass import Canvass, CanvassEnd
from alpr_edge.domain.protocol.canvass import (
    canvass_end_item_id,
    canvass_end_payload,
    canvass_item_id,
    canvass_payload,
)
from alpr_edge.domain.protocol.items import ItemKind, Urgency, encode
from alpr_edge.store.db.schema import outbox
from alpr_edge.store.outbox.enqueue import body_row


def queue_canvass(connection: Connection, canvass: Canvass, unit_id: str) -> None:
    """Queue a canvass that was started."""
    body = encode(canvass_payload(canvass, unit_id))
    _queue(connection, canvass_item_id(canvass.canvass_id), ItemKind.CANVASS, body, canvass.started.utc)


def queue_canvass_end(connection: Connection, canvass_id: str, end: CanvassEnd, unit_id: str, read_count: int) -> None:
    """Queue the end of a canvass, behind the canvass."""
    body = encode(canvass_end_payload(canvass_id, end, unit_id, read_count))
    _queue(connection, canvass_end_item_id(canvass_id), ItemKind.CANVASS_END, body, end.at.utc)


def _queue(connection: Connection, item_id: str, kind: ItemKind, body: bytes, created_at: datetime | None) -> None:
    row = body_row(item_id, kind, Urgency.ACCESS, body, created_at)
    connection.execute(insert(outbox).values(row).on_conflict_do_nothing(index_elements=["item_id"]))
