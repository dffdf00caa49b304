"""Outbox to department, one batch a step.

Nothing is ever deleted here: the outbox keeps what was sent until its receipt, and what was refused until somebody
looks at it.

The whole link backs off, not the item: what fails for one batch fails for the next. After a failure the next batch is
half as large, down to one item: a batch that a weak link cannot carry within the time allowed would otherwise never
arrive, and an item the department stumbles over ends up alone, behind the others.
"""

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

import structlog

from alpr_edge.domain.errors import UnauthorisedError, UplinkError
from alpr_edge.domain.instants import Instant
from alpr_edge.domain.ports import Clock, Department
from alpr_edge.domain.retry import Backoff
from alpr_edge.domain.wire import Answer, OutboxItem, Outcome
from alpr_edge.settings import UplinkSettings
from alpr_edge.store.outbox import Outbox

BATCH_BYTES_MIN = 65_536

log = structlog.get_logger(__name__)


class Link(StrEnum):
    """How the link to the department stands."""

    UNTRIED = "untried"
    UP = "up"
    DOWN = "down"
    UNAUTHORISED = "unauthorised"
    """The department does not accept this unit: nothing is sent until somebody enrols it again."""


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
    """Items in the outbox that were set aside."""
    last_receipt: Instant | None = None


class Uploader:
    """Delivers what the outbox holds.

    Args:
        outbox: of this unit.
        department: where to.
        settings: batch sizes and waits.
        clock: stamps receipts.
        draw: uniform in [0, 1); spreads a fleet that lost its department at the same moment.
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
        self._backoff = Backoff(first_s=settings.retry_first_s, longest_s=settings.retry_longest_s)
        self._batch_items = settings.batch_items
        self._batch_bytes = settings.batch_bytes
        self._started = False
        self.state = LinkState()

    def step(self) -> float:
        """Deliver one batch and return the seconds to wait before the next step.

        The first step only draws a wait: after a power cut everything is due at once, in every car.

        Raises:
            StoreError: the outbox cannot be read or written; what was delivered is sent again and stored once.
        """
        if not self._started:
            self._started = True
            self._count()
            return self._draw() * self._settings.retry_first_s
        size = (self._batch_items, self._batch_bytes)
        # What lies on a medium may never arrive that way, so it is sent as well, once nothing else waits.
        items = self._outbox.due(*size) or self._outbox.due(*size, offloaded=True)
        if not items:
            self._count()
            return self._settings.idle_s
        try:
            answers = self._department.deliver(items)
        except UnauthorisedError as error:
            return self._pause(error)
        except UplinkError as error:
            return self._back_off(Link.DOWN, str(error), error.retry_after_s)
        return self._settle(items, answers)

    def hurry(self) -> None:
        """There is little time left to send: waits grow from the first one anew."""
        self.state = replace(self.state, failures=0)

    def _settle(self, items: Sequence[OutboxItem], answers: Sequence[Answer]) -> float:
        now = self._clock.now()
        self._outbox.settle(answers, self._settings.digest_attempts_max, now.utc)
        sent = {item.item_id: item.sha256 for item in items}
        receipts = [answer for answer in answers if answer.outcome is Outcome.RECEIPT]
        good = sum(answer.sha256 == sent.get(answer.item_id) for answer in receipts)
        refused = sum(answer.outcome is Outcome.REFUSED for answer in answers)
        wrong = len(receipts) - good
        self.state = replace(
            self.state,
            delivered=self.state.delivered + good,
            refused=self.state.refused + refused,
            wrong_digests=self.state.wrong_digests + wrong,
            last_receipt=now if good else self.state.last_receipt,
        )
        if refused or wrong:
            log.warning("uplink.items_not_taken", refused=refused, wrong_digests=wrong)
        if not good and not refused:
            return self._back_off(Link.UP, f"none of {len(items)} items was taken", None)
        self._succeed()
        return 0.0

    def _succeed(self) -> None:
        if self.state.failures:
            log.info("uplink.recovered", after_failures=self.state.failures)
        self._batch_items = min(self._batch_items * 2, self._settings.batch_items)
        self._batch_bytes = min(self._batch_bytes * 2, self._settings.batch_bytes)
        self.state = replace(self.state, link=Link.UP, last_error="", failures=0)
        self._count()

    def _back_off(self, link: Link, reason: str, retry_after_s: float | None) -> float:
        """At least what the department asked for, at most the longest wait of the settings."""
        failures = self.state.failures + 1
        wait_s = self._backoff.wait_s(failures, self._draw())
        if retry_after_s is not None:
            wait_s = max(wait_s, min(retry_after_s, self._settings.retry_longest_s))
        self._batch_items = max(self._batch_items // 2, 1)
        self._batch_bytes = max(self._batch_bytes // 2, BATCH_BYTES_MIN)
        self.state = replace(self.state, link=link, last_error=reason, failures=failures)
        self._count()
        log.warning("uplink.waits", link=link.value, reason=reason, failures=failures, wait_s=round(wait_s, 1))
        return wait_s

    def _pause(self, error: UnauthorisedError) -> float:
        """The longest wait at once: a person has to act, and knocking on does not help."""
        self.state = replace(
            self.state, link=Link.UNAUTHORISED, last_error=str(error), failures=self.state.failures + 1
        )
        self._count()
        wait_s = self._settings.retry_longest_s * (1.0 + self._draw() / 4)
        log.error("uplink.unauthorised", reason=str(error), wait_s=round(wait_s, 1))
        return wait_s

    def _count(self) -> None:
        counts = self._outbox.counts()
        self.state = replace(self.state, waiting=counts.ready, quarantined=counts.quarantined)
