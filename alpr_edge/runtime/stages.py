"""The three shapes of a stage: a source, a worker, and a batching writer. What they carry is not their business."""

import threading
import time
from collections.abc import Callable, Iterator
from typing import Generic, TypeVar

from alpr_edge.runtime.channels import BoundedChannel, ClosedError

T = TypeVar("T")

WAIT_S = 0.5
"""How long a stage waits for input before it shows that it is alive."""
BEAT_S = 1.0
"""Between two signs of life of one that waits for longer."""
Wait = Callable[[float], bool]
"""Waits so many seconds; True when the unit stops."""


def beating(wait: Wait, beat: Callable[[], None]) -> Wait:
    """The same wait, which shows life meanwhile."""

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


def _nothing() -> None:
    """Nothing to do at the end."""


class SourceStage(Generic[T]):
    """Pumps an iterator into a channel until it ends or the process stops; then closes the channel.

    Args:
        name: for health and logs.
        items: opens the source anew at each call, and shows life by the beat it is given while it waits for a device;
            closing the generator releases the device.
        output: where items go.
    """

    def __init__(
        self, name: str, items: Callable[[Callable[[], None]], Iterator[T]], output: BoundedChannel[T]
    ) -> None:
        self.name = name
        self._items = items
        self._output = output

    def run(self, beat: Callable[[], None], stop: threading.Event) -> None:
        """Pump."""
        iterator = self._items(beat)
        try:
            for item in iterator:
                beat()
                if stop.is_set():
                    return
                self._output.put(item)
        except ClosedError:
            return
        finally:
            close = getattr(iterator, "close", _nothing)
            close()

    def finish(self) -> None:
        """Tell the stage behind that nothing more comes."""
        self._output.close()


class WorkStage(Generic[T]):
    """Does one thing with each item.

    Args:
        name: for health and logs.
        inlet: where items come from.
        process: the work.
        finish: called once after the last item.
    """

    def __init__(
        self, name: str, inlet: BoundedChannel[T], process: Callable[[T], None], finish: Callable[[], None] = _nothing
    ) -> None:
        self.name = name
        self._inlet = inlet
        self._process = process
        self._finish = finish

    def run(self, beat: Callable[[], None], stop: threading.Event) -> None:  # noqa: ARG002 - ends by its inlet
        """Work until the inlet is closed and empty."""
        while True:
            beat()
            try:
                item = self._inlet.get(WAIT_S)
            except ClosedError:
                return
            if item is not None:
                self._process(item)

    def finish(self) -> None:
        """Hand on what is still held."""
        self._finish()


class BatchStage(Generic[T]):
    """Does one thing with all items that are there; a batch that failed is tried again, never dropped.

    Args:
        name: for health and logs.
        inlet: where items come from.
        process: the work on one batch; raising keeps the batch.
        batch_max: items of one batch.
        finish: called once after the last batch.
        idle: called while nothing comes.
    """

    def __init__(
        self,
        name: str,
        inlet: BoundedChannel[T],
        process: Callable[[list[T]], None],
        batch_max: int,
        finish: Callable[[], None] = _nothing,
        *,
        idle: Callable[[], None] = _nothing,
    ) -> None:
        self.name = name
        self._inlet = inlet
        self._process = process
        self._batch_max = batch_max
        self._finish = finish
        self._idle = idle
        self._pending: list[T] = []

    def run(self, beat: Callable[[], None], stop: threading.Event) -> None:  # noqa: ARG002 - ends by its inlet
        """Work until the inlet is closed and empty."""
        while True:
            beat()
            if not self._pending:
                try:
                    item = self._inlet.get(WAIT_S)
                except ClosedError:
                    return
                self._pending = [] if item is None else [item, *self._inlet.drain(self._batch_max - 1)]
            if self._pending:
                self._process(self._pending)
                self._pending = []
            else:
                self._idle()

    def finish(self) -> None:
        """One last try for what the stop found unfinished: the inlet is drained too."""
        rest = [*self._pending, *self._inlet.drain(1_000_000)]
        if rest:
            self._process(rest)
        self._finish()
