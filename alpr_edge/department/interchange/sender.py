"""One round of the exchange: queues what is new for each target, and sends what waits.

An event is noted as tried before it is posted, and as sent once the receiver took it: a crash between the two sends it
again under the same id, and nothing is lost. Events go out in their order; one that fails while others are taken steps
back, and is set aside after a few times. A target that takes nothing is left alone for longer each time.
"""

import base64
import time
import uuid
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from pydantic import ValidationError
from sqlalchemy import Connection, RowMapping, select

from alpr_edge.department.db.database import DepartmentDatabase
from alpr_edge.department.db.day_keys.item_bodies import open_body, select_bodies
from alpr_edge.department.db.schema import hits, items, reads
from alpr_edge.department.exchange_settings import ExchangeTable
from alpr_edge.department.images.department_images import DepartmentImages
from alpr_edge.department.images.plain_scenes import plain_scene
from alpr_edge.department.ingest.storage import Storage
from alpr_edge.department.interchange import exchange_queue as queue
from alpr_edge.department.interchange.bodies import Value
from alpr_edge.department.interchange.carriers import EventCarrier, open_carrier
from alpr_edge.department.interchange.delivery import Delivery, DeliveryOutcome, DeliveryTimes
from alpr_edge.department.interchange.exchange_queue import ExchangeState, QueuedEvent
from alpr_edge.department.interchange.feed import queue_events_for
from alpr_edge.department.interchange.templates import EventKind
from alpr_edge.department.retention.leases import Lease, held_lease
from alpr_edge.domain.errors import DepartmentError, LostError
from alpr_edge.domain.instants import rfc3339
from alpr_edge.domain.protocol.items import ReadPayload, digest
from alpr_edge.domain.reads import EvidenceKind

NO_PLATE = EventKind.WITHDRAWAL
SCENE = f"{EvidenceKind.SCENE.value}_base64"
_DAY_US = 86_400 * 1_000_000
_HIT_VALUES = ("reason", "level", "entry_plate", "entry_state", "match_kind", "state_match")


@dataclass(frozen=True, slots=True)
class EventContent:
    """What is known of an event."""

    values: Mapping[str, Value]
    pictures: Mapping[str, str]
    """By placeholder the digests of the pictures that its read names."""
    is_of_hit: bool = False
    """Whether it tells of a hit, whose scene is kept larger than that of other reads."""


def event_content(connection: Connection, event: QueuedEvent, now: datetime) -> EventContent | None:
    """The values of an event, without pictures; None: what it is of was deleted, or its time is not sure any more."""
    values: dict[str, Value] = {
        "event": event.kind.value,
        "event_id": event.event_id,
        "about_id": event.about,
        "sent_utc": rfc3339(now),
        "read_id": event.read_id,
        "hit_id": event.hit_id,
        "unit_id": event.unit_id,
    }
    if event.kind is NO_PLATE:
        return EventContent(values, {})
    read = _read(connection, event)
    hit = None if event.hit_id is None else _hit(connection, event)
    if read is None or (hit is None and event.hit_id is not None):
        return None
    values |= _read_values(*read)
    if hit is not None:
        values |= {name: hit[name] for name in _HIT_VALUES} | {"list": hit["source"]}
    pictures = {f"{each.kind}_base64": each.sha256 for each in read[1].evidence}
    return EventContent(values, pictures, is_of_hit=hit is not None)


def missing_pictures(connection: Connection, content: EventContent) -> int:
    """How many of an event's pictures are not here yet."""
    wanted = {*content.pictures.values()}
    here = select(items.c.item_id).where(items.c.item_id.in_(wanted), items.c.kind == "image")
    return len(wanted - set(connection.scalars(here)))


def picture_values(connection: Connection, images: DepartmentImages, content: EventContent) -> dict[str, Value]:
    """The pictures of an event in base64; one that is not here, or does not open, is left out.

    The scene of an event that tells of no hit is made as small as that of any read without one.
    """
    stored = images.read(connection, [*content.pictures.values()])
    found = {name: stored[sha256] for name, sha256 in content.pictures.items()}
    values = dict[str, Value]()
    for name, image in found.items():
        if image is not None and image.jpeg is not None:
            with suppress(LostError):
                is_plain = name == SCENE and not content.is_of_hit
                jpeg = plain_scene(image.jpeg) if is_plain else image.jpeg
                values[name] = base64.b64encode(jpeg).decode()
    return values


def _read(connection: Connection, event: QueuedEvent) -> tuple[RowMapping, ReadPayload] | None:
    """The row of an event's read and what its unit sent."""
    query = select(reads).where(reads.c.read_id == event.read_id, reads.c.unit_id == event.unit_id)
    row = connection.execute(query.where(reads.c.seen_at.is_not(None))).mappings().first()
    is_item = (items.c.item_id == event.read_id) & (items.c.unit_id == event.unit_id)
    item = connection.execute(select_bodies().where(is_item)).first()
    if row is None or item is None:
        return None
    try:
        return row, ReadPayload.model_validate_json(open_body(connection, item) or b"")
    except ValidationError:  # damaged since it was stored: `department verify` says so
        return None


