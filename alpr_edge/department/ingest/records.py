"""Checks one part of a batch before it is stored, and makes the row of it.

A refusal names fields and rules, never a value: it travels back, is shown on the vehicle and may be logged.
"""

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Table

from alpr_edge.department.db.canvass_schema import canvass_ends, canvasses
from alpr_edge.department.db.evidence_schema import evidence_bookings
from alpr_edge.department.db.hold_schema import holds
from alpr_edge.department.db.schema import alerts, dispositions, hits, late_tones, read_times, reads, withdrawals
from alpr_edge.department.ingest import log_items
from alpr_edge.department.ingest.canvass_rows import canvass_end_row, canvass_row
from alpr_edge.department.ingest.ownership import Reference, form_fault, hit_reference, read_reference
from alpr_edge.department.ingest.part_checks import PartError, finite, integer, key_texts, own, parse, place, same
from alpr_edge.department.search.upkeep import lookup_columns
from alpr_edge.domain.holds.hold import HoldOrigin
from alpr_edge.domain.protocol.bookings import BookingPayload, booking_item_id
from alpr_edge.domain.protocol.dispositions import DispositionPayload, disposition_item_id
from alpr_edge.domain.protocol.hits import (
    AlertPayload,
    HitPayload,
    LateTonePayload,
    WithdrawalPayload,
    alert_item_id,
    late_tone_item_id,
    withdrawal_item_id,
)
from alpr_edge.domain.protocol.holds import HoldPayload, HoldReleasePayload, hold_item_id, hold_release_item_id
from alpr_edge.domain.protocol.items import (
    BODY_BYTES_MAX,
    ITEM_ID_PATTERN,
    ItemKind,
    Outcome,
    ReadPayload,
    digest,
)
from alpr_edge.domain.protocol.stored_kinds import kind_of
from alpr_edge.domain.protocol.time_corrections import TimePayload, time_item_id

_TEXTS = (
    *("package_id", "unit_id", "purpose", "offence", "medium", "recipient", "person_id", "person", "file_name"),
    *("package_sha256", "manifest_sha256", "with_scenes", "is_redacted", "sealed_passphrase"),
)
_NUMBERS = ("size_bytes", "reads", "hits", "pictures")


def booking_row(payload: BookingPayload) -> dict[str, Any]:
    """The row of :data:`~alpr_edge.department.db.schema.evidence_bookings`. Raises PartError for a number too large."""
    return {
        **{name: getattr(payload, name) for name in _TEXTS},
        **{name: integer(name, getattr(payload, name)) for name in _NUMBERS},
        "case_number": payload.case,
        "booked": payload.booked.utc,
    }


_ALERT_COLUMNS = ("hit_id", "read_id", "unit_id", "level", "tone", "phrase", "list_age")
_COLUMNS = ("hit_id", "read_id", "unit_id")
"""Columns that have the names of the payload's fields, likewise those of an alert."""


def alert_row(item_id: str, body: bytes, unit_id: str) -> dict[str, Any]:
    payload = parse(AlertPayload, body)
    same("hit_id", alert_item_id(payload.hit_id), item_id)
    same("unit_id", payload.unit_id, unit_id)
    row = {name: getattr(payload, name) for name in _ALERT_COLUMNS}
    return row | {"is_sounded": payload.sounded is not None, "sounded": payload.sounded and payload.sounded.utc}


def late_tone_row(item_id: str, body: bytes, unit_id: str) -> dict[str, Any]:
    """The row of a late tone; as :func:`alert_row`."""
    payload = parse(LateTonePayload, body)
    same("hit_id", late_tone_item_id(payload.hit_id), item_id)
    same("unit_id", payload.unit_id, unit_id)
    return {name: getattr(payload, name) for name in _COLUMNS} | {"sounded": payload.sounded.utc}


def withdrawal_row(item_id: str, body: bytes, unit_id: str) -> dict[str, Any]:
    """The row of a withdrawal; as :func:`alert_row`."""
    payload = parse(WithdrawalPayload, body)
    same("hit_id", withdrawal_item_id(payload.hit_id), item_id)
    same("unit_id", payload.unit_id, unit_id)
    return {name: getattr(payload, name) for name in _COLUMNS} | {"withdrawn": payload.withdrawn.utc}


JPEG_START = b"\xff\xd8\xff"
_DIGEST = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True, slots=True, eq=False)
class Part:
    """One part of a batch, as it arrived."""

    item_id: str
    kind: str
    body: bytes
    sha256: str
    """The body's digest as the unit states it."""


