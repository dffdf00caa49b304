"""Checks the items of canvasses, and makes the rows of them."""

from typing import Any

from alpr_edge.department.ingest.part_checks import PartError, integer, own, parse, same
from alpr_edge.domain.canvass.canvass import CanvassEnding
from alpr_edge.domain.ground.areas import parse_ground_area
from alpr_edge.domain.protocol.canvass import (
    CanvassEndPayload,
    CanvassPayload,
    canvass_end_item_id,
    canvass_item_id,
)

_COLUMNS = (
    *("canvass_id", "unit_id", "incident", "offence", "area", "partials", "before_s", "lasts_s"),
    *("person_id", "person", "ends"),
)
_END_COLUMNS = ("canvass_id", "unit_id", "how", "person_id", "person", "read_count")


def canvass_row(item_id: str, body: bytes, unit_id: str) -> dict[str, Any]:
    """The row of a canvass that a unit started."""
    payload = parse(CanvassPayload, body)
    same("canvass_id", canvass_item_id(payload.canvass_id), item_id)
    same("unit_id", payload.unit_id, unit_id)
    own("canvass_id", payload.canvass_id, unit_id)
    if payload.area is not None:
        _require_area(payload.area)
    return {name: getattr(payload, name) for name in _COLUMNS} | {"started": payload.started.utc}


def canvass_end_row(item_id: str, body: bytes, unit_id: str) -> dict[str, Any]:
    payload = parse(CanvassEndPayload, body)
    same("canvass_id", canvass_end_item_id(payload.canvass_id), item_id)
    same("unit_id", payload.unit_id, unit_id)
    own("canvass_id", payload.canvass_id, unit_id)
    if payload.how not in set(CanvassEnding):
        raise PartError(422, "how: not known")
    integer("read_count", payload.read_count)
    return {name: getattr(payload, name) for name in _END_COLUMNS} | {"ended": payload.ended.utc}


def _require_area(text: str) -> None:
    try:
        parse_ground_area(text)
    except ValueError:
        raise PartError(422, "area: neither a circle nor a polygon") from None
