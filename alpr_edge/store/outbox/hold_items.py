"""Puts holds and their releases into the outbox, inside the transaction that stores them."""

from collections.abc import Sequence

from sqlalchemy import Connection

from alpr_edge.domain.holds.hold import Hold, HoldRelease
from alpr_edge.domain.protocol.holds import (
    hold_item_id,
    hold_payload,
    hold_release_item_id,
    hold_release_payload,
)
from alpr_edge.domain.protocol.items import ItemKind, Urgency, encode
from alpr_edge.store.outbox.enqueue import body_row, queue_once


def queue_hold_part(connection: Connection, hold: Hold, read_ids: Sequence[str], unit_id: str) -> None:
    """Queue a part of a hold; one that is queued already stays as it is."""
    body = encode(hold_payload(hold, unit_id, read_ids))
    item_id = hold_item_id(hold.hold_id, read_ids)
    queue_once(connection, body_row(item_id, ItemKind.HOLD, Urgency.ACCESS, body, hold.made.utc))


def queue_hold_release(connection: Connection, hold_id: str, unit_id: str, release: HoldRelease) -> None:
    """Queue the release of a hold, behind the hold."""
    body = encode(hold_release_payload(hold_id, unit_id, release))
    item_id = hold_release_item_id(hold_id)
    queue_once(connection, body_row(item_id, ItemKind.HOLD_RELEASE, Urgency.ACCESS, body, release.at.utc))