@dataclass(frozen=True, slots=True, eq=False)
class ItemRecord:
    """A part that may be stored."""

    item_id: str
    kind: ItemKind
    body: bytes
    sha256: str
    table: Table | None = None
    row: dict[str, Any] | None = None
    """The row for :attr:`table`."""
    references: tuple[Reference, ...] = ()
    """The references to other records; all of these must be the sender's."""
    pictures: tuple[str, ...] = ()
    """Of a read: the digests of its pictures, which travel by themselves."""
    is_of_other_unit: bool = False
    """Whether it is of an access log and says that it is another unit's: it is refused, and a finding."""


def record_of(part: Part, unit_id: str) -> ItemRecord:
    """Check a part."""
    if not re.fullmatch(ITEM_ID_PATTERN, part.item_id):
        raise PartError(400, "item id: not letters, digits or ._:-, or longer than 128")
    if len(part.body) > BODY_BYTES_MAX:
        raise PartError(413, f"body: longer than {BODY_BYTES_MAX} bytes")
    if not _DIGEST.fullmatch(part.sha256):
        raise PartError(400, "digest: not 64 hexadecimal digits")
    if digest(part.body) != part.sha256:
        raise PartError(400, "body: changed on the way", Outcome.RETRY)
    try:
        kind = kind_of(part.item_id, ItemKind(part.kind))
    except ValueError:
        # The unit is newer than this department, which will store the item after an update.
        raise PartError(501, "kind: not known here yet", Outcome.RETRY) from None
    content = _CHECKS[kind](part, unit_id)
    if content.table is not None and content.row is not None:
        key_texts(content.table, content.row)
    for reference in content.references:
        if fault := form_fault(unit_id, reference):
            raise PartError(422, f"{reference.field}: {fault}")
    return ItemRecord(
        part.item_id,
        kind,
        part.body,
        part.sha256,
        content.table,
        content.row,
        content.references,
        content.pictures,
        content.is_of_other_unit,
    )


_HIT_COLUMNS = (
    *("hit_id", "read_id", "unit_id", "plate", "entry_plate", "entry_state", "source", "reason", "record_id"),
    *("list_age_s", "match_kind", "state_match", "covert", "level", "vehicle", "remarks"),
)
_DISPOSITION_COLUMNS = (
    *("disposition_id", "unit_id", "hit_id", "read_id", "part", "answer", "reason", "number", "name", "undoes"),
    *("person_id", "person"),
)
"""Columns that have the names of the payload's fields, likewise those of a hit."""


@dataclass(frozen=True, slots=True, eq=False)
class _Content:
    """The result of a kind's check of a part."""

    table: Table | None = None
    row: dict[str, Any] | None = None
    references: tuple[Reference, ...] = ()
    pictures: tuple[str, ...] = ()
    is_of_other_unit: bool = False


def _read(part: Part, unit_id: str) -> _Content:
    payload = parse(ReadPayload, part.body)
    same("read_id", payload.read_id, part.item_id)
    same("unit_id", payload.unit_id, unit_id)
    own("read_id", payload.read_id, unit_id)
    row = {
        "read_id": payload.read_id,
        "unit_id": unit_id,
        "camera_id": payload.camera_id,
        "state": payload.state,
        "confidence": payload.confidence,
        "vote_count": integer("vote_count", payload.vote_count),
        "first_seen": payload.first_seen.utc,
        "last_seen": payload.last_seen.utc,
        "utc_source": payload.first_seen.utc_source,
        "supersedes": payload.supersedes,
        "corrected_by": payload.corrected_by,
        **place(payload.position),
        **lookup_columns(payload),
    }
    before = () if payload.supersedes is None else (read_reference("supersedes", payload.supersedes),)
    pictures = tuple(dict.fromkeys(evidence.sha256 for evidence in payload.evidence))
    return _Content(reads, row, before, pictures)


def _hit(part: Part, unit_id: str) -> _Content:
    payload = parse(HitPayload, part.body)
    same("hit_id", payload.hit_id, part.item_id)
    same("unit_id", payload.unit_id, unit_id)
    own("hit_id", payload.hit_id, unit_id)
    row = {
        **{name: getattr(payload, name) for name in _HIT_COLUMNS},
        "generation": integer("generation", payload.generation),
        "matched": payload.matched.utc,
        **place(payload.position),
    }
    return _Content(hits, row, (read_reference("read_id", payload.read_id),))


def _alert(part: Part, unit_id: str) -> _Content:
    return _of_hit(alerts, alert_row(part.item_id, part.body, unit_id))


def _late_tone(part: Part, unit_id: str) -> _Content:
    return _of_hit(late_tones, late_tone_row(part.item_id, part.body, unit_id))


def _withdrawal(part: Part, unit_id: str) -> _Content:
    return _of_hit(withdrawals, withdrawal_row(part.item_id, part.body, unit_id))


