"""The heartbeat of a unit: what it says of itself now and then while it has a link. Holds no plate and no person.

It is no item: only the newest counts, none is queued, and one that does not get through is not sent again.
"""

from typing import Annotated

from pydantic import AwareDatetime, Field

from alpr_edge.domain.protocol.items import SCHEMA_VERSION
from alpr_edge.domain.protocol.payload import Payload

HEARTBEAT_PATH = "/v1/heartbeat"
LISTS_MAX = 32
FAULTS_MAX = 32
"""Most lists and faults of one heartbeat: all of it stays below the 16 KiB that the department takes."""

Word = Annotated[str, Field(max_length=64)]
Count = Annotated[int, Field(ge=0, le=2**53)]


class HeartbeatListPayload(Payload):
    """A list in use."""

    source: Word
    entries: Count | None
    age_s: float | None


class HeartbeatFaultPayload(Payload):
    """A fault at present: its kind, and the part as people call it."""

    kind: Word
    part: Word
    state: Word


class HeartbeatPlacePayload(Payload):
    """Where the unit was last by a trusted fix, to about a hundred metres."""

    lat_deg: float = Field(ge=-90, le=90)
    lon_deg: float = Field(ge=-180, le=180)
    at: AwareDatetime
    """When, by the unit's trusted clock."""


class HeartbeatPayload(Payload):
    """What a unit says of itself; None: not known at present."""

    schema_version: int = SCHEMA_VERSION
    version: Word
    """Of the software; empty: not known."""
    is_running: bool
    """Whether the daemon that reads plates runs."""
    is_ready: bool
    """Whether plates are read, matched and announced."""
    uptime_s: float | None
    frames: Count | None
    """Frames of all cameras since that daemon began; likewise the next counts."""
    frames_dropped: Count | None
    frames_lost: Count | None
    reads: Count | None
    hits: Count | None
    queue_items: Count | None
    queue_oldest_s: float | None
    queue_refused: Count | None
    lists: list[HeartbeatListPayload] = Field(max_length=LISTS_MAX)
    has_fix: bool | None
    clock_source: Word | None
    temperature_c: float | None
    is_throttled: bool | None
    disk_share: float | None
    disk_free_bytes: Count | None
    certificate_days_left: float | None
    faults: list[HeartbeatFaultPayload] = Field(max_length=FAULTS_MAX)
    place: HeartbeatPlacePayload | None = None
    """None as well from a unit whose settings tell none, and from an earlier release."""
