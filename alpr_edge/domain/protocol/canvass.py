"""The payloads of a canvass and of its end, for the department: its reads travel as those of a hold."""

from datetime import timedelta

from alpr_edge.domain.canvass.canvass import Canvass, CanvassEnd
from alpr_edge.domain.instants import rfc3339
from alpr_edge.domain.protocol.items import SCHEMA_VERSION, InstantPayload, instant_payload
from alpr_edge.domain.protocol.payload import Payload

CANVASS_PREFIX = "canvass:"
CANVASS_END_PREFIX = "canvass-end:"


class CanvassPayload(Payload):
    """A canvass as it was started. Its partial plates are what witnesses said, no reads."""

    schema_version: int = SCHEMA_VERSION
    canvass_id: str
    """The id of the hold over its reads as well."""
    unit_id: str
    incident: str
    offence: str
    area: str | None
    """As :func:`~alpr_edge.domain.ground.areas.parse_ground_area` reads it; None: everywhere."""
    partials: list[str]
    before_s: float
    lasts_s: float
    person_id: str
    person: str
    session: str
    started: InstantPayload
    ends: str | None
    """RFC 3339; None: the clock was not confirmed when it was started."""


class CanvassEndPayload(Payload):
    """The end of a canvass."""

    schema_version: int = SCHEMA_VERSION
    canvass_id: str
    unit_id: str
    how: str
    """A :class:`~alpr_edge.domain.canvass.canvass.CanvassEnding`."""
    person_id: str
    person: str
    session: str
    ended: InstantPayload
    read_count: int
    """Reads that were held for it by then; those that are still on their way to the store follow."""


def canvass_item_id(canvass_id: str) -> str:
    """Id of the item that carries a canvass."""
    return f"{CANVASS_PREFIX}{canvass_id}"


def canvass_end_item_id(canvass_id: str) -> str:
    """Id of the item that carries the end of a canvass."""
    return f"{CANVASS_END_PREFIX}{canvass_id}"


def canvass_payload(canvass: Canvass, unit_id: str) -> CanvassPayload:
    return CanvassPayload(
        canvass_id=canvass.canvass_id,
        unit_id=unit_id,
        incident=canvass.incident,
        offence=canvass.offence,
        area=None if canvass.area is None else str(canvass.area),
        partials=list(canvass.partials),
        before_s=canvass.before / timedelta(seconds=1),
        lasts_s=canvass.lasts / timedelta(seconds=1),
        person_id=canvass.by.person_id,
        person=canvass.by.person,
        session=canvass.by.session,
        started=instant_payload(canvass.started),
        ends=None if canvass.ends is None else rfc3339(canvass.ends),
    )


def canvass_end_payload(canvass_id: str, end: CanvassEnd, unit_id: str, read_count: int) -> CanvassEndPayload:
    return CanvassEndPayload(
        canvass_id=canvass_id,
        unit_id=unit_id,
        how=end.how.value,
        person_id=end.by.person_id,
        person=end.by.person,
        session=end.by.session,
        ended=instant_payload(end.at),
        read_count=read_count,
    )
