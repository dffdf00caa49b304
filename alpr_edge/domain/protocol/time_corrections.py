"""Corrections of a read's time, as they travel: an item of its own beside the read, which stays as it was stamped.

A read is delivered with the clock its vehicle had. Once clock pairs of its boot place it in time, the times follow as
an item of kind ``time``. When pairs come to contradict each other, a second item says that nothing is sure: it takes
back the first, and says that the read's own clock is not to be trusted either. There is never a third, as more pairs
cannot end a contradiction. The corrected times hold for the read's hits as well.
"""

from datetime import datetime
from typing import Self

from pydantic import model_validator

from alpr_edge.domain.instants import Instant, UtcSource, rfc3339, to_utc
from alpr_edge.domain.protocol.items import SCHEMA_VERSION, InstantPayload
from alpr_edge.domain.protocol.payload import MomentText, Payload
from alpr_edge.domain.reads import PlateRead
from alpr_edge.domain.timeline import Placement, Timeline


class PlacedPayload(Payload):
    """A moment in time that is sure."""

    utc: MomentText
    uncertainty_ms: float | None
    basis: str
    """``placed`` by clock pairs, or ``own`` where the stamped time was sure already."""


class TimePayload(Payload):
    """When a read was, as the department stores it."""

    schema_version: int = SCHEMA_VERSION
    read_id: str
    unit_id: str
    boot_id: str
    """The boot of the read's instants; the original instants are in the read's own item."""
    sure: bool
    first_seen: PlacedPayload | None
    last_seen: PlacedPayload | None

    @model_validator(mode="after")
    def _whole(self) -> Self:
        """Check that times are present exactly when they are sure."""
        if {self.sure} != {self.first_seen is not None, self.last_seen is not None}:
            raise ValueError("times are given if and only if they are sure")
        return self


def time_item_id(read_id: str, *, sure: bool) -> str:
    """Id of the item with a read's corrected times, or of the one that says its times are not sure."""
    return f"time:{read_id}" if sure else f"time:{read_id}:disputed"


def time_payload(read: PlateRead, timeline: Timeline) -> TimePayload | None:
    """The correction of a read's times by the clock pairs of its boot; None when there is nothing to say yet."""
    first, last = timeline.place(read.first_seen), timeline.place(read.last_seen)
    sure = first.sure and last.sure
    trusted = read.first_seen.trusted and read.last_seen.trusted
    if trusted if sure else not timeline.is_disputed:
        return None
    return TimePayload(
        read_id=read.read_id,
        unit_id=read.unit_id,
        boot_id=timeline.boot_id,
        sure=sure,
        first_seen=_payload_of(first) if sure else None,
        last_seen=_payload_of(last) if sure else None,
    )


def _payload_of(placement: Placement) -> PlacedPayload:
    assert placement.utc is not None, "a sure placement has a UTC"
    return PlacedPayload(
        utc=rfc3339(placement.utc), uncertainty_ms=placement.uncertainty_ms, basis=placement.basis.value
    )


def instant_in(payload: InstantPayload) -> Instant:
    """The instant that a payload carries.

    Raises:
        ValueError: the payload's UTC or its source is not valid.
    """
    utc = None if payload.utc is None else to_utc(datetime.fromisoformat(payload.utc))
    source = UtcSource(payload.utc_source)
    return Instant(payload.boot_id, payload.boottime_ns, utc, source, payload.uncertainty_ms)
