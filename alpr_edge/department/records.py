"""What one part of a batch must be before it is stored, and the row it becomes.

A refusal names fields and rules, never a value: it travels back, is shown on the vehicle and may be logged.
"""

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError
from sqlalchemy import Table

from alpr_edge.department.schema import hits, read_times, reads
from alpr_edge.domain.wire import (
    BODY_BYTES_MAX,
    ITEM_ID_PATTERN,
    HitPayload,
    ItemAnswerPayload,
    ItemKind,
    Outcome,
    PositionPayload,
    ReadPayload,
    digest,
)
from alpr_edge.domain.wire_times import TimePayload, time_item_id

JPEG_START = b"\xff\xd8\xff"
INTEGER_MAX = 2**63 - 1
"""Of SQLite; a larger one would fail the whole batch."""

PayloadT = TypeVar("PayloadT", bound=BaseModel)

_DIGEST = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True, slots=True, eq=False)
class Part:
    """One part of a batch, as it arrived."""

    item_id: str
    kind: str
    body: bytes
    sha256: str
    """What the unit says the body's digest is."""


@dataclass(frozen=True, slots=True, eq=False)
class Record:
    """A part that may be stored."""

    item_id: str
    kind: ItemKind
    body: bytes
    sha256: str
    table: Table | None = None
    row: dict[str, Any] | None = None
    """Of :attr:`table`."""


class PartError(Exception):
    """A part that is not stored.

    Args:
        status: as HTTP's.
        detail: which field and rule, no value.
        outcome: whether it may be sent again.
    """

    def __init__(self, status: int, detail: str, outcome: Outcome = Outcome.REFUSED) -> None:
        super().__init__(detail)
        self.status = status
        self.detail = detail
        self.outcome = outcome

    def answer(self, item_id: str) -> ItemAnswerPayload:
        """The answer to that part."""
        return ItemAnswerPayload(item_id=item_id, outcome=self.outcome, status=self.status, detail=self.detail)


def record_of(part: Part, unit_id: str) -> Record:
    """Check a part.

    Args:
        part: as it arrived.
        unit_id: whose certificate the connection was made with.

    Raises:
        PartError: what is wrong with it.
    """
    if not re.fullmatch(ITEM_ID_PATTERN, part.item_id):
        raise PartError(400, "item id: not letters, digits or ._:-, or longer than 128")
    if len(part.body) > BODY_BYTES_MAX:
        raise PartError(413, f"body: longer than {BODY_BYTES_MAX} bytes")
    if not _DIGEST.fullmatch(part.sha256):
        raise PartError(400, "digest: not 64 hexadecimal digits")
    if digest(part.body) != part.sha256:
        raise PartError(400, "body: changed on the way", Outcome.RETRY)
    try:
        kind = ItemKind(part.kind)
    except ValueError:
        # A newer unit than this department: once this side is renewed it will be taken.
        raise PartError(501, "kind: not known here yet", Outcome.RETRY) from None
    table, row = _CHECKS[kind](part, unit_id)
    return Record(part.item_id, kind, part.body, part.sha256, table, row)


_HIT_COLUMNS = (
    *("hit_id", "read_id", "unit_id", "plate", "entry_plate", "entry_state", "source", "reason", "record_id"),
    *("list_age_s", "match_kind", "state_match"),
)
"""Taken from the payload under their own names."""
_Row = tuple[Table | None, dict[str, Any] | None]


def _read(part: Part, unit_id: str) -> _Row:
    payload = _parsed(ReadPayload, part.body)
    _same("read_id", payload.read_id, part.item_id)
    _same("unit_id", payload.unit_id, unit_id)
    return reads, {
        "read_id": payload.read_id,
        "unit_id": unit_id,
        "camera_id": payload.camera_id,
        "plate": payload.plate,
        "state": payload.state,
        "confidence": payload.confidence,
        "vote_count": _integer("vote_count", payload.vote_count),
        "first_seen": payload.first_seen.utc,
        "last_seen": payload.last_seen.utc,
        "utc_source": payload.first_seen.utc_source,
        "supersedes": payload.supersedes,
        **_place(payload.position),
    }


def _hit(part: Part, unit_id: str) -> _Row:
    payload = _parsed(HitPayload, part.body)
    _same("hit_id", payload.hit_id, part.item_id)
    _same("unit_id", payload.unit_id, unit_id)
    return hits, {
        **{name: getattr(payload, name) for name in _HIT_COLUMNS},
        "generation": _integer("generation", payload.generation),
        "matched": payload.matched.utc,
        **_place(payload.position),
    }


def _time(part: Part, unit_id: str) -> _Row:
    payload = _parsed(TimePayload, part.body)
    _same("read_id", time_item_id(payload.read_id, sure=payload.sure), part.item_id)
    _same("unit_id", payload.unit_id, unit_id)
    first, last = payload.first_seen, payload.last_seen
    return read_times, {
        "read_id": payload.read_id,
        "sure": payload.sure,
        "unit_id": unit_id,
        "first_seen": first and first.utc,
        "last_seen": last and last.utc,
        "uncertainty_ms": first and first.uncertainty_ms,
    }


def _access(part: Part, unit_id: str) -> _Row:  # noqa: ARG001 - one signature for every kind
    """An entry of a unit's access log: kept as it came, as a JSON object."""
    try:
        value = json.loads(part.body)
    except (ValueError, RecursionError):
        raise PartError(422, "body: not JSON") from None
    if not isinstance(value, dict):
        raise PartError(422, "body: not a JSON object")
    return None, None


def _image(part: Part, unit_id: str) -> _Row:  # noqa: ARG001 - one signature for every kind
    if not part.body.startswith(JPEG_START):
        raise PartError(422, "body: not a JPEG")
    return None, None


_CHECKS: dict[ItemKind, Callable[[Part, str], _Row]] = {
    ItemKind.READ: _read,
    ItemKind.HIT: _hit,
    ItemKind.ACCESS: _access,
    ItemKind.IMAGE: _image,
    ItemKind.TIME: _time,
}


def _parsed(schema: type[PayloadT], body: bytes) -> PayloadT:
    try:
        return schema.model_validate_json(body)
    except ValidationError as error:
        first = error.errors(include_url=False, include_context=False, include_input=False)[0]
        field = ".".join(str(part) for part in first["loc"]) or "body"
        raise PartError(422, f"{field}: {first['type']}") from None


def _same(name: str, given: str, expected: str) -> None:
    if given != expected:
        raise PartError(422, f"{name}: not that of the item or the connection")


def _integer(name: str, value: int) -> int:
    if abs(value) > INTEGER_MAX:
        raise PartError(422, f"{name}: out of range")
    return value


def _place(position: PositionPayload | None) -> dict[str, float | None]:
    if position is None:
        return {"lat_deg": None, "lon_deg": None}
    return {"lat_deg": position.lat_deg, "lon_deg": position.lon_deg}
