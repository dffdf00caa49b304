"""The payloads of hits, alerts, their late tones and withdrawals.

A hit carries all that its later handling depends on: whether it is covert, how grave, and what the list says of the
vehicle. An alert is what an officer was shown of a read's gravest hit; a withdrawal says that it no longer held. Both
are items of their own, because the hit is on its way by then. An alert that stayed quiet may sound after all, as the
one that it stayed quiet for is withdrawn, and one of a doubtful read may sound again, graver, once that is certain: a
late tone says when and as what, since the alert's own item does not. A covert hit is sounded nowhere, so it has none of
these.

Fields that came later are optional: a department takes the hits of older units as well.
"""

from alpr_edge.domain.alerting import Alert, LateTone, Level
from alpr_edge.domain.hits import Hit
from alpr_edge.domain.instants import Instant
from alpr_edge.domain.protocol.items import (
    SCHEMA_VERSION,
    InstantPayload,
    PositionPayload,
    instant_payload,
    position_payload,
)
from alpr_edge.domain.protocol.payload import Payload
from alpr_edge.domain.reads import PlateRead

WITHDRAWAL_PREFIX = "withdrawal:"

HIT_SCHEMA_VERSION = 2
"""Version 2 added covert, level, vehicle and remarks."""


class HitPayload(Payload):
    """A hit as the department stores it: which entry of which list generation, and how sure."""

    schema_version: int = HIT_SCHEMA_VERSION
    hit_id: str
    read_id: str
    unit_id: str
    plate: str
    entry_plate: str
    entry_state: str | None
    source: str
    reason: str
    record_id: str
    generation: int
    list_age_s: float | None
    match_kind: str
    state_match: str
    matched: InstantPayload
    position: PositionPayload | None
    covert: bool | None = None
    """None: an older unit, which does not report it."""
    level: str | None = None
    """``notice``, ``routine``, ``high`` or ``urgent``; None where the unit does not report it."""
    vehicle: str | None = None
    """Year, make, model and colour as the list has them."""
    remarks: str | None = None
    """Remarks as the list has them."""


class AlertPayload(Payload):
    """An alert as the department stores it: what an officer was shown of a hit. Holds no plate text."""

    schema_version: int = SCHEMA_VERSION
    hit_id: str
    read_id: str
    unit_id: str
    level: str
    """Level of the alert: lower than the hit's where the hit is not certain."""
    tone: str
    phrase: str
    list_age: str
    sounded: InstantPayload | None
    """When the first sample of the tone sounded; None: it did not (cooldown, mute, nobody signed in, no device), or
    later, as its :class:`LateTonePayload` says. That may also tell of a second, graver tone."""


class WithdrawalPayload(Payload):
    """A withdrawal as the department stores it: that an alert no longer held."""

    schema_version: int = SCHEMA_VERSION
    hit_id: str
    read_id: str
    """The read of the alert that is withdrawn."""
    unit_id: str
    withdrawn: InstantPayload


class LateTonePayload(Payload):
    """A late tone as the department stores it: that an alert sounded which had stayed quiet, or sounded graver."""

    schema_version: int = SCHEMA_VERSION
    hit_id: str
    read_id: str
    """The read of the alert."""
    unit_id: str
    level: str
    """Level of the alert as it sounded then."""
    tone: str
    sounded: InstantPayload
    """When the first sample of the tone sounded."""


def alert_item_id(hit_id: str) -> str:
    """Id of the item that carries the alert of a hit."""
    return f"alert:{hit_id}"


def withdrawal_item_id(hit_id: str) -> str:
    """Id of the item that withdraws the alert of a hit."""
    return f"{WITHDRAWAL_PREFIX}{hit_id}"


def late_tone_item_id(hit_id: str) -> str:
    """Id of the item that says when the alert of a hit sounded after all."""
    return f"late_tone:{hit_id}"


def alert_item_ids(hit_id: str) -> tuple[str, ...]:
    """Ids of all items that may tell of the alert of a hit, in the order in which they come to be."""
    return alert_item_id(hit_id), late_tone_item_id(hit_id), withdrawal_item_id(hit_id)


def hit_payload(hit: Hit, read: PlateRead) -> HitPayload:
    """Payload of a hit, with the position of its read: it may arrive before the read does."""
    return HitPayload(
        hit_id=hit.hit_id,
        read_id=hit.read_id,
        unit_id=read.unit_id,
        plate=read.plate,
        entry_plate=hit.entry.plate,
        entry_state=hit.entry.state,
        source=hit.entry.source,
        reason=hit.entry.reason,
        record_id=hit.entry.record_id,
        generation=hit.generation.serial,
        list_age_s=hit.list_age_s,
        match_kind=hit.kind,
        state_match=hit.state_match,
        matched=instant_payload(hit.matched_at),
        position=position_payload(read.position),
        covert=hit.entry.covert,
        level=None if hit.level is None else _level_name(Level(hit.level)),
        vehicle=hit.entry.vehicle,
        remarks=hit.entry.remarks,
    )


def alert_payload(alert: Alert, sounded_at: Instant | None, unit_id: str) -> AlertPayload:
    """Payload of an alert.

    Args:
        sounded_at: the instant of the first sample of its tone; None when it stayed quiet.
    """
    return AlertPayload(
        hit_id=alert.hit_id,
        read_id=alert.read_id,
        unit_id=unit_id,
        level=_level_name(alert.level),
        tone=alert.tone,
        phrase=alert.phrase,
        list_age=alert.list_age,
        sounded=None if sounded_at is None else instant_payload(sounded_at),
    )


def withdrawal_payload(alert: Alert, withdrawn: Instant, unit_id: str) -> WithdrawalPayload:
    """Payload of an alert's withdrawal, dated by the frame that decided otherwise."""
    return WithdrawalPayload(
        hit_id=alert.hit_id, read_id=alert.read_id, unit_id=unit_id, withdrawn=instant_payload(withdrawn)
    )


def late_tone_payload(late_tone: LateTone, unit_id: str) -> LateTonePayload:
    """Payload of a late tone; the unit is that of the alert's read."""
    return LateTonePayload(
        hit_id=late_tone.alert.hit_id,
        read_id=late_tone.alert.read_id,
        unit_id=unit_id,
        level=_level_name(late_tone.alert.level),
        tone=late_tone.alert.tone,
        sounded=instant_payload(late_tone.sounded_at),
    )


def _level_name(level: Level) -> str:
    return level.name.lower()
