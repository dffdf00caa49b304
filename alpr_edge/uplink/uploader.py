"""Delivers the outbox to the department, one batch a step.

Nothing is ever deleted here: the outbox keeps what was sent until its receipt, and what was refused until somebody
looks at it.

After a failure all items wait, not only those of the batch: what fails for one batch fails for the next. The next batch
is half as large, down to one item: so a batch that is too large for a weak link arrives in parts, and an item at which
the department fails ends up alone. Where the department asks for a wait the batch stays as large, since many small ones
would use up its limit of requests; only one that does so with 5xx again and again may fail over an item all the same.

An item that failed alone is passed over until another one has arrived. When it then fails alone again, the item is to
blame and not the link: the failure is counted on disk, the item waits behind all others whatever its urgency, and after
``item_attempts_max`` failures it is quarantined. While the department is down for all items, nothing is counted.
"""

import random
from collections import OrderedDict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

import structlog

from alpr_edge.domain.errors import ServerFailedError, UnauthorisedError, UnreadableItemError, UplinkError
from alpr_edge.domain.instants import NS_PER_S, Instant
from alpr_edge.domain.ports import Clock, Department
from alpr_edge.domain.protocol.items import Answer, OutboxItem, Outcome
from alpr_edge.domain.retry import Backoff
from alpr_edge.settings import UplinkSettings
from alpr_edge.store.outbox.outbox import Outbox

# Finds out whether an item fails by itself, or the link or the department is down for every item.
#
# One failure proves nothing. An item fails by itself when it failed alone, another item was delivered, and it failed
# alone again. On a weak link any item may now and then fail without an answer (a time-out, a connection that was cut);
# such a failure has to happen :data:`ROUNDS_WITHOUT_ANSWER` times.
#
# Suspicion is kept in memory alone and ends with a restart; proven failures are counted in the outbox. An item that is
# known to fail rests meanwhile, and what rests is kept in memory too.

SUSPECTS_MAX = 16
"""Most items under suspicion; the one suspected longest is forgotten first. After an outage each is sent alone."""
ROUNDS_WITHOUT_ANSWER = 3
RESTING_MAX = 1000
"""Most items that rest at a time; the one that has rested longest is tried again first."""


@dataclass(slots=True)
class _Suspect:
    """An item that failed alone."""

    others_passed: bool = False
    """Whether another item got through since."""
    rounds: int = 0
    """How often it failed again although another had got through."""


class Suspects:
    """Items that failed when they were sent alone, and may be to blame themselves."""

    def __init__(self) -> None:
        self._suspects: OrderedDict[str, _Suspect] = OrderedDict()

    def __len__(self) -> int:
        """Number of items under suspicion."""
        return len(self._suspects)

    @property
    def ids(self) -> list[str]:
        """Ids of all of them; other items are sent until one is delivered."""
        return list(self._suspects)

    @property
    def next_alone(self) -> str | None:
        """The one to send again now, by itself, because another item got through; None when none is."""
        return next((item_id for item_id, suspect in self._suspects.items() if suspect.others_passed), None)

    def fail(self, item_id: str, *, has_answer: bool) -> bool:
        """Note that an item failed when it was sent alone.

        Args:
            has_answer: whether the department answered (5xx), or nothing came.

        Returns:
            Whether it is known now to fail by itself; it is under suspicion no more then.
        """
        suspect = self._suspects.setdefault(item_id, _Suspect())
        suspect.rounds += suspect.others_passed
        # Whether the link works is no longer known.
        for each in self._suspects.values():
            each.others_passed = False
        if suspect.rounds >= (1 if has_answer else ROUNDS_WITHOUT_ANSWER):
            del self._suspects[item_id]
            return True
        while len(self._suspects) > SUSPECTS_MAX:
            self._suspects.popitem(last=False)
        return False

    def note_passed(self, item_ids: Iterable[str]) -> None:
        """Note that items got through: they are cleared, and the others are to be tried again."""
        for item_id in item_ids:
            self._suspects.pop(item_id, None)
        for suspect in self._suspects.values():
            suspect.others_passed = True

    def clear(self, item_id: str) -> None:
        """Forget an item that is not due any more."""
        self._suspects.pop(item_id, None)


