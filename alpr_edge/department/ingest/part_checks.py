"""Checks of single fields, for those of a part (:mod:`alpr_edge.department.ingest.records`)."""

import math
from collections.abc import Mapping
from functools import cache
from typing import TypeVar

from pydantic import BaseModel, ValidationError
from sqlalchemy import Table

from alpr_edge.department.ingest.ownership import may_name
from alpr_edge.domain.instants import is_rfc3339
from alpr_edge.domain.protocol.items import InstantPayload, ItemAnswerPayload, Outcome, PositionPayload
from alpr_edge.domain.protocol.time_corrections import PlacedPayload

INTEGER_MAX = 2**63 - 1
"""Of every engine; a larger one would fail the whole batch."""
KEY_BYTES_MAX = 512
"""Longest text that stands in an index: PostgreSQL's take 2,704 bytes of all their columns together."""
BYTES_A_CHARACTER = 4
"""The most that UTF-8 takes."""
_NUL = b"\\u0000"
"""How JSON writes the one character that PostgreSQL's texts cannot hold."""

_TIMES = InstantPayload, PlacedPayload

PayloadT = TypeVar("PayloadT", bound=BaseModel)


class PartError(Exception):
    """A part that is not stored.

    Args:
        outcome: whether it may be sent again.
    """

    def __init__(self, status: int, detail: str, outcome: Outcome = Outcome.REFUSED) -> None:
        super().__init__(detail)
        self.status = status
        self.detail = detail
        self.outcome = outcome

    def answer(self, item_id: str) -> ItemAnswerPayload:
        return ItemAnswerPayload(item_id=item_id, outcome=self.outcome, status=self.status, detail=self.detail)


def parse(schema: type[PayloadT], body: bytes) -> PayloadT:
    """The payload of a body; refuses one that does not fit, by its first field that does not."""
    try:
        payload = schema.model_validate_json(body)
    except ValidationError as error:
        first = error.errors(include_url=False, include_context=False, include_input=False)[0]
        field = ".".join(str(part) for part in first["loc"]) or "body"
        raise PartError(422, f"{field}: {first['type']}") from None
    if _NUL in body:
        for name, value in payload.model_dump().items():
            _refuse_nul(name, value)
    _require_times(payload)
    return payload


def _require_times(payload: BaseModel) -> None:
    """Refuse a time that nobody could read: how long a read is kept is counted from it."""
    for name, value in vars(payload).items():
        if isinstance(value, _TIMES) and value.utc is not None and not is_rfc3339(value.utc):
            raise PartError(422, f"{name}.utc: not a time by RFC 3339 with its zone")


def _refuse_nul(name: str, value: object) -> None:
    if isinstance(value, str):
        if "\0" in value:
            raise PartError(422, f"{name}: holds a character that is none")
    elif isinstance(value, Mapping):
        for each in (*value, *value.values()):
            _refuse_nul(name, each)
    elif isinstance(value, list | tuple):
        for each in value:
            _refuse_nul(name, each)


def key_texts(table: Table, row: Mapping[str, object]) -> None:
    """Refuse texts that are too long for the indexes of a table."""
    for name in _key_columns(table):
        value = row.get(name)
        if isinstance(value, str) and len(value) * BYTES_A_CHARACTER > KEY_BYTES_MAX < len(value.encode()):
            raise PartError(422, f"{name}: longer than {KEY_BYTES_MAX} bytes")


@cache
def _key_columns(table: Table) -> tuple[str, ...]:
    of_indexes = {column.name for index in table.indexes for column in index.columns}
    return tuple(column.name for column in table.columns if column.primary_key or column.name in of_indexes)


def same(name: str, value: object, other: str) -> None:
    """Refuse a field that differs from what the item or the connection says."""
    if value != other:
        raise PartError(422, f"{name}: not that of the item or the connection")


def own(name: str, identity: str, unit_id: str) -> None:
    """Refuse an id that is, by its form, another unit's."""
    if not may_name(unit_id, identity):
        raise PartError(422, f"{name}: of another unit")


def integer(name: str, value: int) -> int:
    """A whole number that the database can hold."""
    if abs(value) > INTEGER_MAX:
        raise PartError(422, f"{name}: out of range")
    return value


def place(position: PositionPayload | None) -> dict[str, float | None]:
    """The columns of a position."""
    if position is None:
        return {"lat_deg": None, "lon_deg": None}
    return {"lat_deg": position.lat_deg, "lon_deg": position.lon_deg}


def finite(text: str) -> float:
    """A number of JSON; ValueError for NaN, infinities, and numbers too large for a float."""
    number = float(text)
    if not math.isfinite(number):
        raise ValueError("not a finite number")
    return number