def _disposition(part: Part, unit_id: str) -> _Content:
    payload = parse(DispositionPayload, part.body)
    same("disposition_id", disposition_item_id(payload.disposition_id), part.item_id)
    same("unit_id", payload.unit_id, unit_id)
    own("disposition_id", payload.disposition_id, unit_id)
    row = {name: getattr(payload, name) for name in _DISPOSITION_COLUMNS} | {"made": payload.made.utc}
    return _of_hit(dispositions, row)


def _booking(part: Part, unit_id: str) -> _Content:
    payload = parse(BookingPayload, part.body)
    same("package_id", booking_item_id(payload.package_id), part.item_id)
    same("unit_id", payload.unit_id, unit_id)
    own("package_id", payload.package_id, unit_id)
    return _Content(evidence_bookings, booking_row(payload))


def _hold(part: Part, unit_id: str) -> _Content:
    payload = parse(HoldPayload, part.body)
    same("hold_id", hold_item_id(payload.hold_id, payload.read_ids), part.item_id)
    same("unit_id", payload.unit_id, unit_id)
    same("origin", payload.origin, HoldOrigin.UNIT.value)
    own("hold_id", payload.hold_id, unit_id)
    key_texts(holds, payload.model_dump(include={"hold_id", "case_number"}))
    return _Content(references=tuple(read_reference("read_ids", read_id) for read_id in payload.read_ids))


def _hold_release(part: Part, unit_id: str) -> _Content:
    payload = parse(HoldReleasePayload, part.body)
    same("hold_id", hold_release_item_id(payload.hold_id), part.item_id)
    same("unit_id", payload.unit_id, unit_id)
    own("hold_id", payload.hold_id, unit_id)
    return _Content()


def _canvass(part: Part, unit_id: str) -> _Content:
    return _Content(canvasses, canvass_row(part.item_id, part.body, unit_id))


def _canvass_end(part: Part, unit_id: str) -> _Content:
    return _Content(canvass_ends, canvass_end_row(part.item_id, part.body, unit_id))


def _of_hit(table: Table, row: dict[str, Any]) -> _Content:
    """The content of an item about a hit and its read."""
    return _Content(table, row, (hit_reference("hit_id", row["hit_id"]), read_reference("read_id", row["read_id"])))


def _time(part: Part, unit_id: str) -> _Content:
    payload = parse(TimePayload, part.body)
    same("read_id", time_item_id(payload.read_id, sure=payload.sure), part.item_id)
    same("unit_id", payload.unit_id, unit_id)
    first, last = payload.first_seen, payload.last_seen
    row = {
        "read_id": payload.read_id,
        "sure": payload.sure,
        "unit_id": unit_id,
        "first_seen": first and first.utc,
        "last_seen": last and last.utc,
        "uncertainty_ms": first and first.uncertainty_ms,
    }
    return _Content(read_times, row, (read_reference("read_id", payload.read_id),))


def _access(part: Part, unit_id: str) -> _Content:
    """An entry of a unit's access log: kept as it came, as a JSON object."""
    own("item id", part.item_id, unit_id)
    try:
        value = json.loads(part.body, parse_constant=finite, parse_float=finite)
    except (ValueError, RecursionError):
        raise PartError(422, "body: not JSON") from None
    if not isinstance(value, dict):
        raise PartError(422, "body: not a JSON object")
    same("unit_id", value.get("unit_id", unit_id), unit_id)
    return _Content()


def _image(part: Part, unit_id: str) -> _Content:  # noqa: ARG001 - one signature for every kind
    """A picture; its id is the digest of its bytes, so that none can take the place of another."""
    if not part.body.startswith(JPEG_START):
        raise PartError(422, "body: not a JPEG")
    same("item id", part.item_id, part.sha256)
    return _Content()


def _log_item(part: Part, unit_id: str) -> _Content:
    is_of_other_unit = log_items.unit_in(part.item_id, part.body) != unit_id
    return _Content(references=log_items.references_of(part.item_id), is_of_other_unit=is_of_other_unit)


_CHECKS: dict[ItemKind, Callable[[Part, str], _Content]] = {
    ItemKind.READ: _read,
    ItemKind.HIT: _hit,
    ItemKind.ACCESS: _access,
    ItemKind.IMAGE: _image,
    ItemKind.TIME: _time,
    ItemKind.ALERT: _alert,
    ItemKind.WITHDRAWAL: _withdrawal,
    ItemKind.LATE_TONE: _late_tone,
    ItemKind.DISPOSITION: _disposition,
    ItemKind.BOOKING: _booking,
    ItemKind.HOLD: _hold,
    ItemKind.HOLD_RELEASE: _hold_release,
    ItemKind.CANVASS: _canvass,
    ItemKind.CANVASS_END: _canvass_end,
    ItemKind.ACCESS_RECORD: _log_item,
    ItemKind.CHECKPOINT: _log_item,
}
