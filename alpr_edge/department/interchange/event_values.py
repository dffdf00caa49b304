"""Looks up the values of an event in what is stored now: what was deleted since has none."""

import base64
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from pydantic import ValidationError
from sqlalchemy import Connection, RowMapping, select

from alpr_edge.department.db.day_keys.item_bodies import open_body, select_bodies
from alpr_edge.department.db.schema import hits, items, reads
from alpr_edge.department.images.department_images import DepartmentImages
from alpr_edge.department.images.plain_scenes import plain_scene
from alpr_edge.department.interchange.bodies import Value
from alpr_edge.department.interchange.exchange_queue import QueuedEvent
from alpr_edge.department.interchange.templates import EventKind
from alpr_edge.domain.errors import LostError
from alpr_edge.domain.instants import rfc3339
from alpr_edge.domain.protocol.items import ReadPayload
from alpr_edge.domain.reads import EvidenceKind

NO_PLATE = EventKind.WITHDRAWAL
SCENE = f"{EvidenceKind.SCENE.value}_base64"
_DAY_US = 86_400 * 1_000_000
_HIT_VALUES = ("reason", "level", "entry_plate", "entry_state", "match_kind", "state_match")


@dataclass(frozen=True, slots=True)
class EventContent:
    """What is known of an event."""

    values: Mapping[str, Value]
    pictures: Mapping[str, str]
    """By placeholder the digests of the pictures that its read names."""
    is_of_hit: bool = False
    """Whether it tells of a hit, whose scene is kept larger than that of other reads."""


def event_content(connection: Connection, event: QueuedEvent, now: datetime) -> EventContent | None:
    """The values of an event, without pictures; None: what it is of was deleted, or its time is not sure any more."""
    values: dict[str, Value] = {
        "event": event.kind.value,
        "event_id": event.event_id,
        "about_id": event.about,
        "sent_utc": rfc3339(now),
        "read_id": event.read_id,
        "hit_id": event.hit_id,
        "unit_id": event.unit_id,
    }
    if event.kind is NO_PLATE:
        return EventContent(values, {})
    read = _read(connection, event)
    hit = None if event.hit_id is None else _hit(connection, event)
    if read is None or (hit is None and event.hit_id is not None):
        return None
    values |= _read_values(*read)
    if hit is not None:
        values |= {name: hit[name] for name in _HIT_VALUES} | {"list": hit["source"]}
    pictures = {f"{each.kind}_base64": each.sha256 for each in read[1].evidence}
    return EventContent(values, pictures, is_of_hit=hit is not None)


def missing_pictures(connection: Connection, content: EventContent) -> int:
    """How many of an event's pictures are not here yet."""
    wanted = {*content.pictures.values()}
    here = select(items.c.item_id).where(items.c.item_id.in_(wanted), items.c.kind == "image")
    return len(wanted - set(connection.scalars(here)))


def picture_values(connection: Connection, images: DepartmentImages, content: EventContent) -> dict[str, Value]:
    """The pictures of an event in base64; one that is not here, or does not open, is left out.

    The scene of an event that tells of no hit is made as small as that of any read without one.
    """
    stored = images.read(connection, [*content.pictures.values()])
    found = {name: stored[sha256] for name, sha256 in content.pictures.items()}
    values = dict[str, Value]()
    for name, image in found.items():
        if image is not None and image.jpeg is not None:
            with suppress(LostError):
                is_plain = name == SCENE and not content.is_of_hit
                jpeg = plain_scene(image.jpeg) if is_plain else image.jpeg
                values[name] = base64.b64encode(jpeg).decode()
    return values


def _read(connection: Connection, event: QueuedEvent) -> tuple[RowMapping, ReadPayload] | None:
    """The row of an event's read and what its unit sent."""
    query = select(reads).where(reads.c.read_id == event.read_id, reads.c.unit_id == event.unit_id)
    row = connection.execute(query.where(reads.c.seen_at.is_not(None))).mappings().first()
    is_item = (items.c.item_id == event.read_id) & (items.c.unit_id == event.unit_id)
    item = connection.execute(select_bodies().where(is_item)).first()
    if row is None or item is None:
        return None
    try:
        return row, ReadPayload.model_validate_json(open_body(connection, item) or b"")
    except ValidationError:  # damaged since it was stored: `department verify` says so
        return None


def _hit(connection: Connection, event: QueuedEvent) -> RowMapping | None:
    one = select(hits).where(hits.c.hit_id == event.hit_id, hits.c.unit_id == event.unit_id)
    return connection.execute(one).mappings().first()


def _read_values(row: RowMapping, payload: ReadPayload) -> dict[str, Value]:
    """The values of a read; its times are the moment that is sure, and as much later as its clock said."""
    first: datetime = row["seen_at"]
    last = first + _duration(payload)
    return {
        "camera_id": row["camera_id"],
        "plate": payload.plate,
        "state": row["state"],
        "region": row["state"] and f"us-{row['state'].lower()}",
        "confidence": row["confidence"],
        "confidence_percent": round(row["confidence"] * 100, 3),
        "seen_utc": _utc(first),
        "last_utc": _utc(last),
        "seen_ms": _milliseconds(first),
        "last_ms": _milliseconds(last),
        "seen_date": f"{first:%Y-%m-%d}",
        "seen_time": first.time().isoformat("milliseconds"),
        "latitude": row["lat_deg"],
        "longitude": row["lon_deg"],
    }


def _duration(payload: ReadPayload) -> timedelta:
    """How long the plate was seen, by the unit's monotonic clock."""
    first, last = payload.first_seen, payload.last_seen
    if first.boot_id != last.boot_id:
        return timedelta()
    return timedelta(microseconds=min(max(0, last.boottime_ns - first.boottime_ns) // 1000, _DAY_US))


def _utc(moment: datetime) -> str:
    return rfc3339(moment.replace(tzinfo=UTC))


def _milliseconds(moment: datetime) -> int:
    return int(moment.replace(tzinfo=UTC).timestamp() * 1000)