class RestingItems:
    """Items that are not tried again before a moment of this boot, as they fail by themselves."""

    def __init__(self) -> None:
        self._until_ns: dict[str, int] = {}

    def add(self, item_id: str, until_ns: int) -> None:
        """Let an item rest until a moment of this boot."""
        self._until_ns.pop(item_id, None)
        self._until_ns[item_id] = until_ns
        while len(self._until_ns) > RESTING_MAX:
            del self._until_ns[next(iter(self._until_ns))]

    def ids_at(self, now_ns: int) -> list[str]:
        """Ids of the items that rest at a moment; the others are forgotten."""
        self._until_ns = {item: until for item, until in self._until_ns.items() if until > now_ns}
        return list(self._until_ns)

    def clear(self) -> None:
        """Let none rest any more."""
        self._until_ns.clear()


BATCH_BYTES_MIN = 65_536
ASKED_WAIT_S_MAX = 3600.0
"""Longest that a department is left alone because it limits requests and asks for it (``Retry-After``): limits count by
the minute or the hour, and what asks for more would keep hits in the car by one wrong header."""
BUSY_ANSWERS_MAX = 2
"""How many 5xx in a row that ask for a wait leave the batch as large as it is."""
SILENCE_S_MAX = 600.0
"""How long nothing is asked of a department that has everything: its answer brings the date, and that it is there."""

log = structlog.get_logger(__name__)


class Link(StrEnum):
    """How the link to the department stands."""

    UNTRIED = "untried"
    UP = "up"
    DOWN = "down"
    UNAUTHORISED = "unauthorised"
    """The department does not accept this unit: nothing is sent until somebody enrolls it again."""


@dataclass(frozen=True, slots=True)
class LinkState:
    """What health shows of the uplink. Holds no plate text."""

    link: Link = Link.UNTRIED
    last_error: str = ""
    """Why the last step failed; empty after one that did not."""
    failures: int = 0
    """Steps in a row without anything settled."""
    delivered: int = 0
    """Items with a good receipt since the start."""
    refused: int = 0
    """Items the department refused since the start."""
    wrong_digests: int = 0
    """Receipts for other content than was sent, since the start."""
    waiting: int = 0
    """Items in the outbox that are still to be delivered."""
    quarantined: int = 0
    """Items in the outbox that are quarantined."""
    last_receipt: Instant | None = None


