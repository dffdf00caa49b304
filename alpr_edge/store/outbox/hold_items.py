"""Puts holds and their releases into the outbox, inside the transaction that stores them."""

from collections.abc import Sequence

from sqlalchemy import Connection, delete
from sqlalchemy.dialects.sqlite import insert

from alpr_edge.domain.holds.hold import Hold, HoldPerson
from alpr_edge.domain.instants import Instant
from alpr_edge.domain.protocol.holds import (
    HOLD_PREFIX,
    RELEASE_PREFIX,
    hold_item_id,
    hold_payload,
    hold_release_item_id,
    hold_release_payload,
)
from alpr_edge.domain.protocol.items import ItemKind, Urgency, encode
from alpr_edge.store.db.database import Database
from alpr_edge.store.db.schema import outbox
from alpr_edge.store.outbox.enqueue import body_row

_BEHIND = ";"
"""The character behind the colon: what begins with a prefix sorts before it."""


def queue_hold_part(connection: Connection, hold: Hold, read_ids: Sequence[str], unit_id: str) -> None:
    """Queue a part of a hold; one that is queued already stays as it is."""
    body = encode(hold_payload(hold, unit_id, read_ids))
    item_id = hold_item_id(hold.hold_id, read_ids)
    row = body_row(item_id, ItemKind.HOLD, Urgency.ACCESS, body, hold.made.utc)
    connection.execute(insert(outbox).values(row).on_conflict_do_nothing(index_elements=["item_id"]))


def queue_hold_release(connection: Connection, hold_id: str, unit_id: str, by: HoldPerson, released: Instant) -> None:
    """Queue the release of a hold, behind the hold."""
    body = encode(hold_release_payload(hold_id, unit_id, by, released))
    row = body_row(hold_release_item_id(hold_id), ItemKind.HOLD_RELEASE, Urgency.ACCESS, body, released.utc)
    connection.execute(insert(outbox).values(row).on_conflict_do_nothing(index_elements=["item_id"]))


def drop_delivered_holds(database: Database) -> int:
    """Remove items of holds that the department has; the holds stay. Returns how many."""
    count = 0
    with database.write() as connection:
        for prefix in (HOLD_PREFIX, RELEASE_PREFIX):
            begins = outbox.c.item_id.between(prefix, prefix[:-1] + _BEHIND)
            count += connection.execute(delete(outbox).where(begins, outbox.c.state == "delivered")).rowcount
    return count
