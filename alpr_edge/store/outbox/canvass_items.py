"""Puts canvasses and their ends into the outbox, inside the transaction that stores them."""

from sqlalchemy import Connection

from alpr_edge.domain.canvass.canvass import Canvass, CanvassEnd
from alpr_edge.domain.protocol.canvass import (
    canvass_end_item_id,
    canvass_end_payload,
    canvass_item_id,
    canvass_payload,
)
from alpr_edge.domain.protocol.items import ItemKind, Urgency, encode
from alpr_edge.store.outbox.enqueue import body_row, queue_once


def queue_canvass(connection: Connection, canvass: Canvass, unit_id: str) -> None:
    """Queue a canvass that was started."""
    body = encode(canvass_payload(canvass, unit_id))
    item_id = canvass_item_id(canvass.canvass_id)
    queue_once(connection, body_row(item_id, ItemKind.CANVASS, Urgency.ACCESS, body, canvass.started.utc))


def queue_canvass_end(connection: Connection, canvass_id: str, end: CanvassEnd, unit_id: str, read_count: int) -> None:
    """Queue the end of a canvass, behind the canvass."""
    body = encode(canvass_end_payload(canvass_id, end, unit_id, read_count))
    item_id = canvass_end_item_id(canvass_id)
    queue_once(connection, body_row(item_id, ItemKind.CANVASS_END, Urgency.ACCESS, body, end.at.utc))
