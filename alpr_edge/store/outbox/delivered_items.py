"""Removes from the outbox what the department has, of those items that are kept elsewhere as well.

The access log, holds, canvasses and bookings have tables of their own, so an item of theirs has done its work with its
receipt. Of a booking it must go: the sealed passphrase of its package is in the item and nowhere else on the unit.
"""

from collections.abc import Sequence

from sqlalchemy import ColumnElement, delete

from alpr_edge.domain.protocol.access_log import CHECKPOINT_PREFIX, RECORD_PREFIX
from alpr_edge.domain.protocol.bookings import PREFIX as BOOKING_PREFIX
from alpr_edge.domain.protocol.canvass import CANVASS_END_PREFIX, CANVASS_PREFIX
from alpr_edge.domain.protocol.holds import HOLD_PREFIX, RELEASE_PREFIX
from alpr_edge.store.db.database import Database
from alpr_edge.store.db.schema import outbox
from alpr_edge.store.outbox.answers import is_in_state

PREFIXES_KEPT_ELSEWHERE = (
    RECORD_PREFIX,
    CHECKPOINT_PREFIX,
    HOLD_PREFIX,
    RELEASE_PREFIX,
    CANVASS_PREFIX,
    CANVASS_END_PREFIX,
    BOOKING_PREFIX,
)
"""How the ids of such items begin."""
_BEHIND = ";"
"""The character behind the colon: what begins with a prefix sorts before it."""


def drop_delivered(database: Database, prefixes: Sequence[str]) -> int:
    """Remove items that the department has and whose ids begin with one of some prefixes; returns how many."""
    count = 0
    with database.write() as connection:
        for prefix in prefixes:
            done = delete(outbox).where(begins_with(prefix), is_in_state("delivered"))
            count += connection.execute(done).rowcount
    return count


def begins_with(prefix: str) -> ColumnElement[bool]:
    """Whether the id of an item begins with a prefix that ends with a colon."""
    return outbox.c.item_id.between(prefix, prefix[:-1] + _BEHIND)
