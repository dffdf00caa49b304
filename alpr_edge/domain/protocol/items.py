"""Items that travel from the vehicle to the department: kinds, order, payloads, versions, digests.

An item's body is bytes and its digest is their SHA-256: the department answers with the digest of what it
stored, and only a matching one lets the vehicle's copy age out. Bodies of reads and hits are canonical JSON
(sorted keys, no spaces, UTF-8), so the same value has one digest on every machine. Versions only add fields:
a department ignores what it does not know and stores the body as it came.
"""

import hashlib
import json
from dataclasses import dataclass
from enum import IntEnum, StrEnum
from typing import Any, Literal

from pydantic import BaseModel, Field, SerializerFunctionWrapHandler, model_serializer

from alpr_edge.domain.fixes import Position
from alpr_edge.domain.instants import Instant, rfc3339
from alpr_edge.domain.protocol.access_log import LogStatementPayload
from alpr_edge.domain.protocol.payload import MomentText, Payload
from alpr_edge.domain.reads import PlateRead

SCHEMA_VERSION = 1
CORRECTED_SCHEMA_VERSION = 2
"""Of a read that a person corrected, which says by whom."""
BODY_BYTES_MAX = 8 * 1024 * 1024
"""Largest body of one item; a full frame as JPEG stays well below."""
PROTOCOL_VERSION = 1
"""Version of the HTTP protocol; :data:`SCHEMA_VERSION` is that of the payloads."""
ITEMS_PATH = "/v1/items"
"""Where a batch is posted: multipart/form-data, one part an item, named by its id, its filename the kind."""
UNIT_HEADER = "Alpr-Edge-Unit"
"""Header that names the sending unit; it must be the client certificate's common name."""
PROTOCOL_HEADER = "Alpr-Edge-Protocol"
"""Header on every request and every answer: an answer without it comes from some server in between."""
DIGEST_HEADER = "Alpr-Edge-Sha256"
"""Header of every part: a body that was changed on the way is never stored."""
LISTS_PATH = "/v1/lists/"
"""Path before a source's name and ``?after=SERIAL``: the next list after that serial, or 204 when there is none."""
LIST_SERIAL_HEADER = "Alpr-Edge-List-Serial"
"""Header of a list: its serial at the department, which grows by one with each list of the source."""
LIST_CHANGE_HEADER = "Alpr-Edge-List-Change"
"""Header of a list: a :class:`ListChange`."""
LIST_ACCEPTED_HEADER = "Alpr-Edge-List-Accepted"
"""Header of a list whose size was accepted: each :class:`AcceptedSize`, with commas between; older releases have none.
"""
ITEM_ID_PATTERN = r"^[A-Za-z0-9._:-]{1,128}$"
ITEMS_MAX = 500
"""Most items of one batch."""


class ListChange(StrEnum):
    """What a feed does to the list held."""

    COMPLETE = "complete"
    """It replaces the list."""
    ADDITIONS = "additions"
    REMOVALS = "removals"


class AcceptedSize(StrEnum):
    """What a department accepted of a list's size, though it is beyond the limits of an import."""

    SHRINK = "shrink"
    """It is much smaller than the list before."""
    GROWTH = "growth"
    """It is much larger."""


class ItemKind(StrEnum):
    """What an item carries."""

    READ = "read"
    HIT = "hit"
    ACCESS = "access"
    IMAGE = "image"
    TIME = "time"
    """When a read sent before was, its own item untouched (:mod:`~alpr_edge.domain.protocol.time_corrections`)."""
    ALERT = "alert"
    """What an officer was shown of a hit (:mod:`~alpr_edge.domain.protocol.hits`)."""
    WITHDRAWAL = "withdrawal"
    """That an alert no longer held."""
    LATE_TONE = "late_tone"
    """When the tone of an alert sounded that had stayed quiet (:mod:`~alpr_edge.domain.protocol.hits`)."""
    DISPOSITION = "disposition"
    """What an officer says of a hit (:mod:`~alpr_edge.domain.protocol.dispositions`)."""
    HOLD = "hold"
    """Reads that are held for a case (:mod:`~alpr_edge.domain.protocol.holds`)."""
    HOLD_RELEASE = "hold_release"
    """That a hold was released."""
    CANVASS = "canvass"
    """A canvass that was started (:mod:`~alpr_edge.domain.protocol.canvass`)."""
    CANVASS_END = "canvass_end"
    """That a canvass ended."""
    ACCESS_RECORD = "access_record"
    """A record of the unit's access log (:mod:`alpr_edge.domain.access_log.records`)."""
    CHECKPOINT = "checkpoint"
    """A signed checkpoint of that log (:mod:`alpr_edge.domain.protocol.access_log`)."""
    BOOKING = "booking"
    """The booking of an evidence package (:mod:`~alpr_edge.domain.protocol.bookings`)."""


class Urgency(IntEnum):
    """Order of delivery, first to last; hits travel before their reads."""

    COVERT_HIT = 0
    HIT = 1
    ACCESS = 2
    READ = 3
    IMAGE = 4


@dataclass(frozen=True, slots=True, eq=False)
class OutboxItem:
    """One item to deliver. Its id is the idempotency key: the department stores it once."""

    item_id: str
    kind: ItemKind
    body: bytes
    sha256: str
    attempts: int = 0
    failures_alone: int = 0
    """How often it failed while other items were delivered; items that failed less often go first."""


class Outcome(StrEnum):
    """What became of one item of a batch."""

    RECEIPT = "receipt"
    """Stored; the answer carries the digest of what was stored."""
    RETRY = "retry"
    """Not stored now; to be sent again."""
    UNSENT = "unsent"
    """Nothing is known of it, because the link broke before the department answered."""
    REFUSED = "refused"
    """Never accepted in this form (400, 409 with other content, 413, 422): quarantined and shown, never deleted."""


