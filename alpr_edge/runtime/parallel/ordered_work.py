"""Shares the items of a channel out to several workers, and gives their results back in order, key by key.

A worker takes an item with a **ticket**: its number among those of its key (a frame: its camera), given while no other
worker can take one. It returns the ticket with the result, or without one where it failed. Results of one key come out
by their numbers; those of other keys never wait for them.

What is held is bounded by the tickets out: no further item of a key is taken while ``ahead_max`` of its tickets are at
work or wait for the reader of the results. So items stay in the inlet, where a live unit keeps the newest alone. Where
the reader is what is slow, a live unit takes none as soon as ``ready_max`` results of the key wait for it: each would
grow old in that queue, while a later one of the inlet is fresh. Results that wait for an earlier one of their key do
not count there: the reader could not have read them.

A key whose items fail one after the other is **held**: none of it is taken for a while, each time longer. A worker
that fails has to be started again, and works on no other key meanwhile: a camera whose frames all fail would cost the
others their workers.
"""

import itertools
import time
from collections import Counter, OrderedDict, deque
from collections.abc import Callable, Collection, Hashable
from dataclasses import dataclass
from threading import Condition
from typing import Generic, TypeVar

from alpr_edge.domain.retry import Backoff
from alpr_edge.runtime.channels import BoundedChannel, ClosedError

T = TypeVar("T")
R = TypeVar("R")

FAILURES_MIN = 2
"""Failures in a row from which on a key is held: a single item may fail by itself."""


@dataclass(slots=True, eq=False)
class Ticket(Generic[T, R]):
    """An item that one worker has taken."""

    item: T
    key: Hashable
    taken_s: float
    """When it was taken, on the monotonic clock."""
    returned: bool = False
    """Whether it was returned, or given up; what is returned after that does not count."""
    result: R | None = None
    """None while the work is under way, and where it failed."""


@dataclass(frozen=True, slots=True)
class LiveLimits:
    """What a live unit bounds so that its results are fresh.

    By itself nothing, so that what comes out depends on the items alone.
    """

    ready_max: int | None = None
    """From so many results of a key on that can be read, and are not yet, none of its items is taken; None: no limit.
    What workers have in hand then still comes on top."""
    overdue_s: float | None = None
    """The time after which a ticket that holds up others of its key is given up; None: never."""
    backoff: Backoff | None = None
    """The waits for which a key is held whose items fail; None: none is."""


NO_LIMITS = LiveLimits()