class Uploader:
    """Delivers what the outbox holds.

    Args:
        draw: gives random numbers in [0, 1), which spread a fleet that lost its department at the same moment.
    """

    def __init__(
        self,
        outbox: Outbox,
        department: Department,
        settings: UplinkSettings,
        clock: Clock,
        draw: Callable[[], float] = random.random,
    ) -> None:
        self._outbox = outbox
        self._department = department
        self._settings = settings
        self._clock = clock
        self._draw = draw
        self._backoff = Backoff(first_s=settings.retry_first_s, longest_s=settings.retry_max_s)
        self._batch_items = settings.batch_items
        self._batch_bytes = settings.batch_bytes
        self._has_started = False
        self._suspects = Suspects()
        self._resting = RestingItems()
        self._answered_ns = clock.now().boottime_ns
        """When the department answered last, or since when it is expected to."""
        self._probe_item: OutboxItem | None = None
        """An item that the department took last: sent again, it shows whether anything gets through."""
        self._empty_version: int | None = None
        """The version of the outbox when nothing was due, nor due later; None: something was."""
        self.state = LinkState()

    def step(self) -> float:
        """Deliver one batch and return the seconds to wait before the next step.

        The first step only draws a wait: after a power cut everything is due at once, in every car.

        Raises:
            StoreError: the outbox cannot be read or written; what was delivered is sent again and stored once.
        """
        if not self._has_started:
            self._has_started = True
            self._count()
            return self._draw() * self._settings.retry_first_s
        try:
            items = self._next()
        except UnreadableItemError as error:
            return self._put_off(error)
        if not items:
            return self._idle()
        try:
            answers = self._department.deliver(items)
        except UnauthorisedError as error:
            return self._pause(error)
        except UplinkError as error:
            return self._fail(items, error)
        return self._settle(items, answers)

    def _idle(self) -> float:
        """Wait, as nothing is due; a department that has not answered for long is asked whether it is there."""
        if self._clock.now().boottime_ns - self._answered_ns >= SILENCE_S_MAX * NS_PER_S:
            try:
                self._department.ping()
            except UnauthorisedError as error:
                return self._pause(error)
            except UplinkError as error:
                return self._back_off(Link.DOWN, str(error), self._asked_s(error))
            self._answered_ns = self._clock.now().boottime_ns
            self._succeed()
        self._count()
        return self._settings.idle_s

    def _put_off(self, error: UnreadableItemError) -> float:
        """Let an item rest that cannot be read, when nothing else is due."""
        self._rest(error.item_id, 1)
        self.state = replace(self.state, last_error=str(error))
        self._count()
        return self._settings.idle_s

    def reset_backoff(self) -> None:
        """Begin with the shortest wait again, for when little time is left to send."""
        self._resting.clear()
        self.state = replace(self.state, failures=0)

    def _next(self) -> list[OutboxItem]:
        """What to send now; while items are under suspicion, another item, which shows whether the link works."""
        while (suspect := self._suspects.next_alone) is not None:
            item = self._outbox.find(suspect)
            if item is not None:
                return [item]
            self._suspects.clear(suspect)
        suspects, resting = self._suspects.ids, self._resting.ids_at(self._clock.now().boottime_ns)
        if not suspects:
            version = self._outbox.version()
            if version == self._empty_version:
                return []
            size = (self._batch_items, self._batch_bytes, resting)
            # A medium may be lost on its way, so the items on it are sent as well, once nothing else waits.
            items = self._outbox.due(*size) or self._outbox.due(*size, on_media=True)
            self._empty_version = None if items or resting else version
            return items
        waiting = [*suspects, *resting]
        # From both ends of the queue in turn: where all items of one urgency fail, one of another urgency soon arrives.
        if len(suspects) % 2 == 0 and (last := self._outbox.last_due(waiting)):
            return last
        return self._outbox.due(self._batch_items, self._batch_bytes, waiting) or self._next_of_suspects(resting)

    def _next_of_suspects(self, resting: Sequence[str]) -> list[OutboxItem]:
        """What to send while only suspects wait: the first of them, or an item that was delivered before.

        The delivered item shows whether the link works. It is sent only once the first suspect is known to fail by
        itself: a department with a full disk still gives receipts for what it has.
        """
        size = (1, self._batch_bytes, resting)
        items = self._outbox.due(*size) or self._outbox.due(*size, on_media=True)
        if items and items[0].failures_alone and self._probe_item is not None:
            return [self._probe_item]
        return items

    def _fail(self, items: Sequence[OutboxItem], error: UplinkError) -> float:
        """Note that a delivery failed as a whole: the link's fault, until an item is known to fail by itself."""
        is_5xx, asks_to_wait = isinstance(error, ServerFailedError), error.retry_after_s is not None
        if not asks_to_wait or (is_5xx and self.state.failures >= BUSY_ANSWERS_MAX):
            self._halve_batch()
        if (asks_to_wait and not is_5xx) or len(items) != 1 or items[0] is self._probe_item:
            return self._back_off(Link.DOWN, str(error), self._asked_s(error))
        item = items[0]
        if not self._suspects.fail(item.item_id, has_answer=is_5xx):
            return self._back_off(Link.DOWN, str(error), self._asked_s(error))
        self._outbox.failed_alone(item.item_id, f"failed alone: {error}", self._settings.item_attempts_max)
        self._rest(item.item_id, item.failures_alone + 1)
        log.warning("uplink.item_failed_alone", item_id=item.item_id, failures=item.failures_alone + 1)
        return self._back_off(Link.UP, f"an item fails while others get through: {error}", self._asked_s(error))

    def _rest(self, item_id: str, failures: int) -> None:
        """Do not try an item again for a while that grows with each of its failures."""
        wait_s = self._backoff.wait_s(failures, self._draw())
        self._resting.add(item_id, self._clock.now().boottime_ns + round(wait_s * NS_PER_S))

    def _settle(self, items: Sequence[OutboxItem], answers: Sequence[Answer]) -> float:
        now = self._clock.now()
        self._answered_ns = now.boottime_ns
        self._outbox.settle(answers, self._settings.digest_attempts_max, now.utc)
        items_by_id = {item.item_id: item for item in items}
        receipts = [answer for answer in answers if answer.outcome is Outcome.RECEIPT]
        stored_items = [
            items_by_id[answer.item_id] for answer in receipts if answer.sha256 == items_by_id[answer.item_id].sha256
        ]
        refused_ids = [answer.item_id for answer in answers if answer.outcome is Outcome.REFUSED]
        wrong_count = len(receipts) - len(stored_items)
        self.state = replace(
            self.state,
            delivered=self.state.delivered + sum(item is not self._probe_item for item in stored_items),
            refused=self.state.refused + len(refused_ids),
            wrong_digests=self.state.wrong_digests + wrong_count,
            last_receipt=now if stored_items else self.state.last_receipt,
        )
        if refused_ids or wrong_count:
            log.warning("uplink.items_refused", refused=len(refused_ids), wrong_digests=wrong_count)
        if stored_items:
            self._probe_item = min(stored_items, key=lambda item: len(item.body))
        retry_items = [items_by_id[answer.item_id] for answer in answers if answer.outcome is Outcome.RETRY]
        if not stored_items and not refused_ids:
            return self._handle_none_stored(items, retry_items)
        self._suspects.note_passed([*(item.item_id for item in stored_items), *refused_ids])
        self._rest_repeated(retry_items)
        self._succeed()
        return 0.0

    def _handle_none_stored(self, items: Sequence[OutboxItem], retry_items: Sequence[OutboxItem]) -> float:
        """Note that the department took nothing: back off, unless all items are known to fail by themselves."""
        self._rest_repeated(retry_items)
        reason = f"none of {len(items)} items was taken"
        if len(retry_items) < len(items) or not all(item.failures_alone for item in retry_items):
            self._halve_batch()
            return self._back_off(Link.UP, reason, 0.0)
        self.state = replace(self.state, link=Link.UP, last_error=reason)
        self._count()
        return self._settings.retry_first_s

    def _rest_repeated(self, retry_items: Sequence[OutboxItem]) -> None:
        """Let items rest that the department does not take now and did not take before."""
        for item in retry_items:
            if item.attempts:
                self._rest(item.item_id, item.failures_alone + 1)

    def _succeed(self) -> None:
        if self.state.failures:
            log.info("uplink.delivery_recovered", after_failures=self.state.failures)
        self._batch_items = min(self._batch_items * 2, self._settings.batch_items)
        self._batch_bytes = min(self._batch_bytes * 2, self._settings.batch_bytes)
        self.state = replace(self.state, link=Link.UP, last_error="", failures=0)
        self._count()

    def _asked_s(self, error: UplinkError) -> float:
        """How long the department asks to be left alone; one that fails, no longer than any other."""
        longest_s = self._settings.retry_max_s if isinstance(error, ServerFailedError) else ASKED_WAIT_S_MAX
        return min(error.retry_after_s or 0.0, longest_s)

    def _back_off(self, link: Link, reason: str, asked_s: float) -> float:
        """Wait at least as long as the department asked for."""
        failures = self.state.failures + 1
        wait_s = max(self._backoff.wait_s(failures, self._draw()), asked_s)
        self.state = replace(self.state, link=link, last_error=reason, failures=failures)
        self._count()
        told_s = round(wait_s, 1)
        log.warning("uplink.delivery_failed", link=link.value, reason=reason, failures=failures, wait_s=told_s)
        return wait_s

    def _halve_batch(self) -> None:
        """Make the next batch half as large, as this one may be to blame."""
        self._batch_items = max(self._batch_items // 2, 1)
        self._batch_bytes = max(self._batch_bytes // 2, BATCH_BYTES_MIN)

    def _pause(self, error: UnauthorisedError) -> float:
        """Take the longest wait at once: a person has to act, and trying again does not help."""
        failures = self.state.failures + 1
        self.state = replace(self.state, link=Link.UNAUTHORISED, last_error=str(error), failures=failures)
        self._count()
        wait_s = self._settings.retry_max_s * (1.0 + self._draw() / 4)
        log.error("uplink.unit_refused", reason=str(error), wait_s=round(wait_s, 1))
        return wait_s

    def _count(self) -> None:
        counts = self._outbox.counts()
        self.state = replace(self.state, waiting=counts.ready, quarantined=counts.quarantined)