@dataclass(frozen=True, slots=True)
class Answer:
    """The department's answer for one item."""

    item_id: str
    outcome: Outcome
    sha256: str | None = None
    detail: str = ""


class ItemAnswerPayload(Payload):
    """The department's answer for one item, as it travels. ``status`` has the meaning of HTTP's."""

    item_id: str
    outcome: str
    """An :class:`Outcome`; a unit takes a word it does not know for retry."""
    status: int
    sha256: str | None = None
    """Digest of what is stored, read back."""
    detail: str = ""
    """What was wrong, without any value of the body."""


class AnswersPayload(Payload):
    """The answer to a batch."""

    answers: list[ItemAnswerPayload]
    lists: dict[str, int] = Field(default_factory=dict)
    """Newest serial of each hotlist source the department holds for this unit."""
    utc: str = ""
    """The department's time as it answers, RFC 3339; empty from an older department."""
    logs: list[LogStatementPayload] = Field(default_factory=list)
    """What the department says of this unit's access logs, the newest first."""


class InstantPayload(Payload):
    """A moment with the source of its time: never rewritten, corrected beside the original."""

    boot_id: str
    boottime_ns: int
    utc: MomentText | None
    utc_source: str
    uncertainty_ms: float | None


class PositionPayload(Payload):
    """A position with its age, its precision and its source."""

    lat_deg: float = Field(ge=-90, le=90)
    lon_deg: float = Field(ge=-180, le=180)
    age_ms: float
    hdop: float | None
    source: str


class AlternativePayload(Payload):
    """Another text the vote considered."""

    plate: str
    confidence: float


class EvidencePayload(Payload):
    """An image that travels as an item of its own."""

    kind: Literal["crop", "scene"]
    sha256: str = Field(pattern="^[0-9a-f]{64}$")
    length: int


class EarlierTextPayload(Payload):
    """A text that a read had before further looks changed it."""

    plate: str
    confidence: float = Field(ge=0, le=1)
    frame_number: int


class ReadPayload(Payload):
    """A read as the department stores it."""

    schema_version: int = SCHEMA_VERSION
    read_id: str
    unit_id: str
    camera_id: str
    plate: str
    confidence: float = Field(ge=0, le=1)
    alternatives: list[AlternativePayload]
    vote_count: int
    state: str | None
    first_seen: InstantPayload
    last_seen: InstantPayload
    first_frame: int
    last_frame: int
    box_px: tuple[float, float, float, float]
    position: PositionPayload | None
    evidence: list[EvidencePayload]
    model_ids: list[str]
    supersedes: str | None
    corrected_by: str | None = None
    """The person who corrected its text, by the id in the roster. None: the vote's text; the body of such a read is
    that of earlier releases byte for byte, so that one queued again keeps its digest."""

    earlier_texts: list[EarlierTextPayload] = Field(default_factory=list)
    """Texts that the vote gave before, oldest first; left out where there are none, and by earlier releases, whose
    reads supersede one another instead."""

    @model_serializer(mode="wrap")
    def _leave_out_what_is_missing(self, dump: SerializerFunctionWrapHandler) -> dict[str, Any]:
        values: dict[str, Any] = dump(self)
        return {name: value for name, value in values.items() if value or name not in {"corrected_by", "earlier_texts"}}


def encode(payload: BaseModel) -> bytes:
    """Canonical JSON of a payload."""
    value: Any = payload.model_dump(mode="json")
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False).encode()


def digest(body: bytes) -> str:
    """SHA-256 of a body, lower-case hex."""
    return hashlib.sha256(body).hexdigest()


def instant_payload(instant: Instant) -> InstantPayload:
    return InstantPayload(
        boot_id=instant.boot_id,
        boottime_ns=instant.boottime_ns,
        utc=None if instant.utc is None else rfc3339(instant.utc),
        utc_source=instant.utc_source,
        uncertainty_ms=instant.uncertainty_ms,
    )


def position_payload(position: Position | None) -> PositionPayload | None:
    if position is None:
        return None
    return PositionPayload(
        lat_deg=position.lat_deg,
        lon_deg=position.lon_deg,
        age_ms=position.age_ms,
        hdop=position.hdop,
        source=position.source,
    )


def read_payload(read: PlateRead) -> ReadPayload:
    box = read.box
    return ReadPayload(
        schema_version=SCHEMA_VERSION if read.corrected_by is None else CORRECTED_SCHEMA_VERSION,
        read_id=read.read_id,
        unit_id=read.unit_id,
        camera_id=read.camera_id,
        plate=read.plate,
        confidence=read.confidence,
        alternatives=[AlternativePayload(plate=a.plate, confidence=a.confidence) for a in read.alternatives],
        vote_count=read.vote_count,
        state=read.state,
        first_seen=instant_payload(read.first_seen),
        last_seen=instant_payload(read.last_seen),
        first_frame=read.first_frame,
        last_frame=read.last_frame,
        box_px=(box.left_px, box.top_px, box.right_px, box.bottom_px),
        position=position_payload(read.position),
        evidence=[EvidencePayload(kind=e.kind.value, sha256=e.sha256, length=e.length) for e in read.evidence],
        model_ids=list(read.model_ids),
        supersedes=read.supersedes,
        corrected_by=read.corrected_by,
        earlier_texts=[
            EarlierTextPayload(plate=one.plate, confidence=one.confidence, frame_number=one.frame_number)
            for one in read.earlier_texts
        ],
    )