class OrderedWork(Generic[T, R]):
    """The items that several workers have in hand, and their results.

    Args:
        ahead_max: the most tickets of one key that are out, or wait to be read, at a time.
    """

    def __init__(
        self,
        inlet: BoundedChannel[T],
        key: Callable[[T], Hashable],
        workers: int,
        ahead_max: int,
        limits: LiveLimits = NO_LIMITS,
    ) -> None:
        self._inlet = inlet
        self._key = key
        self._workers = workers
        self._ahead_max = ahead_max
        self._limits = limits
        self._tickets: OrderedDict[Hashable, deque[Ticket[T, R]]] = OrderedDict()
        """The tickets of each key in the order in which they were taken; the key read longest ago first."""
        self._condition = Condition()
        self._failures: Counter[Hashable] = Counter()
        """Items of each key that failed since one did not."""
        self._held_until_s: dict[Hashable, float] = {}
        """On the monotonic clock."""
        self.taken: Counter[Hashable] = Counter()
        """Items of each key taken so far."""
        self.lost: Counter[Hashable] = Counter()
        """Items of each key that gave no result: the work on them failed, or took too long."""

    def take(self, timeout_s: float) -> Ticket[T, R] | None:
        """Take the next item; None when none came in time. Raises ClosedError once the inlet is closed and empty."""
        return self._inlet.get_as(timeout_s, self._issue, self._has_room)

    def put_back(self, ticket: Ticket[T, R], result: R | None) -> None:
        """Return a ticket with its result; None: the work failed. Never waits."""
        is_let_go = False
        with self._condition:
            if not ticket.returned:
                ticket.returned, ticket.result = True, result
                is_let_go = self._note(ticket.key, has_failed=result is None)
                self._condition.notify_all()
        if is_let_go:
            self._inlet.wake()

    def get(self, timeout_s: float) -> tuple[T, R] | None:
        """The next item with its result; None when there was none in time, or one was lost.

        Raises:
            ClosedError: the workers have ended, and every result was read.
        """
        with self._condition:
            self._condition.wait_for(lambda: self.is_over or self._next_key() is not None, timeout_s)
            if self.is_over:
                raise ClosedError
            ticket, makes_room = self._pop()
        # Not while the results are locked: whoever takes an item locks the inlet first.
        if makes_room:
            self._inlet.wake()
        return None if ticket is None or ticket.result is None else (ticket.item, ticket.result)

    def is_under_way(self, key: Hashable) -> bool:
        """Whether a result of the key waits to be read, or a worker has one in hand that is not overdue."""
        with self._condition:
            return any(ticket.returned or not self._is_overdue(ticket) for ticket in self._tickets.get(key, ()))

    def close(self) -> None:
        """Note that one worker has ended."""
        with self._condition:
            self._workers -= 1
            self._condition.notify_all()

    @property
    def is_over(self) -> bool:
        """Whether the workers have ended and every result was read."""
        return self._workers <= 0 and not self._tickets

    @property
    def is_fed(self) -> bool:
        """Whether an item waits to be taken, or may still come."""
        return not self._inlet.is_over

    @property
    def failing_keys(self) -> list[Hashable]:
        """The keys that are held, or were until the next item is tried."""
        with self._condition:
            return list(self._held_until_s)

    def _has_room(self, item: T) -> bool:
        key = self._key(item)
        with self._condition:
            # After the last item there is nothing to be kept for others, and the workers have to end.
            is_held = not self._inlet.closed and self._held_until_s.get(key, 0.0) > time.monotonic()
            return not is_held and not self._is_full(self._tickets.get(key, ()))

    def _is_full(self, tickets: Collection[Ticket[T, R]]) -> bool:
        """Whether a key with these tickets gets no further one."""
        ready = itertools.takewhile(lambda ticket: ticket.returned, tickets)
        ready_count = sum(ticket.result is not None for ticket in ready)
        ready_max = self._limits.ready_max
        return len(tickets) >= self._ahead_max or (ready_max is not None and ready_count >= ready_max)

    def _is_overdue(self, ticket: Ticket[T, R]) -> bool:
        overdue_s = self._limits.overdue_s
        return overdue_s is not None and time.monotonic() - ticket.taken_s > overdue_s

    def _note(self, key: Hashable, *, has_failed: bool) -> bool:
        """Hold a key whose items fail, and let go one of which an item did not; returns whether one was let go."""
        if not has_failed:
            self._failures.pop(key, None)
            return self._held_until_s.pop(key, None) is not None
        self._failures[key] += 1
        failures = self._failures[key] - FAILURES_MIN + 1
        if self._limits.backoff is not None and failures > 0:
            self._held_until_s[key] = time.monotonic() + self._limits.backoff.wait_s(failures, 1.0)
        return False

    def _issue(self, item: T) -> Ticket[T, R]:
        ticket: Ticket[T, R] = Ticket(item, self._key(item), time.monotonic())
        with self._condition:
            self._tickets.setdefault(ticket.key, deque()).append(ticket)
            self.taken[ticket.key] += 1
        return ticket

    def _next_key(self) -> Hashable | None:
        """A key whose first ticket can be read or given up, the one read longest ago first; None: there is none."""
        return next((key for key, tickets in self._tickets.items() if self._is_due(tickets)), None)

    def _is_due(self, tickets: deque[Ticket[T, R]]) -> bool:
        first = tickets[0]
        if first.returned or self._workers <= 0:
            return True
        return self._is_overdue(first) and any(ticket.returned for ticket in tickets)

    def _pop(self) -> tuple[Ticket[T, R] | None, bool]:
        """Remove the ticket that is due, whose key is looked at last from now on; and whether that makes room."""
        key = self._next_key()
        if key is None:
            return None, False
        tickets = self._tickets.pop(key)
        makes_room = self._is_full(tickets)
        ticket = tickets.popleft()
        ticket.returned = True
        if ticket.result is None:
            self.lost[key] += 1
        if tickets:
            self._tickets[key] = tickets
        return ticket, makes_room
