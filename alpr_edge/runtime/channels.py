"""Channels between stages: each holds a bounded number of items, and counts those that it drops.

A :class:`LatestChannel` stands between live cameras and recognition and keeps only each camera's newest frame. A
:class:`SheddingChannel` stands between live recognition and the writer: the thread that sounds alerts never waits for
storage. Everywhere else, and all through a replay at full pace, a :class:`BoundedChannel` blocks.
"""

from collections import Counter, OrderedDict
from collections.abc import Callable, Hashable
from threading import Condition
from typing import Generic, TypeVar

T = TypeVar("T")
V = TypeVar("V")


class ClosedError(Exception):
    """The channel was closed: nothing more goes in, or nothing more will come out."""


class BoundedChannel(Generic[T]):
    """Blocks when full.

    Args:
        capacity: the most items held.
    """

    def __init__(self, capacity: int, producers: int = 1) -> None:
        self._items: OrderedDict[Hashable, T] = OrderedDict()
        self._capacity = capacity
        self._producers = producers
        self._condition = Condition()
        self._number = 0
        self.drop_count = 0
        """Items dropped before they were taken; always 0 in a channel that blocks."""

    def __len__(self) -> int:
        return len(self._items)

    @property
    def is_full(self) -> bool:
        """Whether there is no room for another item as it is."""
        return len(self._items) >= self._capacity

    @property
    def closed(self) -> bool:
        """Whether no more items are accepted."""
        return self._producers <= 0

    @property
    def is_over(self) -> bool:
        """Whether it is closed and empty."""
        return self.closed and not self._items

    def put(self, item: T) -> None:
        """Add an item, waiting for room. Raises ClosedError."""
        with self._condition:
            self._condition.wait_for(lambda: self.closed or len(self._items) < self._capacity)
            self._number += 1
            self._admit(self._number, item)

    def get(self, timeout_s: float) -> T | None:
        """Take the oldest item; None when none came in time. Raises ClosedError once closed and empty."""
        return self.get_as(timeout_s, lambda item: item)

    def get_as(
        self, timeout_s: float, convert: Callable[[T], V], is_free: Callable[[T], bool] = lambda _: True
    ) -> V | None:
        """Take the oldest item that may be taken, as :meth:`get` does, for one of several threads.

        Args:
            timeout_s: the longest wait.
            is_free: a function that says whether an item may be taken now; :meth:`wake` when its answer changes.
        """
        with self._condition:
            self._condition.wait_for(lambda: self.is_over or bool(self._first_key(is_free)), timeout_s)
            for key in self._first_key(is_free):
                item = self._items.pop(key)
                self._condition.notify_all()
                return convert(item)
            if self.is_over:
                raise ClosedError
            return None

    def wake(self) -> None:
        """Let every thread that waits look again."""
        with self._condition:
            self._condition.notify_all()

    def drain(self, items_max: int) -> list[T]:
        """Take the items that are there now, without waiting."""
        with self._condition:
            items = [self._items.popitem(last=False)[1] for _ in range(min(items_max, len(self._items)))]
            self._condition.notify_all()
            return items

    def close(self) -> None:
        """Note that one producer has ended. Items inside may still be taken."""
        with self._condition:
            self._producers -= 1
            self._condition.notify_all()

    def _first_key(self, is_free: Callable[[T], bool]) -> list[Hashable]:
        """The key of the oldest item that may be taken; empty where there is none."""
        return next(([key] for key, item in self._items.items() if is_free(item)), [])

    def _admit(self, key: Hashable, item: T) -> None:
        if self.closed:
            raise ClosedError
        self._items[key] = item
        self._condition.notify_all()


class LatestChannel(BoundedChannel[T]):
    """Keeps the newest item of each key; one not yet taken is replaced and counted. Never blocks."""

    def __init__(self, key: Callable[[T], Hashable], producers: int = 1) -> None:
        super().__init__(1, producers)
        self._key = key
        self.drops: Counter[Hashable] = Counter()
        """Items of each key dropped before they were taken."""

    def put(self, item: T) -> None:
        """Add an item at once. Raises ClosedError."""
        with self._condition:
            key = self._key(item)
            if key in self._items:
                self.drop_count += 1
                self.drops[key] += 1
            self._admit(key, item)


class SheddingChannel(BoundedChannel[T]):
    """Never blocks: an item that no longer fits is held in a smaller form, and beyond that dropped and counted.

    Args:
        capacity: the most items held as they are.
        size: a function that gives the bytes of an item that count.
        smaller_max: the most items held in that form besides.
    """

    def __init__(
        self,
        capacity: int,
        bytes_max: int,
        size: Callable[[T], int],
        smaller: Callable[[T], T],
        smaller_max: int,
        is_precious: Callable[[T], bool],
    ) -> None:
        super().__init__(capacity + smaller_max)
        self._whole_max = capacity
        self._bytes_max = bytes_max
        self._size = size
        self._smaller = smaller
        self._is_precious = is_precious

    @property
    def is_full(self) -> bool:
        """Whether further items are held in the smaller form."""
        with self._condition:
            return self._holds_enough()

    def put(self, item: T) -> None:
        """Add an item at once. Raises ClosedError."""
        with self._condition:
            if len(self._items) >= self._capacity and not self._makes_room(item):
                return
            self._number += 1
            self._admit(self._number, self._smaller(item) if self._holds_enough() else item)

    def _holds_enough(self) -> bool:
        if len(self._items) >= self._whole_max:
            return True
        return sum(map(self._size, self._items.values())) >= self._bytes_max

    def _makes_room(self, item: T) -> bool:
        """Drop the oldest item that is not precious, for one that is; False: the new item is dropped itself."""
        self.drop_count += 1
        other = next((key for key, other_item in self._items.items() if not self._is_precious(other_item)), None)
        if other is None or not self._is_precious(item):
            return False
        del self._items[other]
        return True