def _hit(connection: Connection, event: QueuedEvent) -> RowMapping | None:
    one = select(hits).where(hits.c.hit_id == event.hit_id, hits.c.unit_id == event.unit_id)
    return connection.execute(one).mappings().first()


def _read_values(row: RowMapping, payload: ReadPayload) -> dict[str, Value]:
    """The values of a read; its times are the moment that is sure, and as much later as its clock said."""
    first: datetime = row["seen_at"]
    last = first + _duration(payload)
    return {
        "camera_id": row["camera_id"],
        "plate": payload.plate,
        "state": row["state"],
        "region": row["state"] and f"us-{row['state'].lower()}",
        "confidence": row["confidence"],
        "confidence_percent": round(row["confidence"] * 100, 3),
        "seen_utc": _utc(first),
        "last_utc": _utc(last),
        "seen_ms": _milliseconds(first),
        "last_ms": _milliseconds(last),
        "seen_date": f"{first:%Y-%m-%d}",
        "seen_time": first.time().isoformat("milliseconds"),
        "latitude": row["lat_deg"],
        "longitude": row["lon_deg"],
    }


def _duration(payload: ReadPayload) -> timedelta:
    """How long the plate was seen, by the unit's monotonic clock."""
    first, last = payload.first_seen, payload.last_seen
    if first.boot_id != last.boot_id:
        return timedelta()
    return timedelta(microseconds=min(max(0, last.boottime_ns - first.boottime_ns) // 1000, _DAY_US))


def _utc(moment: datetime) -> str:
    return rfc3339(moment.replace(tzinfo=UTC))


def _milliseconds(moment: datetime) -> int:
    return int(moment.replace(tzinfo=UTC).timestamp() * 1000)


LEASE = "the exchange with other systems"
ROUND_S_MAX = 60.0
"""Longest time that a round spends on one target."""
PICTURES_WAIT = timedelta(minutes=10)
"""How long an event waits for pictures that are still on their way."""
EVENTS_AT_ONCE = 50
_WRITER = ":exchange"
"""Stands for a unit, whose id no unit has: only what is written here waits for it."""

Clock = Callable[[], datetime]


@dataclass(slots=True)
class TargetRound:
    """What a round came to at one target."""

    target: str
    queued: int = 0
    sent: int = 0
    set_aside: int = 0
    dropped: int = 0
    trouble: str = ""
    """Why it takes nothing now; empty: it does, or nothing waited."""


def run_round(
    storage: Storage,
    tables: Sequence[ExchangeTable],
    department: str,
    by: str,
    clock: Clock | None = None,
    times: DeliveryTimes | None = None,
) -> list[TargetRound]:
    """Queue and send, target by target.

    Args:
        clock: the present moment, with a zone; None: this server's.
        times: how long a receiver may take; None: as long as :class:`.DeliveryTimes` has it.

    Raises:
        DepartmentError: another process is at it.
        StoreError: the database does not answer.
    """
    now = clock or (lambda: datetime.now(UTC))
    with held_lease(storage.database, LEASE, str(uuid.uuid4())) as lease:
        return [_TargetSender(storage, table, department, lease, now, times).run(by) for table in tables]


@dataclass(slots=True)
class _TargetSender:
    """Sends to one target.

    Args:
        times: how long the receiver may take.
    """

    storage: Storage
    table: ExchangeTable
    department: str
    lease: Lease
    clock: Clock
    times: DeliveryTimes | None
    result: TargetRound = field(init=False)
    _failed: list[tuple[QueuedEvent, str]] = field(default_factory=list)
    """Events that failed since another was taken, with the answers."""

    def __post_init__(self) -> None:
        self.result = TargetRound(self.table.name)

    def run(self, by: str) -> TargetRound:
        """Queue what is new, and send what waits."""
        with self._database.writing() as connection:
            self.lease.renew(connection)
            number = queue.note_terms(connection, self.table, by, self._naive_now())
            is_early = queue.is_left_alone(connection, self.table.name, self._naive_now())
        over = queue.is_over(self.table, self.clock())
        self.result.queued = queue_events_for(self._database, self.table, number, self._naive_now(), is_over=over)
        if is_early:
            return self.result
        try:
            with open_carrier(self.table, self.storage.directory, self.department, self.times) as carrier:
                self._send_all(carrier)
        except DepartmentError as error:
            self._stop(str(error))
        return self.result

    @property
    def _database(self) -> DepartmentDatabase:
        return self.storage.database

    @property
    def _images(self) -> DepartmentImages:
        return self.storage.images

    def _send_all(self, carrier: EventCarrier) -> None:
        end_s, after = time.monotonic() + ROUND_S_MAX, 0
        while True:
            with self._database.reading() as connection:
                events = queue.waiting_events(connection, self.table.name, after, EVENTS_AT_ONCE)
            for event in events:
                if time.monotonic() > end_s or not self._send(carrier, event):
                    return
                after = event.number
            if not events:
                break
        if self._failed:
            self._stop(self._failed[-1][1])

    def _send(self, carrier: EventCarrier, event: QueuedEvent) -> bool:
        """Send one event, if it is time; False: nothing more goes to this target now."""
        body = self._body(carrier, event)
        if body is None:
            return True
        with self._database.writing(_WRITER) as connection:
            self.lease.renew(connection)
            queue.note_attempt(connection, event.number, self._naive_now())
        delivery = carrier.deliver(event.event_id, body, self.clock())
        return self._note(event, delivery, digest(body))

    def _body(self, carrier: EventCarrier, event: QueuedEvent) -> bytes | None:
        """The body of an event; None: it waits, or was dropped."""
        with self._database.reading() as connection:
            content = event_content(connection, event, self.clock())
            fault = (
                "deleted here before it was sent, or its time is not sure any more"
                if content is None
                else self._fault_of(event)
            )
            if content is not None and not fault:
                if self._has_to_wait(event, missing_pictures(connection, content) if self.table.pictures else 0):
                    return None
                values = {**content.values, "department": self.department, "purpose": self.table.purpose}
                if self.table.pictures:
                    values |= picture_values(connection, self._images, content)
                return carrier.body(event.kind, values)
        with self._database.writing(_WRITER) as connection:
            queue.end_event(connection, event.number, ExchangeState.DROPPED, fault)
        self.result.dropped += 1
        return None

    def _fault_of(self, event: QueuedEvent) -> str:
        """Why an event does not go out any more; empty: it does. A withdrawal always does."""
        if event.kind is EventKind.WITHDRAWAL:
            return ""
        if queue.is_over(self.table, self.clock()):
            return "the approval ended before it was sent"
        if self._naive_now() - event.queued_at > timedelta(hours=self.table.hours_max):
            return f"not taken within {self.table.hours_max} hours"
        return ""

    def _has_to_wait(self, event: QueuedEvent, missing_count: int) -> bool:
        """Whether what a correction is about, or a picture of the event, has to come first."""
        if missing_count and self._naive_now() - event.queued_at < PICTURES_WAIT:
            return True
        if event.about is None:
            return False
        with self._database.reading() as connection:
            return queue.is_waiting(connection, self.table.name, event.about)

    def _note(self, event: QueuedEvent, delivery: Delivery, sha256: str) -> bool:
        """Note what became of a post; False: nothing more goes to this target now."""
        if delivery.outcome is DeliveryOutcome.TAKEN:
            self._end(event, ExchangeState.SENT, delivery.words, sha256)
            return True
        if delivery.outcome is DeliveryOutcome.REFUSED:
            self._end(event, ExchangeState.SET_ASIDE, delivery.words, sha256)
            return True
        self._failed.append((event, delivery.words))
        if delivery.outcome is DeliveryOutcome.PAUSE or delivery.wait_s is not None or len(self._failed) > 1:
            self._stop(delivery.words, delivery.wait_s)
            return False
        return True

    def _end(self, event: QueuedEvent, state: ExchangeState, words: str, sha256: str) -> None:
        """Note that the target answered for this event; those that failed before it failed alone."""
        with self._database.writing(_WRITER) as connection:
            queue.end_event(connection, event.number, state, words, sha256)
            queue.note_taken(connection, self.table.name)
            aside = [queue.note_failure_alone(connection, each.number, said) for each, said in self._failed]
        self._failed.clear()
        self.result.sent += state is ExchangeState.SENT
        self.result.set_aside += sum(aside) + (state is ExchangeState.SET_ASIDE)

    def _stop(self, trouble: str, wait_s: float | None = None) -> None:
        with self._database.writing(_WRITER) as connection:
            queue.note_trouble(connection, self.table.name, trouble, wait_s, self._naive_now())
        self.result.trouble = trouble

    def _naive_now(self) -> datetime:
        return self.clock().astimezone(UTC).replace(tzinfo=None)


def send_test(table: ExchangeTable, directory: Path, department: str, now: datetime) -> Delivery:
    """Post an event that is about no vehicle, so that somebody sees whether the receiver takes it.

    Raises:
        DepartmentError: the settings of the target are wrong.
    """
    event_id = f"evt_test_{uuid.uuid4().hex}"
    values = {"event": "withdrawal", "event_id": event_id, "about_id": "evt_test", "department": department}
    with open_carrier(table, directory, department) as carrier:
        return carrier.deliver(event_id, carrier.body(EventKind.WITHDRAWAL, values), now)
