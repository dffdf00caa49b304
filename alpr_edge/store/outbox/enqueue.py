"""Puts items into the outbox, inside the transaction that stores their reads or hits."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from pydantic import BaseModel
from sqlalchemy import Connection
from sqlalchemy.dialects.sqlite import insert

from alpr_edge.domain.alerting import AlertRecord
from alpr_edge.domain.dispositions.disposition import Disposition
from alpr_edge.domain.hits import Hit
from alpr_edge.domain.protocol.dispositions import disposition_item_id, disposition_payload
from alpr_edge.domain.protocol.hits import (
    alert_item_id,
    alert_payload,
    hit_payload,
    late_tone_item_id,
    late_tone_payload,
    withdrawal_item_id,
    withdrawal_payload,
)
from alpr_edge.domain.protocol.items import ItemKind, Urgency, digest, encode, read_payload
from alpr_edge.domain.protocol.stored_kinds import outbox_kind_of
from alpr_edge.domain.protocol.time_corrections import TimePayload, time_item_id
from alpr_edge.domain.reads import EvidenceRef, PlateRead
from alpr_edge.store.db.schema import outbox


def queue_hits(connection: Connection, hits: Sequence[Hit], read: PlateRead) -> None:
    """Queue hits, which travel before their read, the covert ones first of all; one that is queued already stays."""
    rows = (
        body_row(hit.hit_id, ItemKind.HIT, _urgency(hit), encode(hit_payload(hit, read)), hit.matched_at.utc)
        for hit in hits
    )
    queue_once(connection, *rows)


def queue_alert(connection: Connection, record: AlertRecord, read: PlateRead) -> int:
    """Queue an alert of a hit, its late tone and its withdrawal, as far as they are and are not queued yet.

    Args:
        record: the alert of a hit of ``read``.

    Returns:
        How many items were queued.
    """
    alert, late, withdrawn, unit = record.alert, record.late_tone, record.withdrawn_at, read.unit_id
    shown = alert_payload(alert, record.sounded_at, unit)
    items: list[tuple[str, ItemKind, BaseModel, datetime | None]] = [
        (alert_item_id(alert.hit_id), ItemKind.ALERT, shown, read.last_seen.utc)
    ]
    if late is not None:
        sounded = late_tone_payload(late, unit)
        items.append((late_tone_item_id(alert.hit_id), ItemKind.LATE_TONE, sounded, late.sounded_at.utc))
    if withdrawn is not None:
        gone = withdrawal_payload(alert, withdrawn, unit)
        items.append((withdrawal_item_id(alert.hit_id), ItemKind.WITHDRAWAL, gone, withdrawn.utc))
    rows = (body_row(name, kind, Urgency.HIT, encode(payload), utc) for name, kind, payload, utc in items)
    return sum(queue_once(connection, row) for row in rows)


def queue_disposition(connection: Connection, disposition: Disposition, read_id: str, unit_id: str) -> bool:
    """Queue what an officer says of a hit; False: it is queued already."""
    body = encode(disposition_payload(disposition, read_id, unit_id))
    item_id = disposition_item_id(disposition.disposition_id)
    return queue_once(connection, body_row(item_id, ItemKind.DISPOSITION, Urgency.HIT, body, disposition.made.utc))


def queue_read(connection: Connection, read: PlateRead) -> None:
    """Queue a read with its last values, and its images; what is queued already stays as it is."""
    created_at = read.last_seen.utc
    body = encode(read_payload(read))
    queue_once(connection, body_row(read.read_id, ItemKind.READ, Urgency.READ, body, created_at))
    queue_images(connection, read.evidence, created_at)


def queue_images(connection: Connection, refs: Sequence[EvidenceRef], created_at: datetime | None) -> None:
    """Queue images; one that is queued already, perhaps for another read, stays as it is."""
    queue_once(connection, *(_image_row(ref.sha256, ref.length, created_at) for ref in refs))


def queue_times(connection: Connection, payloads: Sequence[TimePayload], created_at: datetime | None) -> None:
    """Queue corrected times of reads; a time that is queued already stays as it is."""
    rows = (
        body_row(
            time_item_id(payload.read_id, sure=payload.sure), ItemKind.TIME, Urgency.READ, encode(payload), created_at
        )
        for payload in payloads
    )
    queue_once(connection, *rows)


def queue_image(connection: Connection, sha256: str, length: int) -> bool:
    """Queue an image without a read; False: it is queued already and stays as it is."""
    return queue_once(connection, _image_row(sha256, length, None))


def _urgency(hit: Hit) -> Urgency:
    return Urgency.COVERT_HIT if hit.entry.covert else Urgency.HIT


def queue_once(connection: Connection, *rows: dict[str, Any]) -> bool:
    """Queue items, of which one that is queued already stays as it is; False: all of them are."""
    once = insert(outbox).on_conflict_do_nothing(index_elements=["item_id"])
    return bool(rows) and connection.execute(once, rows).rowcount > 0


def body_row(
    item_id: str, kind: ItemKind, urgency: Urgency, body: bytes, created_at: datetime | None
) -> dict[str, Any]:
    """Row of an item whose body lies in the row."""
    return {
        "item_id": item_id,
        "urgency": int(urgency),
        "kind": outbox_kind_of(kind).value,
        "body": body,
        "length": len(body),
        "sha256": digest(body),
        "created_utc": created_at,
    }


def _image_row(sha256: str, length: int, created_at: datetime | None) -> dict[str, Any]:
    """Row of an image's item: its body is the file; its id is the digest, so that the department stores it once."""
    return {
        "item_id": sha256,
        "urgency": int(Urgency.IMAGE),
        "kind": ItemKind.IMAGE.value,
        "body": None,
        "length": length,
        "sha256": sha256,
        "created_utc": created_at,
    }
