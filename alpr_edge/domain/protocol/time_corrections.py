"""When a read was, as it travels: an amendment of its own beside the read, which stays as it was stamped.

A read is delivered with the clock its vehicle had. Once the pairs of its boot place it, the times follow as an item of
kind ``time``. When pairs come to contradict each other, a second item says that nothing is sure: it takes back the
first, and the trust in the read's own clock. Pairs only ever narrow what is possible, so there is never a third.
A read's hits were at the read's times.
"""

from datetime import datetime
from typing import Self

from pydantic import BaseModel, ConfigDict, model_validator

from alpr_edge.domain.instants import Instant, UtcSource, rfc3339
from alpr_edge.domain.protocol.items import SCHEMA_VERSION, InstantPayload
from alpr_edge.domain.reads import PlateRead
from alpr_edge.domain.timeline import Placement, Timeline


class PlacedPayload(BaseModel):
    """A sure moment."""

    model_config = ConfigDict(frozen=True, extra="ignore", allow_inf_nan=False)

    utc: str
    uncertainty_ms: float | None
    basis: str
    """``placed``, or ``own`` where the stamped time was sure already."""


class TimePayload(BaseModel):
    """When a read was, as the department stores it."""

    model_config = ConfigDict(frozen=True, extra="ignore", allow_inf_nan=False)

    schema_version: int = SCHEMA_VERSION
    read_id: str
    unit_id: str
    boot_id: str
    """Of the read's instants, whose original stands in the read's own item."""
    sure: bool
    first_seen: PlacedPayload | None
    last_seen: PlacedPayload | None

    @model_validator(mode="after")
    def _whole(self) -> Self:
        """Sure times are there, others are not."""
        if {self.sure} != {self.first_seen is not None, self.last_seen is not None}:
            raise ValueError("times are given if and only if they are sure")
        return self


def time_item_id(read_id: str, *, sure: bool) -> str:
    """Id of the item that places a read, or that says nothing of its time is sure."""
    return f"time:{read_id}" if sure else f"time:{read_id}:disputed"


def time_payload(read: PlateRead, timeline: Timeline) -> TimePayload | None:
    """What the pairs of its boot add to what a read says of its time; None when that is nothing yet."""
    first, last = timeline.place(read.first_seen), timeline.place(read.last_seen)
    sure = first.sure and last.sure
    trusted = read.first_seen.trusted and read.last_seen.trusted
    if trusted if sure else not timeline.disputed:
        return None
    return TimePayload(
        read_id=read.read_id,
        unit_id=read.unit_id,
        boot_id=timeline.boot_id,
        sure=sure,
        first_seen=_placed(first) if sure else None,
        last_seen=_placed(last) if sure else None,
    )


def _placed(placement: Placement) -> PlacedPayload:
    assert placement.utc is not None, "a sure placement has a UTC"
    return PlacedPayload(
        utc=rfc3339(placement.utc), uncertainty_ms=placement.uncertainty_ms, basis=placement.basis.value
    )


def instant_in(payload: InstantPayload) -> Instant:
    """The instant that a payload carries.

    Raises:
        ValueError: its UTC or its source is none.
    """
    utc = None if payload.utc is None else datetime.fromisoformat(payload.utc)
    source = UtcSource(payload.utc_source)
    return Instant(payload.boot_id, payload.boottime_ns, utc, source, payload.uncertainty_ms)
