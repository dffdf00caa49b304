"""The three kinds of stage: a source, a worker, and a batching writer, whatever they carry."""

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar

from alpr_edge.runtime.channels import BoundedChannel, ClosedError

T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)

WAIT_S = 0.5
"""How long a stage waits for input before it beats again."""
BEAT_S = 1.0
"""Time between two beats of a stage that waits for longer."""
TRIES_MAX = 3
"""How often a batch is tried as a whole, and then each item alone, before the item is set aside."""
Wait = Callable[[float], bool]
"""Waits so many seconds; True when the unit stops."""


def beating(wait: Wait, beat: Callable[[], None]) -> Wait:
    """The same wait with beats meanwhile."""

    def beating_wait(seconds: float) -> bool:
        until_s = time.monotonic() + seconds
        while True:
            beat()
            left_s = until_s - time.monotonic()
            if wait(max(0.0, min(left_s, BEAT_S))):
                return True
            if left_s <= BEAT_S:
                return False

    return beating_wait


def _do_nothing() -> None:
    """Do nothing."""


def _take_all(_: object) -> bool:
    """Take every item."""
    return True


class SourceStage(Generic[T]):
    """Puts the items of an iterator into a channel until it ends or the process stops; then closes the channel.

    Args:
        takes: says of each item once whether it goes there; the others are let go.
    """

    def __init__(
        self,
        name: str,
        items: Callable[[Callable[[], None]], Iterator[T]],
        output: BoundedChannel[T],
        takes: Callable[[T], bool] = _take_all,
    ) -> None:
        self.name = name
        self._items = items
        self._output = output
        self._takes = takes
        self.given_s = time.monotonic()
        """When the source gave its last item, taken or not, on the monotonic clock; before the first, when it was made.
        """

    def run(self, beat: Callable[[], None], stop: threading.Event) -> None:
        """Put items into the channel."""
        iterator = self._items(beat)
        try:
            for item in iterator:
                beat()
                if stop.is_set():
                    return
                self.given_s = time.monotonic()
                if self._takes(item):
                    self._output.put(item)
        except ClosedError:
            return
        finally:
            close = getattr(iterator, "close", _do_nothing)
            close()

    def finish(self) -> None:
        """Close the channel, so that the stage behind it ends too."""
        self._output.close()


class Inlet(Protocol[T_co]):
    """What a stage takes its items from."""

    @property
    def is_over(self) -> bool:
        """Whether the last item was taken."""

    def get(self, timeout_s: float) -> T_co | None:
        """The next item; None when none came in time. Raises ClosedError after the last."""


class WorkStage(Generic[T]):
    """Does one thing with each item.

    Args:
        finish: a function that is called once after the last item.
    """

    def __init__(
        self,
        name: str,
        inlet: Inlet[T],
        process: Callable[[T], None],
        finish: Callable[[], None] = _do_nothing,
        idle: Callable[[], None] = _do_nothing,
    ) -> None:
        self.name = name
        self._inlet = inlet
        self._process = process
        self._finish = finish
        self._idle = idle

    def run(self, beat: Callable[[], None], stop: threading.Event) -> None:  # noqa: ARG002 - ends by its inlet
        """Work until the inlet is closed and empty."""
        while True:
            beat()
            try:
                item = self._inlet.get(WAIT_S)
            except ClosedError:
                return
            if item is None:
                self._idle()
            else:
                self._process(item)

    @property
    def is_fed(self) -> bool:
        """Whether an item waits to be taken, or may still come."""
        return not self._inlet.is_over

    def finish(self) -> None:
        """Pass on what is still held."""
        self._finish()


@dataclass(frozen=True, slots=True)
class Rescue(Generic[T]):
    """How the items of a batch that failed are handled one by one, so that none holds up the others."""

    require: Callable[[], None]
    """Raises while nothing can be done with any item; such tries do not count."""
    at_once: tuple[type[Exception], ...]
    """Errors that a single item causes: trying the batch again as a whole would not help."""
    alone: Callable[[T], None]
    """The work on one item."""
    set_aside: Callable[[Sequence[T]], None]
    """What is done with items on which ``alone`` failed time after time."""
    last: tuple[type[Exception], ...]
    """Errors for which items are set aside once all stops, since there is no further try."""


