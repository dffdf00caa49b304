"""One round of the exchange: queues what is new for each target, and sends what waits.

An event is noted as tried before it is posted, and as sent once the receiver took it: a crash between the two sends it
again under the same id, and nothing is lost. Events go out in their order; one that fails while others are taken steps
back, and is set aside after a few times. A target that takes nothing is left alone for longer each time.
"""

import time
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from alpr_edge.department.db.database import DepartmentDatabase
from alpr_edge.department.exchange_settings import ExchangeTable
from alpr_edge.department.images.department_images import DepartmentImages
from alpr_edge.department.ingest.storage import Storage
from alpr_edge.department.interchange import exchange_queue as queue
from alpr_edge.department.interchange.carriers import EventCarrier, open_carrier
from alpr_edge.department.interchange.delivery import Delivery, DeliveryOutcome, DeliveryTimes
from alpr_edge.department.interchange.event_values import event_content, missing_pictures, picture_values
from alpr_edge.department.interchange.exchange_queue import ExchangeState, QueuedEvent
from alpr_edge.department.interchange.feed import queue_events_for
from alpr_edge.department.interchange.templates import EventKind
from alpr_edge.department.retention.leases import Lease, held_lease
from alpr_edge.domain.errors import DepartmentError
from alpr_edge.domain.protocol.items import digest

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
