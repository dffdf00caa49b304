"""One of several stages that work on the items of one channel."""

import threading
from collections.abc import Callable
from typing import Generic, TypeVar

from alpr_edge.runtime.channels import ClosedError
from alpr_edge.runtime.parallel.ordered_work import OrderedWork
from alpr_edge.runtime.stages import WAIT_S

T = TypeVar("T")
R = TypeVar("R")


class WorkerStage(Generic[T, R]):
    """Takes items in turn with the other workers, and returns the result of each."""

    def __init__(self, name: str, work: OrderedWork[T, R], process: Callable[[T], R]) -> None:
        self.name = name
        self._work = work
        self._process = process

    def run(self, beat: Callable[[], None], stop: threading.Event) -> None:  # noqa: ARG002 - ends by its inlet
        """Work until the inlet is closed and empty."""
        while True:
            beat()
            try:
                ticket = self._work.take(WAIT_S)
            except ClosedError:
                return
            if ticket is None:
                continue
            result = None
            try:
                result = self._process(ticket.item)
            finally:
                self._work.put_back(ticket, result)

    @property
    def is_fed(self) -> bool:
        """Whether an item waits to be taken, or may still come."""
        return self._work.is_fed

    def finish(self) -> None:
        """Tell the reader of the results that this worker has ended."""
        self._work.close()