class BatchStage(Generic[T]):
    """Does one thing with all items that are there; a batch that failed is tried again, never dropped.

    Args:
        batch_max: the most items of one batch.
        finish: a function that is called once after the last batch.
        rescue: a function for a batch that fails :data:`TRIES_MAX` times; None: it is tried for ever.
    """

    def __init__(  # noqa: PLR0913 - a stage's work by name
        self,
        name: str,
        inlet: BoundedChannel[T],
        process: Callable[[list[T]], None],
        batch_max: int,
        finish: Callable[[], None] = _do_nothing,
        *,
        idle: Callable[[], None] = _do_nothing,
        rescue: Rescue[T] | None = None,
    ) -> None:
        self.name = name
        self._inlet = inlet
        self._process = process
        self._batch_max = batch_max
        self._finish = finish
        self._idle = idle
        self._rescue = rescue
        self._pending: list[T] = []
        self._tries = 0
        """Number of tries of the batch as a whole."""
        self._tries_alone = 0
        """Number of tries of its first item by itself."""

    def run(self, beat: Callable[[], None], stop: threading.Event) -> None:
        """Work until the inlet is closed and empty; once all stops, each item is tried for the last time."""
        while True:
            beat()
            if not self._pending:
                try:
                    item = self._inlet.get(WAIT_S)
                except ClosedError:
                    return
                self._pending = [] if item is None else [item, *self._inlet.drain(self._batch_max - 1)]
            if not self._pending:
                self._idle()
            elif stop.is_set():
                self._finish_all()
            else:
                self._work_off(beat)

    @property
    def is_fed(self) -> bool:
        """Whether items may still come; those that are there are tried by :meth:`finish`."""
        return not self._inlet.closed

    def finish(self) -> None:
        """Try once more what is left, in the batch and in the inlet."""
        self._finish_all()
        self._finish()

    def _work_off(self, beat: Callable[[], None]) -> None:
        """Process the batch as a whole; where that fails, each item by itself."""
        if self._rescue is None:
            self._process(self._pending)
            self._pending = []
            return
        self._rescue.require()
        if self._tries < TRIES_MAX and self._is_processed(self._rescue):
            return
        while self._pending:
            beat()
            self._work_alone(self._pending[0], self._rescue)
            del self._pending[0]
        self._tries = 0

    def _is_processed(self, rescue: Rescue[T]) -> bool:
        """Try the batch as a whole; False when one of its items is to blame. Raises for anything else."""
        self._tries += 1  # before the work, so that it counts whatever is raised
        try:
            self._process(self._pending)
        except rescue.at_once:
            self._tries = TRIES_MAX
            return False
        self._pending, self._tries = [], 0
        return True

    def _work_alone(self, item: T, rescue: Rescue[T]) -> None:
        rescue.require()
        self._tries_alone += 1
        if self._tries_alone <= TRIES_MAX:
            rescue.alone(item)
        else:
            rescue.set_aside([item])
        self._tries_alone = 0

    def _finish_all(self) -> None:
        """Try for the last time what is in the batch and in the inlet; while nothing is taken at all, set it aside."""
        self._pending += self._inlet.drain(len(self._inlet))
        while self._pending:
            batch = self._pending[: self._batch_max]
            if self._rescue is None:
                self._process(batch)
            elif not self._is_finished(batch, self._rescue):
                # All of it together: each try may take as long as the database waits for its lock.
                batch = self._pending
                self._rescue.set_aside(batch)
            self._pending = self._pending[len(batch) :]

    def _is_finished(self, batch: list[T], rescue: Rescue[T]) -> bool:
        """Try a batch, and where one item is to blame each by itself; False when nothing can be done with any item."""
        try:
            rescue.require()
            self._process(batch)
        except rescue.at_once:
            for item in batch:
                self._finish_item(item, rescue)
        except rescue.last:
            return False
        return True

    def _finish_item(self, item: T, rescue: Rescue[T]) -> None:
        try:
            rescue.alone(item)
        except rescue.last:
            rescue.set_aside([item])
