"""Checks of single fields, for those of a part (:mod:`alpr_edge.department.ingest.records`)."""

from typing import TypeVar

from pydantic import BaseModel, ValidationError

from alpr_edge.department.ingest.ownership import may_name
from alpr_edge.domain.protocol.items import ItemAnswerPayload, Outcome, PositionPayload

INTEGER_MAX = 2**63 - 1
"""Of SQLite; a larger one would fail the whole batch."""

PayloadT = TypeVar("PayloadT", bound=BaseModel)


class PartError(Exception):
    """A part that is not stored.

    Args:
        status: the status, with the meaning of HTTP's.
        detail: the field and the rule it breaks, without its value.
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


def parse(schema: type[PayloadT], body: bytes) -> PayloadT:
    """The payload of a body; refuses one that does not fit, by its first field that does not."""
    try:
        return schema.model_validate_json(body)
    except ValidationError as error:
        first = error.errors(include_url=False, include_context=False, include_input=False)[0]
        field = ".".join(str(part) for part in first["loc"]) or "body"
        raise PartError(422, f"{field}: {first['type']}") from None


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
