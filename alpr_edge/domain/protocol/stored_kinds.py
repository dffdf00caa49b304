"""Under which kind an item lies in the outbox, so that an older release can send it after a roll-back.

Such a release would stop at the first item of a kind that it does not know. It knows entries of the access log, which
every department stores as they come; what an item truly is follows from its id.
"""

from alpr_edge.domain.protocol.access_log import CHECKPOINT_PREFIX, RECORD_PREFIX
from alpr_edge.domain.protocol.bookings import PREFIX as BOOKING_PREFIX
from alpr_edge.domain.protocol.canvass import CANVASS_END_PREFIX, CANVASS_PREFIX
from alpr_edge.domain.protocol.dispositions import PREFIX as DISPOSITION_PREFIX
from alpr_edge.domain.protocol.hits import alert_item_id, late_tone_item_id, withdrawal_item_id
from alpr_edge.domain.protocol.holds import HOLD_PREFIX, RELEASE_PREFIX
from alpr_edge.domain.protocol.items import ItemKind

_PREFIXES = {
    ItemKind.ALERT: alert_item_id(""),
    ItemKind.WITHDRAWAL: withdrawal_item_id(""),
    ItemKind.LATE_TONE: late_tone_item_id(""),
    ItemKind.DISPOSITION: DISPOSITION_PREFIX,
    ItemKind.HOLD: HOLD_PREFIX,
    ItemKind.HOLD_RELEASE: RELEASE_PREFIX,
    ItemKind.CANVASS: CANVASS_PREFIX,
    ItemKind.CANVASS_END: CANVASS_END_PREFIX,
    ItemKind.ACCESS_RECORD: RECORD_PREFIX,
    ItemKind.CHECKPOINT: CHECKPOINT_PREFIX,
    ItemKind.BOOKING: BOOKING_PREFIX,
}


def outbox_kind_of(kind: ItemKind) -> ItemKind:
    """The kind under which an item is stored in the outbox: one that every release can send."""
    return ItemKind.ACCESS if kind in _PREFIXES else kind


def kind_of(item_id: str, stored_kind: ItemKind) -> ItemKind:
    """The true kind of an item that was stored under a kind that older releases know (:func:`outbox_kind_of`)."""
    if stored_kind is not ItemKind.ACCESS:
        return stored_kind
    return next((kind for kind, prefix in _PREFIXES.items() if item_id.startswith(prefix)), stored_kind)
